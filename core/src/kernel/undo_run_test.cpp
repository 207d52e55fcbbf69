// SPDX-License-Identifier: Apache-2.0
// Goal: an undo takes its steps in order, looks before each, acts once its intent is told, touches no conflict without
// consent to exactly that, stops after a failure, and goes on where a dead process left it.
#include "kernel/undo_run.hpp"

#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::inputs::Compensated;
using event::inputs::CompensationPrepared;

UndoConflict conflict(const std::string& found = "theirs") {
  return {"a.txt", sha256("ours"), sha256(found), "its content is another"};
}

UndoStep step(std::uint32_t number, UndoVerdict verdict = UndoVerdict::restorable) {
  UndoStep made;
  made.call_id = "c" + std::to_string(number);
  made.tool = "write_file";
  made.seq = 100 - number;
  made.verdict = verdict;
  if (verdict == UndoVerdict::conflict) made.conflicts = {conflict()};
  return made;
}
UndoStep overwriting() {
  UndoStep made = step(1, UndoVerdict::conflict);
  made.overwrites = true;
  return made;
}

event::inputs::Start undo_of(std::vector<UndoStep> steps) {
  events::RunStarted spec = example_spec();
  spec.kind = RunKind::undo;
  spec.parent = events::ParentRef{RunId::make(9, 9, 9), 120, sha256("head")};
  event::inputs::Start start = start_of(std::move(spec));
  start.derivation = events::UndoPlanned{3, std::move(steps)};
  return start;
}

CompensationPrepared looked(std::uint32_t index, UndoVerdict verdict = UndoVerdict::restorable) {
  CompensationPrepared input;
  input.index = index;
  input.verdict = verdict;
  if (verdict == UndoVerdict::conflict) input.conflicts = {conflict()};
  input.undo = UndoRecord{{R"({"redo":true})"}, {}};
  input.targets = {{"a.txt", sha256("ours")}};
  return input;
}
CompensationPrepared not_looked(std::uint32_t index) {
  CompensationPrepared input;
  input.index = index;
  input.error = ToolError{ToolErrorCode::io_error, "the disk is gone", "", {}}.to_error();
  return input;
}
Compensated compensated(std::uint32_t index, CompensationOutcome outcome = CompensationOutcome::restored,
                        std::uint32_t attempt = 1) {
  Compensated input;
  input.index = index;
  input.attempt = attempt;
  input.outcome = outcome;
  if (outcome == CompensationOutcome::conflict) input.conflicts = {conflict()};
  if (outcome == CompensationOutcome::failed) {
    input.error = ToolError{ToolErrorCode::io_error, "no space left", "", {}}.to_error();
  }
  return input;
}

std::string outcome_of(const Decision& decision) {
  if (decision.refusal) return "refused " + decision.refusal->code;
  std::string words;
  for (const StreamEvent& event : decision.events) {
    words += (words.empty() ? "" : " ") + std::string(event.type());
    if (const auto* finished = event.get_if<events::CompensationFinished>()) {
      words += "/" + std::to_string(static_cast<int>(finished->outcome));
    }
  }
  words += ";";
  for (const event::Effect& effect : decision.effects) {
    if (const auto* prepare = std::get_if<event::effects::PrepareCompensation>(&effect)) {
      words += " prepare" + std::to_string(prepare->index);
    } else if (const auto* act = std::get_if<event::effects::Compensate>(&effect)) {
      words += " act" + std::to_string(act->index) + "." + std::to_string(act->attempt);
    } else {
      words += " other";
    }
  }
  return words;
}

class UndoScene : public Scene {
 public:
  explicit UndoScene(std::vector<UndoStep> steps) { given(undo_of(std::move(steps))); }
  std::string after(InputValue input) {
    when(std::move(input));
    return outcome_of(decision());
  }
};

TEST(UndoRun, NeedsAnotherRunAndAPlan) {
  events::RunStarted spec = example_spec();
  spec.kind = RunKind::undo;
  Scene scene;
  scene.when(start_of(spec)).then_refused(RuntimeErrorCode::invalid_argument, "parent");
  event::inputs::Start start = undo_of({step(1)});
  start.spec.limits.run_events = 4;
  scene.when(start).then_refused(RuntimeErrorCode::limit_exceeded, "limits.run_events");
}

TEST(UndoRun, AnEmptyPlanIsDoneAtOnce) {
  Scene scene;
  scene.when(undo_of({}));
  EXPECT_EQ(outcome_of(scene.decision()), "RunStarted UndoPlanned Completed;");
  EXPECT_EQ(scene.last<events::Completed>()->finish_reason, FinishReason::undone);
}

TEST(UndoRun, LooksThenActsStepAfterStep) {
  Scene scene;
  scene.when(undo_of({step(2), step(1)}));
  EXPECT_EQ(outcome_of(scene.decision()), "RunStarted UndoPlanned; prepare0");
  scene.when(looked(0));
  EXPECT_EQ(outcome_of(scene.decision()), "CompensationStarted; act0.1");
  const auto* started = scene.last<events::CompensationStarted>();
  EXPECT_EQ(started->call_id, "c2");
  EXPECT_EQ(started->idempotency_key, compensation_key(example_identity().run_id, 0));
  EXPECT_EQ(started->undo, looked(0).undo);
  EXPECT_EQ(started->targets, looked(0).targets);
  scene.at(50'000).when(compensated(0));
  EXPECT_EQ(outcome_of(scene.decision()), "CompensationFinished/0; prepare1");
  EXPECT_GT(scene.last<events::CompensationFinished>()->latency_us, 0U);
  scene.when(looked(1));
  EXPECT_EQ(outcome_of(scene.decision()), "CompensationStarted; act1.1");
  scene.when(compensated(1));
  EXPECT_EQ(outcome_of(scene.decision()), "CompensationFinished/0 Completed;");
  EXPECT_EQ(scene.last<events::Completed>()->finish_reason, FinishReason::undone);
}

TEST(UndoRun, WhatTheLookFindsDecides) {
  const std::vector<std::pair<CompensationPrepared, std::string>> rows{
      {looked(0, UndoVerdict::nothing_to_do), "CompensationFinished/0; prepare1"},
      {looked(0, UndoVerdict::conflict), "CompensationFinished/1; prepare1"},
      {looked(0, UndoVerdict::not_undoable), "CompensationFinished/3; prepare1"},
      {not_looked(0), "CompensationFinished/2 Error;"}};
  for (const auto& [look, expected] : rows) {
    UndoScene scene({step(2), step(1)});
    EXPECT_EQ(scene.after(look), expected);
  }
}

TEST(UndoRun, WhatTheStepCameToDecides) {
  const std::vector<std::pair<CompensationOutcome, std::string>> rows{
      {CompensationOutcome::restored, "CompensationFinished/0; prepare1"},
      {CompensationOutcome::conflict, "CompensationFinished/1; prepare1"},
      {CompensationOutcome::failed, "CompensationFinished/2 Error;"},
      {CompensationOutcome::not_undoable, "CompensationFinished/3; prepare1"}};
  for (const auto& [outcome, expected] : rows) {
    UndoScene scene({step(2), step(1)});
    scene.given(looked(0));
    EXPECT_EQ(scene.after(compensated(0, outcome)), expected);
  }
}

TEST(UndoRun, StepsThatThePlanGivesUpAreNotLookedAt) {
  Scene scene;
  scene.when(undo_of({step(3, UndoVerdict::not_undoable), step(2, UndoVerdict::conflict), step(1)}));
  EXPECT_EQ(outcome_of(scene.decision()),
            "RunStarted UndoPlanned CompensationFinished/3 CompensationFinished/1; prepare2");
  EXPECT_EQ(scene.last<events::CompensationFinished>()->conflicts, std::vector{conflict()});
  scene.given(looked(2)).when(compensated(2));
  EXPECT_EQ(outcome_of(scene.decision()), "CompensationFinished/0 Error;");
  EXPECT_EQ(scene.last<events::Error>()->error.code, "undo_incomplete");
  EXPECT_EQ(scene.last<events::Error>()->error.message, "2 of 3 steps did not restore what was there");
}

TEST(UndoRun, ConsentIsToExactlyWhatWasShown) {
  UndoScene agreed({overwriting()});
  EXPECT_EQ(agreed.after(looked(0, UndoVerdict::conflict)), "CompensationStarted; act0.1");
  UndoScene changed({overwriting()});
  CompensationPrepared other = looked(0, UndoVerdict::conflict);
  other.conflicts = {conflict("theirs, again")};
  EXPECT_EQ(changed.after(other), "CompensationFinished/1 Error;");
  EXPECT_EQ(changed.last<events::CompensationFinished>()->conflicts, other.conflicts);
  UndoScene gone({overwriting()});
  EXPECT_EQ(gone.after(looked(0, UndoVerdict::restorable)), "CompensationStarted; act0.1");
}

TEST(UndoRun, AFailureStopsAndTellsWhatWasNotBegun) {
  UndoScene scene({step(3), step(2), step(1)});
  scene.given(looked(0)).when(compensated(0, CompensationOutcome::failed));
  EXPECT_EQ(scene.last<events::Error>()->error.message,
            "1 of 3 steps did not restore what was there, and 2 were not begun after that");
  scene.when(looked(1)).then_refused(RuntimeErrorCode::run_not_active, "run");
}

TEST(UndoRun, AnswersThatAreNotAskedForChangeNothing) {
  UndoScene scene({step(2), step(1)});
  EXPECT_EQ(scene.after(compensated(0)), ";");
  EXPECT_EQ(scene.after(looked(1)), ";");
  scene.given(looked(0));
  EXPECT_EQ(scene.after(looked(0)), ";");
  EXPECT_EQ(scene.after(compensated(1)), ";");
  EXPECT_EQ(scene.after(compensated(0, CompensationOutcome::restored, 2)), ";");
  EXPECT_EQ(scene.after(hint(1)), "refused not_supported");
  EXPECT_EQ(scene.after(pause()), "refused not_supported");
}

TEST(UndoRun, AnAbortBetweenStepsEndsAtOnce) {
  for (const AbortMode mode : {AbortMode::now, AbortMode::after_turn}) {
    UndoScene scene({step(2), step(1)});
    scene.given(looked(0)).given(compensated(0));
    EXPECT_EQ(scene.after(abort(mode)), "AbortRequested Aborted;");
  }
}

TEST(UndoRun, AnAbortInsideAStepLetsItComeToItsEnd) {
  for (const auto outcome : {CompensationOutcome::restored, CompensationOutcome::conflict, CompensationOutcome::failed,
                             CompensationOutcome::not_undoable}) {
    UndoScene scene({step(2), step(1)});
    scene.given(looked(0));
    EXPECT_EQ(scene.after(abort(AbortMode::now)), "AbortRequested;");
    const std::string word = std::to_string(static_cast<int>(outcome));
    EXPECT_EQ(scene.after(compensated(0, outcome)), "CompensationFinished/" + word + " Aborted;");
  }
}

TEST(UndoRun, RecoveryLooksAgainOrBeginsTheStepAgain) {
  UndoScene looking({step(2), step(1)});
  EXPECT_EQ(looking.after(recovered()), "RunResumed; prepare0");
  EXPECT_TRUE(looking.last<events::RunResumed>()->lost.empty());

  UndoScene acting({step(2), step(1)});
  acting.given(looked(0));
  const std::string key = acting.last<events::CompensationStarted>()->idempotency_key;
  EXPECT_EQ(acting.after(recovered()), "RunResumed CompensationStarted; act0.2");
  EXPECT_EQ(acting.last<events::RunResumed>()->lost, std::vector<std::string>{"step 0"});
  EXPECT_EQ(acting.last<events::CompensationStarted>()->idempotency_key, key);
  EXPECT_EQ(acting.last<events::CompensationStarted>()->undo, std::nullopt);  // it stands in the first attempt's
  EXPECT_EQ(acting.after(compensated(0)), ";");                               // of the dead process
  EXPECT_EQ(acting.after(recovered()), "RunResumed CompensationStarted; act0.3");
  EXPECT_EQ(acting.after(compensated(0, CompensationOutcome::restored, 3)), "CompensationFinished/0; prepare1");

  UndoScene aborted({step(2), step(1)});
  aborted.given(looked(0)).given(abort(AbortMode::now));
  EXPECT_EQ(aborted.after(recovered()), "RunResumed CompensationStarted; act0.2");
  EXPECT_EQ(aborted.after(compensated(0, CompensationOutcome::restored, 2)), "CompensationFinished/0 Aborted;");
}

TEST(UndoRun, WhatIsOwedFollowsFromTheState) {
  UndoScene scene({step(2), step(1)});
  const auto owed = [&] { return owed_effects(scene.state()).at(0); };
  EXPECT_EQ(std::get<event::effects::PrepareCompensation>(owed()).index, 0U);
  scene.given(looked(0));
  EXPECT_EQ(std::get<event::effects::Compensate>(owed()).attempt, 1U);
  scene.given(compensated(0));
  EXPECT_EQ(std::get<event::effects::PrepareCompensation>(owed()).index, 1U);
  EXPECT_EQ(std::get<event::effects::PrepareCompensation>(owed()).source.seq, 120U);
}

}  // namespace
}  // namespace orchestrator::harness::kernel
