// SPDX-License-Identifier: Apache-2.0
// Goal: a run with tools is replayed by another harness that has no model and no tool; the replay is a run that is
// followed, replayed, gone on with after a crash, and refused where it should be.
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <utility>

#include "event/step.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

constexpr const char* kScript =
    R"({"turns":[{"tool_calls":[{"id":"c1","name":"add","arguments":{"n":1}}]},{"text":"Two, and that is all."}]})";

class AddTool final : public Tool {
 public:
  explicit AddTool(ApprovalNeed approval = ApprovalNeed::none) {
    spec_.name = "add";
    spec_.description = "Adds one.";
    spec_.input_schema = {R"({"type":"object","properties":{"n":{"type":"integer"}}})"};
    spec_.effect_class = EffectClass::pure;
    spec_.approval = approval;
  }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<ToolResult> execute(ToolCall, ToolPreparation, ToolContext) override { co_return ToolResult::text("2"); }

 private:
  ToolSpec spec_;
};

template <class T>
T await(boost::asio::awaitable<T> task) {
  boost::asio::io_context io;
  return runtime::testing::run_awaitable(io, std::move(task));
}

// A store with one finished run that has called a tool, and the lines of that run.
struct Recorded {
  std::shared_ptr<JournalStore> store = open_store("memory:").value();
  RunId run_id;
  SessionId session_id;

  Recorded() {
    Harness harness = scripted_builder(kScript).tool(std::make_shared<AddTool>()).store(store).build().value();
    auto run = harness.session().run("Add one to one.").start().value();
    run_id = run.id();
    session_id = run.session_id();
    EXPECT_TRUE(run.wait().value().is_completed());
  }
  [[nodiscard]] std::vector<JournalLine> lines() const { return await(store->read(run_id, 0, 1 << 20)).value(); }
};

// No provider, no tool.
Harness bare_harness(std::shared_ptr<JournalStore> store) {
  return HarnessBuilder().store(std::move(store)).build().value();
}

Result<void> append(RunWriter& writer, const JournalLine& line) {
  return await(writer.append(std::make_shared<const JournalLine>(line)));
}

void copy_run(JournalStore& to, RunId run_id, SessionId session_id, const std::vector<JournalLine>& lines) {
  auto writer = await(to.create(run_id, session_id)).value();
  for (const JournalLine& line : lines) ASSERT_TRUE(append(*writer, line));
}

// The lines with another number in one event that the kernel decides, and all hashes made anew.
std::vector<JournalLine> with_other_estimate(std::vector<JournalLine> lines, std::uint64_t* seq) {
  event::JournalHead read;
  event::JournalHead written;
  for (JournalLine& line : lines) {
    auto step = event::decode_step(line.bytes, read).value();
    read = step.head;
    event::Step changed{event::input_of(step, {}).value(), step.events};
    for (StreamEvent& event : changed.events) {
      auto* assembled = std::get_if<events::ContextAssembled>(&event.payload);
      if (assembled == nullptr) continue;
      assembled->tokens_estimate = 4'711;
      *seq = event.meta.seq;
    }
    event::EncodedStep encoded = event::encode_step(changed, written);
    line.bytes = std::move(encoded.line);
    written = encoded.head;
  }
  return lines;
}

std::string code_of(const Error& error) { return error.code; }

TEST(Replay, AnotherHarnessReplaysARunWithoutModelAndTool) {
  const Recorded recorded;
  Harness harness = bare_harness(recorded.store);
  auto replay = harness.replay(recorded.run_id).value();
  EXPECT_EQ(replay.session_id(), recorded.session_id);
  const auto events = all_events(replay);
  EXPECT_EQ(types_of(events), (std::vector<std::string>{"RunStarted", "ReplayStarted", "ReplayMatched", "Completed"}));
  const auto started = of_type<StreamEvent::RunStarted>(events).front();
  const auto matched = of_type<StreamEvent::ReplayMatched>(events).front();
  EXPECT_EQ(started.kind, RunKind::replay);
  EXPECT_EQ(started.parent->run_id, recorded.run_id);
  EXPECT_EQ(started.parent->seq, recorded.lines().back().last_seq);
  EXPECT_EQ(started.parent->hash, matched.head);
  EXPECT_EQ(matched.events, recorded.lines().back().last_seq);
  EXPECT_EQ(matched.steps, recorded.lines().size());
  EXPECT_TRUE(matched.differences.empty());
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).front().finish_reason, FinishReason::matched);
}

TEST(Replay, AReplayIsARunThatIsReplayed) {
  const Recorded recorded;
  Harness harness = bare_harness(recorded.store);
  auto first = harness.replay(recorded.run_id).value();
  EXPECT_TRUE(first.wait().value().is_completed());
  auto second = harness.replay(first.id()).value();
  EXPECT_TRUE(second.wait().value().is_completed());
}

TEST(Replay, GoesAsFarAsItIsTold) {
  const Recorded recorded;
  Harness harness = bare_harness(recorded.store);
  const std::uint64_t last = recorded.lines().back().last_seq;
  for (std::uint64_t seq = 1; seq <= last; ++seq) {
    ReplayOptions options;
    options.to_seq = seq;
    auto replay = harness.replay(recorded.run_id, options).value();
    const auto matched = of_type<StreamEvent::ReplayMatched>(all_events(replay));
    ASSERT_EQ(matched.size(), 1U) << seq;
    EXPECT_EQ(matched.front().events, seq);
  }
  for (const std::uint64_t seq : {std::uint64_t{0}, last + 1}) {
    ReplayOptions options;
    options.to_seq = seq;
    EXPECT_EQ(code_of(harness.replay(recorded.run_id, options).error()), "invalid_argument");
  }
  EXPECT_EQ(code_of(harness.replay(RunId()).error()), "run_not_found");
}

TEST(Replay, NamesTheEventThatCameOutDifferently) {
  const Recorded recorded;
  std::uint64_t seq = 0;
  auto store = open_store("memory:").value();
  copy_run(*store, recorded.run_id, recorded.session_id, with_other_estimate(recorded.lines(), &seq));
  Harness harness = bare_harness(store);
  auto replay = harness.replay(recorded.run_id).value();
  const auto events = all_events(replay);
  const auto diverged = of_type<StreamEvent::ReplayDiverged>(events);
  ASSERT_EQ(diverged.size(), 1U);
  EXPECT_EQ(diverged.front().field, "/data/tokens_estimate");
  EXPECT_EQ(diverged.front().expected, "4711");
  EXPECT_LE(diverged.front().seq, seq);
  EXPECT_EQ(code_of(of_type<StreamEvent::Error>(events).front().error), "replay_diverged");
  const auto report = await(verify_replay(store, recorded.run_id, std::nullopt)).value();
  EXPECT_FALSE(report.matched);
  EXPECT_EQ(report.diverged, diverged.front());
}

TEST(Replay, ATokenNamesAPointAndNoOther) {
  const Recorded recorded;
  const std::uint64_t last = recorded.lines().back().last_seq;
  std::vector<std::string> texts;
  for (std::uint64_t seq = 1; seq <= last; ++seq) {
    const ReplayToken token = await(replay_token(recorded.store, recorded.run_id, seq)).value();
    EXPECT_EQ(ReplayToken::parse(token.str()), token);
    texts.push_back(token.str());
  }
  EXPECT_EQ(await(replay_token(recorded.store, recorded.run_id, std::nullopt)).value().str(), texts.back());
  std::ranges::sort(texts);
  EXPECT_TRUE(std::ranges::adjacent_find(texts) == texts.end());

  Harness harness = bare_harness(recorded.store);
  ReplayToken token = ReplayToken::parse(texts.front()).value();
  auto replay = harness.replay(token).value();
  EXPECT_TRUE(replay.wait().value().is_completed());
  token.head = sha256("another");
  EXPECT_EQ(code_of(harness.replay(token).error()), "journal_damaged");
}

TEST(Replay, ATokenFindsOutARewrittenJournal) {
  const Recorded recorded;
  const ReplayToken token = await(replay_token(recorded.store, recorded.run_id, std::nullopt)).value();
  std::uint64_t seq = 0;
  auto store = open_store("memory:").value();
  copy_run(*store, recorded.run_id, recorded.session_id, with_other_estimate(recorded.lines(), &seq));
  Harness harness = bare_harness(store);
  EXPECT_EQ(code_of(harness.replay(token).error()), "journal_damaged");
}

TEST(Replay, ATextThatIsNoTokenSaysWhy) {
  const Recorded recorded;
  const std::string text = await(replay_token(recorded.store, recorded.run_id, std::nullopt)).value().str();
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    EXPECT_FALSE(ReplayToken::parse(wrong)) << wrong;
    EXPECT_FALSE(ReplayToken::parse(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(ReplayToken::parse(text + std::string(1'000, '0')));
  EXPECT_EQ(ReplayToken::parse("run_x").error().message, "not a replay token: it does not begin with rpt1");
}

TEST(Replay, StrictMindsWhatTheAdaptersOffer) {
  const Recorded recorded;
  auto dearer =
      ModelCatalogue::parse(R"({"version":"t","models":[{"model":"scripted/test","context_tokens":4096}]})", "test");
  ASSERT_TRUE(dearer) << dearer.error().message;
  Harness harness = scripted_builder(kScript).catalogue(*dearer).store(recorded.store).build().value();
  const auto refused = harness.replay(recorded.run_id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), "precondition_failed");
  EXPECT_NE(refused.error().message.find("adapters: "), std::string::npos);
  ReplayOptions options;
  options.mode = ReplayMode::compat;
  auto replay = harness.replay(recorded.run_id, options).value();
  const auto matched = of_type<StreamEvent::ReplayMatched>(all_events(replay));
  ASSERT_EQ(matched.size(), 1U);
  ASSERT_EQ(matched.front().differences.size(), 1U);
  EXPECT_TRUE(matched.front().differences.front().starts_with("adapters: "));
}

TEST(Replay, AnotherProcessGoesOnWithAReplay) {
  const Recorded recorded;
  RunId replay_id;
  {
    Harness harness = bare_harness(recorded.store);
    auto replay = harness.replay(recorded.run_id).value();
    replay_id = replay.id();
    EXPECT_TRUE(replay.wait().value().is_completed());
  }
  // Of that replay the first step alone, as a process leaves it that dies then.
  auto store = open_store("memory:").value();
  copy_run(*store, recorded.run_id, recorded.session_id, recorded.lines());
  const auto begun = await(recorded.store->read(replay_id, 0, 1)).value();
  copy_run(*store, replay_id, recorded.session_id, {begun.front()});
  Harness harness = bare_harness(store);
  auto resumed = harness.resume_run(replay_id).value();
  const auto events = rest_of(resumed);
  EXPECT_EQ(types_of(events), (std::vector<std::string>{"RunResumed", "ReplayMatched", "Completed"}));
}

TEST(Replay, ATokenOfARunUnderWayIsNoted) {
  auto store = open_store("memory:").value();
  auto tool = std::make_shared<AddTool>(ApprovalNeed::ask);
  Harness harness = scripted_builder(kScript).tool(tool).store(store).build().value();
  auto run = harness.session().run("Add one to one.").start().value();
  const auto question = read_until<StreamEvent::InterruptRaised>(run);
  const auto token = harness.issue_replay_token(run.id(), "test");
  ASSERT_TRUE(token) << token.error().message;
  const auto noted = read_until<StreamEvent::ReplayTokenIssued>(run);
  EXPECT_EQ(noted.token, token->str());
  EXPECT_EQ(noted.to_seq, token->seq);
  EXPECT_EQ(noted.by, "test");
  InterruptAnswer answer;
  answer.interrupt_id = question.interrupt_id;
  answer.decision = InterruptDecision::allow_once;
  ASSERT_TRUE(run.control().resolve(answer));
  rest_of(run);
  EXPECT_EQ(code_of(harness.issue_replay_token(run.id()).error()), "run_not_active");
  auto replay = harness.replay(*token).value();
  EXPECT_TRUE(replay.wait().value().is_completed());
}

TEST(Replay, WorksOnEveryKindOfStore) {
  const TemporaryFolder folder(FolderPlace::disk);
  for (const std::string& url : {"jsonl:" + folder.path("runs"), "sqlite:" + folder.path("runs.db")}) {
    RunId run_id;
    {
      Harness harness = scripted_builder(kScript).tool(std::make_shared<AddTool>()).store(url).build().value();
      auto run = harness.session().run("Add one to one.").start().value();
      run_id = run.id();
      EXPECT_TRUE(run.wait().value().is_completed());
    }
    Harness harness = HarnessBuilder().store(url).build().value();
    auto replay = harness.replay(run_id).value();
    EXPECT_EQ(of_type<StreamEvent::ReplayMatched>(all_events(replay)).size(), 1U) << url;
  }
}

}  // namespace
}  // namespace orchestrator::harness::integration
