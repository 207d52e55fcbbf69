// SPDX-License-Identifier: Apache-2.0
// Goal: what was said can be taken out of a stored step, and the chain still verifies; what refers to content is found,
// and nothing else. Method: random steps, and lines of the golden journals.
#include "event/erasure.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "event/content_references.hpp"
#include "event/step.hpp"
#include "event/testing/golden_file.hpp"
#include "event/testing/step_generators.hpp"

namespace orchestrator::harness::event {
namespace {

RC_GTEST_PROP(Erasure, TheChainOfAnErasedStepVerifies, ()) {
  const EncodedStep encoded = encode_step(*any_step({}), {});
  const auto erased = erase_content(encoded.line);
  RC_ASSERT(erased.has_value());
  const auto step = decode_step(*erased, {});
  RC_ASSERT(step.has_value());
  RC_ASSERT(step->head == encoded.head);
  RC_ASSERT(erase_content(*erased).value() == *erased);
}

TEST(Erasure, TakesOutWhatWasSaidAndKeepsWhatIsCounted) {
  const std::string text = read_text_file(repository_path("tests/golden/journals/tools_and_hint.jsonl"));
  JournalHead head;
  std::size_t kept = 0;
  std::string all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const auto erased = erase_content(std::string_view(text).substr(at, end - at));
    ASSERT_TRUE(erased) << erased.error().message;
    const auto step = decode_step(*erased, head);
    ASSERT_TRUE(step) << step.error().message;
    for (const StreamEvent& event : step->events) kept += is_erased(event) ? 0U : 1U;
    head = step->head;
    all += *erased;
    at = end + 1;
  }
  EXPECT_GT(kept, 3U);
  for (const char* said : {"\"text\":", "\"arguments\":", "\"output\":\"", "\"system\":"}) {
    EXPECT_EQ(all.find(said), std::string::npos) << said;
  }
}

TEST(Erasure, RefusesWhatIsNoStep) {
  for (const char* line : {"", "{}", "[]", R"({"step":1})", R"({"step":1,"input":{},"events":[{}],"head":""})"}) {
    const auto erased = erase_content(line);
    ASSERT_FALSE(erased) << line;
    EXPECT_EQ(erased.error().code, "journal_damaged");
  }
}

TEST(ContentReferences, AreFoundWhereverTheyAreAndNowhereElse) {
  const std::string digits(64, 'a');
  const auto found_in = [](const std::string& line) {
    std::map<Hash, std::uint64_t> contents;
    collect_references(line, contents);
    return contents.size();
  };
  EXPECT_EQ(found_in(R"({"x":[{"hash":")" + digits + R"(","size_bytes":7}]})"), 1U);
  EXPECT_EQ(found_in(R"({"x":{"hash":")" + digits + R"(","size_bytes":0}})"), 0U) << "nothing to keep";
  EXPECT_EQ(found_in(R"({"x":"{\"hash\":\")" + digits + R"(\",\"size_bytes\":7}"})"), 0U)
      << "a text that looks like one";
  EXPECT_EQ(found_in(R"({"x":{"hash":")" + digits + R"("}})"), 0U);
  EXPECT_EQ(found_in(R"({"x":{"hash":")" + digits.substr(1) + R"(","size_bytes":7}})"), 0U);
  EXPECT_EQ(found_in(R"({"x":{"hash":")" + digits + R"(","size_bytes":99999999999999999999}})"), 0U);
}

}  // namespace
}  // namespace orchestrator::harness::event
