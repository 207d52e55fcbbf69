// SPDX-License-Identifier: Apache-2.0
// Goal: the journals of runs that were made out of other ones are read for ever, and come out of the same inputs byte
// for byte. Method: a replay that matched, two undos and a fork are made from their inputs, compared with their files
// in tests/golden/journals, and replayed from their lines alone.
#include <gtest/gtest.h>

#include <utility>

#include "event/step.hpp"
#include "event/testing/golden_file.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"
#include "kernel/fork_state.hpp"
#include "kernel/testing/owed_answer.hpp"
#include "sim/simulation.hpp"
#include "sim/testing/named_scenarios.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::sim {
namespace {

namespace inputs = event::inputs;

constexpr std::uint64_t kLastSeq = 12;
constexpr std::uint64_t kInputEveryUs = 2'000;
constexpr int kInputsMax = 100;

std::string path_of(const std::string& name) { return "tests/golden/journals/" + name + ".jsonl"; }

inputs::Start start_of(RunKind kind, std::uint64_t number, inputs::Derivation derivation) {
  inputs::Start start;
  start.identity.run_id = RunId::make(1'700'000'000'000, 0, number);
  start.identity.session_id = SessionId::make(1'700'000'000'000, 0, 1);
  start.identity.trace_id = *TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
  start.spec.kind = kind;
  start.spec.parent = events::ParentRef{RunId::make(1'700'000'000'000, 0, 1), kLastSeq, sha256("head")};
  start.spec.input.emplace_back(TextPart{kind == RunKind::replay ? "replay" : "undo"});
  start.spec.model_plan.primary = {ProviderId("scripted"), "demo"};
  start.spec.remember = false;
  start.spec.behaviours = kernel::present_behaviours();
  start.spec.seed = 5;
  start.spec.runtime_version = "0.2.2";
  start.derivation = std::move(derivation);
  return start;
}

// One run as it is written.
class WrittenRun {
 public:
  explicit WrittenRun(kernel::State base = {}) : state_(std::move(base)) {}

  void take(event::Input::Value value) {
    const WallTime wall{1'700'000'000'000'000 + static_cast<std::int64_t>(elapsed_us_)};
    event::Input input{{wall, elapsed_us_}, std::move(value)};
    kernel::Decision decision = kernel::decide(state_, input);
    EXPECT_FALSE(decision.refusal) << decision.refusal->message;
    for (const StreamEvent& event : decision.events) kernel::evolve(state_, event);
    const event::EncodedStep step = event::encode_step({std::move(input), std::move(decision.events)}, head_);
    text_ += step.line + "\n";
    head_ = step.head;
    elapsed_us_ += kInputEveryUs;
  }

  // Everybody gives what the run asks for, until it has ended.
  void play() {
    for (int i = 0; i < kInputsMax; ++i) {
      auto next = kernel::owed_answer(state_);
      if (!next) return;
      take(*std::move(next));
    }
  }

  [[nodiscard]] const kernel::State& state() const { return state_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  kernel::State state_;
  event::JournalHead head_;
  std::uint64_t elapsed_us_ = 0;
  std::string text_;
};

std::string journal_of(std::vector<event::Input::Value> values) {
  WrittenRun run;
  for (event::Input::Value& value : values) run.take(std::move(value));
  return run.text();
}

void expect_kept(const std::string& name, const std::string& text) {
  EXPECT_TRUE(event::matches_golden(path_of(name), text));
  const auto runs = runs_of(event::read_text_file(event::repository_path(path_of(name))));
  EXPECT_EQ(difference_of(runs, InputBytes::compared).value_or("none"), "none");
}

TEST(DerivedJournal, OfAReplayIsReadForEver) {
  const events::ReplayMatched matched{4, kLastSeq, sha256("head"), {"runtime version: 0.2.1 then, 0.2.2 now"}};
  inputs::Start start = start_of(RunKind::replay, 2, events::ReplayStarted{ReplayMode::compat, kLastSeq});
  expect_kept("replay_run", journal_of({start, inputs::ReplayReported{matched, {}, {}}}));
}

UndoConflict conflict() { return {"a.txt", sha256("ours"), sha256("theirs"), "its content is another"}; }

UndoStep step(std::uint64_t number, UndoVerdict verdict = UndoVerdict::restorable) {
  UndoStep step;
  step.call_id = "call_" + std::to_string(number);
  step.tool = "write_file";
  step.seq = number;
  step.verdict = verdict;
  if (verdict == UndoVerdict::conflict) step.conflicts = {conflict()};
  if (verdict == UndoVerdict::not_undoable) step.reason = "it left no undo record";
  return step;
}

inputs::CompensationPrepared looked(std::uint32_t index, UndoVerdict verdict = UndoVerdict::restorable) {
  inputs::CompensationPrepared look;
  look.index = index;
  look.verdict = verdict;
  if (verdict == UndoVerdict::conflict) look.conflicts = {conflict()};
  look.undo = UndoRecord{{R"({"action":"change","paths":[]})"}, {}};
  look.targets = {{"a.txt", sha256("ours")}};
  return look;
}

// One that went to its end though its process died in a step, and one that could not take all back.
TEST(DerivedJournal, OfAnUndoIsReadForEver) {
  UndoStep overwritten = step(7, UndoVerdict::conflict);
  overwritten.overwrites = true;
  const events::UndoPlanned whole{3, {step(9), overwritten, step(5)}};
  const std::string done = journal_of(
      {start_of(RunKind::undo, 3, whole), looked(0), inputs::Recover{"recovery", 1, std::nullopt},
       inputs::Compensated{0, 2, CompensationOutcome::restored, {}, {}}, looked(1, UndoVerdict::conflict),
       inputs::Compensated{1, 1, CompensationOutcome::restored, {}, {}}, looked(2, UndoVerdict::nothing_to_do)});
  const events::UndoPlanned part{0, {step(9, UndoVerdict::not_undoable), step(7, UndoVerdict::conflict), step(5)}};
  const Error full = ToolError{ToolErrorCode::io_error, "No space left on device", "a.txt", {}}.to_error();
  const std::string not_done = journal_of(
      {start_of(RunKind::undo, 4, part), looked(2), inputs::Compensated{2, 1, CompensationOutcome::failed, {}, full}});
  expect_kept("undo_run", done + not_done);
}

// Of a run that a person was asked in: from the moment of the question on, with other words to the model.
TEST(DerivedJournal, OfAForkIsReadForEver) {
  std::string text;
  event::JournalHead head;
  kernel::State state;
  std::optional<events::ParentRef> parent;
  for (const NamedScenario& named : named_scenarios()) {
    if (named.name != "tool_with_approval") continue;
    for (const std::string& line : simulate(named.scenario).lines) {
      text += line + "\n";
      const auto stored = event::decode_step(line, head);
      ASSERT_TRUE(stored);
      head = stored->head;
      for (const StreamEvent& event : stored->events) {
        if (!parent) kernel::evolve_prefix(state, event);
        const bool is_asked = event.get_if<events::InterruptRaised>() != nullptr;
        if (is_asked) parent = events::ParentRef{event.meta.run_id, event.meta.seq, head.hash};
      }
    }
  }
  ASSERT_TRUE(parent);
  const kernel::State base = kernel::fork_base(std::move(state));
  const SubstitutedResult result{"call_1", ToolOutcome::error, {TextPart{"The disk is full."}}};
  inputs::Start start = start_of(RunKind::fork, 5, events::RunForked{{"system", "tool_result"}, {result}, {}, {}, {}});
  events::RunStarted spec = base.facts.spec;
  spec.kind = RunKind::fork;
  spec.parent = parent;
  spec.system = "Be brief.";
  start.spec = spec;
  WrittenRun fork(base);
  fork.take(start);
  fork.play();
  EXPECT_TRUE(std::holds_alternative<kernel::Ended>(fork.state().phase));
  expect_kept("fork_run", text + fork.text());
}

}  // namespace
}  // namespace orchestrator::harness::sim
