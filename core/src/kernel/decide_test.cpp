// SPDX-License-Identifier: Apache-2.0
// Goal: every input has one answer in every phase. Method: a table of phase by input, whose rows and columns are
// generated; after the end, all inputs get the same refusal.
#include <gtest/gtest.h>

#include <map>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

Error cancelled() { return RuntimeError{RuntimeErrorCode::cancelled, "the call was cancelled", ""}; }

// One input of each type, and both kinds where a kind matters. They are for attempt 1 in turn 1.
struct NamedInput {
  const char* name;
  InputValue value;
};
std::vector<NamedInput> every_input() {
  return {{"Start", start_of(example_spec())},
          {"SlotGranted", slot(1)},
          {"SlotRefused", event::inputs::SlotRefused{1, event::inputs::SlotRefusal::circuit_open, 30'000}},
          {"ProviderHeaders", headers(1)},
          {"ProviderChunk", chunk(1, {text("b", "x")})},
          {"ProviderChunk/end", chunk(1, {done("b", message("x")), finished()})},
          {"ProviderEnded", ended(1, cancelled())},
          {"TimerFired/run", timer(TimerKind::run)},
          {"TimerFired/turn", timer(TimerKind::turn)},
          {"TimerFired/idle", timer(TimerKind::idle)},
          {"ToolPrepared", prepared("c1")},
          {"ToolReturned", returned("c1")},
          {"ToolVerified", verified("c1", VerifiedState::happened)},
          {"GateReturned", event::inputs::GateReturned{}},
          {"MemoryReturned", event::inputs::MemoryReturned{}},
          {"MemoryKept", event::inputs::MemoryKept{}},
          {"EffectLost", lost(1)},
          {"EffectLost/call", lost_call("c1")},
          {"Abort/now", abort(AbortMode::now)},
          {"Abort/after_turn", abort(AbortMode::after_turn)},
          {"Hint", hint(1)},
          {"Pause", pause()},
          {"Resume", resume()},
          {"Recover", recovered()},
          {"Resolve", event::inputs::Resolve{}},
          {"Checkpoint", checkpoint("x")},
          {"IssueToken", event::inputs::IssueToken{1, "token", "me"}},
          {"ReplayReported", event::inputs::ReplayReported{}},
          {"CompensationPrepared", event::inputs::CompensationPrepared{}},
          {"Compensated", event::inputs::Compensated{}}};
}

TEST(Decide, TheListHasEveryInput) {
  std::set<std::size_t> types;
  for (const NamedInput& input : every_input()) types.insert(input.value.index());
  EXPECT_EQ(types.size(), std::variant_size_v<InputValue::variant>);
}

events::RunStarted timed_spec() {
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = 1;
  spec.timeouts.turn_ms = 1;
  spec.tools = {example_tool(EffectClass::irreversible)};
  return spec;
}

struct NamedPhase {
  const char* name;
  std::vector<InputValue> before;
};
std::vector<NamedPhase> every_phase() {
  return {{"waiting", {}},
          {"waiting, paused", {pause()}},
          {"calling", {slot(1)}},
          {"calling, paused", {slot(1), pause()}},
          {"calling, abort after turn", {slot(1), abort(AbortMode::after_turn)}},
          {"stopping", {slot(1), abort(AbortMode::now)}},
          {"preparing", {slot(1), call_answer(1)}},
          {"running", {slot(1), call_answer(1), prepared("c1")}},
          {"running, paused", {slot(1), call_answer(1), prepared("c1"), pause()}},
          {"running, stopped", {slot(1), call_answer(1), prepared("c1"), abort(AbortMode::now)}},
          {"lost", {slot(1), call_answer(1), prepared("c1"), recovered()}}};
}

// What a decision came to: its event types, or the code of its refusal, or nothing.
std::string outcome(const Decision& decision) {
  if (decision.refusal) return "refused " + decision.refusal->code;
  std::string names;
  for (const StreamEvent& event : decision.events) names += (names.empty() ? "" : " ") + std::string(event.type());
  return names.empty() ? "-" : names;
}

using Row = std::map<std::string, std::string>;

// What an input leads to in each phase; a phase that is missing leads to what "else" says.
const std::map<std::string, Row>& table() {
  const std::string fails = "UsageReported AttemptFailed Error";
  const std::string aborts = "UsageReported AttemptFailed Aborted";
  const std::string again = "refused precondition_failed";
  static const std::map<std::string, Row> rows{
      {"Start", {{"else", again}}},
      {"SlotGranted", {{"waiting", "ContextAssembled ProviderRequested"}, {"else", "-"}}},
      {"SlotRefused", {{"waiting", "CircuitOpened Error"}, {"else", "-"}}},
      {"ProviderHeaders",
       {{"calling", "ProviderResponded"},
        {"calling, paused", "ProviderResponded"},
        {"calling, abort after turn", "ProviderResponded"},
        {"else", "-"}}},
      {"ProviderChunk",
       {{"calling", "OutputDelta"},
        {"calling, paused", "OutputDelta"},
        {"calling, abort after turn", "OutputDelta"},
        {"else", "-"}}},
      {"ProviderChunk/end",
       {{"calling", "OutputItemCompleted UsageReported AttemptFinished Completed"},
        {"calling, paused", "OutputItemCompleted UsageReported AttemptFinished"},
        {"calling, abort after turn", "OutputItemCompleted UsageReported AttemptFinished Aborted"},
        {"else", "-"}}},
      {"ProviderEnded",
       {{"calling", fails},
        {"calling, paused", fails},
        {"calling, abort after turn", fails},
        {"stopping", aborts},
        {"else", "-"}}},
      {"TimerFired/run",
       {{"waiting", "TimeoutFired Error"},
        {"calling", "TimeoutFired"},
        {"calling, abort after turn", "TimeoutFired"},
        {"preparing", "TimeoutFired ToolCallFinished Error"},
        {"running", "TimeoutFired"},
        {"lost", "TimeoutFired ToolCallFinished Error"},
        {"else", "-"}}},
      {"TimerFired/turn",
       {{"calling", "TimeoutFired"},
        {"calling, paused", "TimeoutFired"},
        {"calling, abort after turn", "TimeoutFired"},
        {"else", "-"}}},
      {"TimerFired/idle", {{"else", "-"}}},
      {"ToolPrepared", {{"preparing", "ToolCallStarted"}, {"else", "-"}}},
      {"ToolReturned",
       {{"running", "ToolCallFinished"},
        {"running, paused", "ToolCallFinished"},
        {"running, stopped", "ToolCallFinished Aborted"},
        {"else", "-"}}},
      {"GateReturned", {{"else", "-"}}},
      {"MemoryReturned", {{"else", "-"}}},
      {"MemoryKept", {{"else", "-"}}},
      {"ToolVerified", {{"lost", "ToolCallFinished"}, {"else", "-"}}},
      {"EffectLost/call", {{"else", "-"}}},
      {"Recover", {{"else", "RunResumed"}}},
      {"Resolve", {{"else", again}}},
      {"EffectLost",
       {{"calling", "UsageReported AttemptFailed RetryScheduled"},
        {"calling, paused", "UsageReported AttemptFailed RetryScheduled"},
        {"calling, abort after turn", aborts},
        {"stopping", aborts},
        {"else", "-"}}},
      {"Abort/now",
       {{"waiting", "AbortRequested Aborted"},
        {"waiting, paused", "AbortRequested Aborted"},
        {"preparing", "AbortRequested ToolCallFinished Aborted"},
        {"lost", "AbortRequested ToolCallFinished Aborted"},
        {"running, stopped", "-"},
        {"stopping", "-"},
        {"else", "AbortRequested"}}},
      {"Abort/after_turn",
       {{"waiting", "AbortRequested Aborted"},
        {"waiting, paused", "AbortRequested Aborted"},
        {"calling, abort after turn", "-"},
        {"preparing", "AbortRequested ToolCallFinished Aborted"},
        {"lost", "AbortRequested ToolCallFinished Aborted"},
        {"running, stopped", "-"},
        {"stopping", "-"},
        {"else", "AbortRequested"}}},
      {"Hint", {{"else", "HintQueued"}}},
      {"Pause", {{"waiting, paused", "-"}, {"calling, paused", "-"}, {"running, paused", "-"}, {"else", "RunPaused"}}},
      {"Resume",
       {{"waiting, paused", "RunResumed"},
        {"calling, paused", "RunResumed"},
        {"running, paused", "RunResumed"},
        {"else", again}}},
      {"Checkpoint", {{"else", "CheckpointCreated"}}},
      {"IssueToken", {{"else", "ReplayTokenIssued"}}},
      {"ReplayReported", {{"else", "-"}}},
      {"CompensationPrepared", {{"else", "-"}}},
      {"Compensated", {{"else", "-"}}}};
  return rows;
}

TEST(Decide, TheTableOfPhaseAndInputHolds) {
  for (const NamedPhase& phase : every_phase()) {
    for (const NamedInput& input : every_input()) {
      Scene scene(timed_spec());
      for (const InputValue& before : phase.before) scene.given(before);
      scene.at(1'000'000).when(input.value);
      const Row& row = table().at(input.name);
      const auto cell = row.find(phase.name);
      EXPECT_EQ(outcome(scene.decision()), cell == row.end() ? row.at("else") : cell->second)
          << input.name << " while " << phase.name;
    }
  }
}

TEST(Decide, BeforeTheStartOnlyAStartCounts) {
  for (const NamedInput& input : every_input()) {
    if (std::string_view(input.name) == "Start") continue;
    Scene scene;
    scene.when(input.value).then_refused(RuntimeErrorCode::precondition_failed, "run");
  }
}

TEST(Decide, AfterTheEndEveryInputGetsTheSameRefusal) {
  const std::vector<std::vector<InputValue>> ends{
      {slot(1), answer(1, "Hello")},
      {slot(1), ended(1, provider_error(ProviderErrorCode::provider_server_error))},
      {abort(AbortMode::now)}};
  const char* kTerminals[] = {"Completed", "Error", "Aborted"};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    for (const std::uint64_t later_us : {0U, 1'000'000U}) {
      Scene scene(timed_spec());
      for (const InputValue& input : ends[i]) scene.given(input);
      const State ended_state = scene.state();
      scene.at(scene.now_us() + later_us);
      for (const NamedInput& input : every_input()) {
        scene.when(input.value);
        const Error expected = RuntimeError{RuntimeErrorCode::run_not_active,
                                            "the run has ended (" + std::string(kTerminals[i]) + ")", "run"};
        EXPECT_EQ(scene.decision().refusal, expected) << input.name;
        EXPECT_TRUE(scene.decision().events.empty() && scene.decision().effects.empty()) << input.name;
      }
      EXPECT_TRUE(scene.state() == ended_state);
    }
  }
}

TEST(Decide, TheRunsClockNeverGoesBack) {
  Scene scene(example_spec());
  scene.at(50'000).given(slot(1));
  for (const NamedInput& input : every_input()) {
    if (std::string_view(input.name) == "Start") continue;
    scene.at(49'999).when(input.value).then_refused(RuntimeErrorCode::internal, "now.elapsed_us");
  }
  scene.at(50'000).when(headers(1));
  EXPECT_FALSE(scene.decision().refusal);
}

TEST(Decide, TheWallClockMayGoBack) {
  Scene scene(example_spec());
  event::Input input = scene.input(slot(1));
  input.now.wall.unix_us = -1;
  EXPECT_EQ(decide(scene.state(), input).events.size(), 2U);
}

TEST(Decide, LooksAtItsArgumentsOnlyAndChangesNeither) {
  for (const NamedPhase& phase : every_phase()) {
    Scene scene(timed_spec());
    for (const InputValue& before : phase.before) scene.given(before);
    const State before = scene.state();
    for (const NamedInput& named : every_input()) {
      const event::Input input = scene.input(named.value);
      const Decision first = decide(scene.state(), input);
      const Decision second = decide(scene.state(), input);
      EXPECT_TRUE(first.events == second.events && first.effects == second.effects && first.refusal == second.refusal)
          << named.name;
      EXPECT_TRUE(scene.state() == before);
    }
  }
}

}  // namespace
}  // namespace orchestrator::harness::kernel
