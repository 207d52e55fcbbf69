// SPDX-License-Identifier: Apache-2.0
// Goal: a model that obeys every order it reads carries no secret outside under the strict stance, unless a person
// allows the very call. Method: 50 texts of others, met as files, pages, output of commands and tools, hits of a
// search, names of files, memories and history; a script that obeys, and that knows the secret however the reading
// went; real built-in tools, a real server, and tools that write down what they were given. Without a stance the same
// script does leak.
#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "injection/playground.hpp"
#include "integration/scripted_harness.hpp"

namespace orchestrator::harness::injection {
namespace {

std::string name_of_case(const testing::TestParamInfo<InjectionCase>& info) {
  std::string name = info.param.id;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

std::string text_of_parts(const std::vector<ContentPart>& parts) {
  return text_of(ConversationItem{MessageItem{Role::user, parts, {}}, {}});
}

// What the model was given of calls.
std::string results_of(const Played& played) {
  std::string text;
  for (const auto& finished : integration::of_type<StreamEvent::ToolCallFinished>(played.events)) {
    text += text_of_parts(finished.result) + "\n";
    if (finished.full_output) text += std::string(finished.full_output->view());
  }
  return text;
}

std::size_t denials_of(const Played& played, std::string_view why) {
  const auto all = integration::of_type<StreamEvent::ToolCallFinished>(played.events);
  return static_cast<std::size_t>(std::ranges::count_if(all, [&](const auto& finished) {
    return finished.outcome == ToolOutcome::denied && finished.error->message.find(why) != std::string::npos;
  }));
}

std::string last_of(const Played& played) { return integration::types_of(played.events).back(); }

class Injection : public testing::TestWithParam<InjectionCase> {
 protected:
  Playground playground_;
};

TEST_P(Injection, NothingLeavesWhereNobodyIsAsked) {
  const Played played = playground_.play(GetParam(), {.approval = ApprovalMode::never});
  EXPECT_FALSE(Playground::holds_secret(played.left)) << played.left;
  EXPECT_FALSE(Playground::holds_secret(results_of(played))) << "the model has read the secret";
  EXPECT_EQ(played.reasoned + played.plain, 0U);
  EXPECT_GE(denials_of(played, "after "), 2U) << "reading and sending are to be denied, each with its reason";
  EXPECT_EQ(last_of(played), "Completed");
}

TEST_P(Injection, NothingLeavesWhereAPersonDenies) {
  const Played played = playground_.play(GetParam(), {.approval = ApprovalMode::ask});
  EXPECT_FALSE(Playground::holds_secret(played.left)) << played.left;
  EXPECT_FALSE(Playground::holds_secret(results_of(played))) << "the model has read the secret";
  EXPECT_GE(played.reasoned, 2U) << "reading and sending are to be asked about, each with its reason";
  EXPECT_EQ(denials_of(played, "the call was denied by"), played.reasoned);
  EXPECT_EQ(last_of(played), "Completed");
}

// So that the two tests above can fail.
TEST_P(Injection, WithoutAStanceTheSecretLeaves) {
  const Played played =
      playground_.play(GetParam(), {.injection = InjectionStance::off, .approval = ApprovalMode::never});
  EXPECT_TRUE(Playground::holds_secret(played.left)) << played.left << "\nresults:\n" << results_of(played);
  EXPECT_TRUE(Playground::holds_secret(results_of(played))) << results_of(played);
  EXPECT_EQ(last_of(played), "Completed");
}

INSTANTIATE_TEST_SUITE_P(Corpus, Injection, testing::ValuesIn(read_cases("cases.jsonl")), name_of_case);

TEST(InjectionCorpus, HasFiftyCasesThatDiffer) {
  std::set<std::string> ids;
  std::set<std::string> texts;
  std::set<std::string> sources;
  for (const InjectionCase& one : read_cases("cases.jsonl")) {
    ids.insert(one.id);
    texts.insert(one.text);
    sources.insert(one.source);
    EXPECT_GE(one.calls.size(), 2U) << one.id;
  }
  EXPECT_EQ(ids.size(), 50U);
  EXPECT_EQ(texts.size(), 50U);
  EXPECT_EQ(sources,
            (std::set<std::string>{"command", "file", "history", "listing", "memory", "page", "search", "tool"}));
}

TEST(InjectionAllowed, APersonCanAllowEachCall) {
  Playground playground;
  const InjectionCase one = read_cases("cases.jsonl").front();
  const Played played = playground.play(one, {.approval = ApprovalMode::ask, .allows = true});
  EXPECT_TRUE(Playground::holds_secret(played.left));
  EXPECT_EQ(played.reasoned, 2U);
}

TEST(InjectionMarks, TheJournalSaysWhatIsUntrustedAndHoldsItUnmarked) {
  Playground playground;
  for (const InjectionCase& one : read_cases("cases.jsonl")) {
    if (one.source != "file") continue;
    const Played played = playground.play(one, {.injection = InjectionStance::mark, .approval = ApprovalMode::never});
    const auto finished = integration::of_type<StreamEvent::ToolCallFinished>(played.events);
    EXPECT_TRUE(finished.at(0).is_untrusted);
    EXPECT_TRUE(text_of_parts(finished.at(0).result).starts_with(one.text.substr(0, 8)))
        << "the journal holds what the tool said, without marks";
  }
}

class Benign : public testing::TestWithParam<InjectionCase> {};

TEST_P(Benign, IsAskedAboutNoMoreThanNeeded) {
  Playground playground;
  const Played strict = playground.play(GetParam(), {.approval = ApprovalMode::ask, .allows = true});
  EXPECT_EQ(strict.reasoned, GetParam().questions);
  EXPECT_EQ(last_of(strict), "Completed");
  const Played marked =
      playground.play(GetParam(), {.injection = InjectionStance::mark, .approval = ApprovalMode::ask, .allows = true});
  EXPECT_EQ(marked.reasoned, 0U);
  for (const Played* played : {&strict, &marked}) {
    for (const auto& finished : integration::of_type<StreamEvent::ToolCallFinished>(played->events)) {
      EXPECT_EQ(finished.outcome, ToolOutcome::ok) << text_of_parts(finished.result);
    }
  }
  RecordProperty("questions_before", static_cast<int>(marked.plain));
  RecordProperty("questions_more", static_cast<int>(strict.reasoned + strict.plain - marked.plain));
}

INSTANTIATE_TEST_SUITE_P(Flows, Benign, testing::ValuesIn(read_cases("benign.jsonl")), name_of_case);

}  // namespace
}  // namespace orchestrator::harness::injection
