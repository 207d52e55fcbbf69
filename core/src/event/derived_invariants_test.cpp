// SPDX-License-Identifier: Apache-2.0
// Goal: what a journal of a fork, a replay or an undo says holds together, and each breach of it is named. Method: a
// sound run of each kind, and small edits of it.
#include "event/derived_invariants.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace orchestrator::harness::event {
namespace {

using Payloads = std::vector<StreamEvent::Payload>;

std::string breaches_of(const Payloads& payloads) {
  DerivedInvariants invariants;
  std::string names;
  for (const StreamEvent::Payload& payload : payloads) {
    for (const auto& breach : invariants.see(StreamEvent{{}, payload})) {
      names += (names.empty() ? "" : " ") + std::string(breach.invariant);
    }
  }
  return names;
}

events::RunStarted run_of(RunKind kind) {
  events::RunStarted run;
  run.kind = kind;
  if (kind != RunKind::live) run.parent = events::ParentRef{RunId::make(1, 2, 3), 9, sha256("head")};
  return run;
}
events::UndoPlanned plan(std::size_t steps) {
  events::UndoPlanned planned;
  planned.steps.resize(steps);
  return planned;
}
events::CompensationStarted begun(std::uint32_t index, std::uint32_t attempt = 1) {
  events::CompensationStarted event;
  event.index = index;
  event.attempt = attempt;
  event.idempotency_key = "key";
  return event;
}
events::CompensationFinished ended(std::uint32_t index, CompensationOutcome outcome = CompensationOutcome::restored) {
  events::CompensationFinished event;
  event.index = index;
  event.outcome = outcome;
  return event;
}
events::Completed completed(FinishReason reason) {
  events::Completed event;
  event.finish_reason = reason;
  return event;
}
events::Error error(RuntimeErrorCode code) {
  events::Error event;
  event.error = RuntimeError{code, "why", "", {}}.to_error();
  return event;
}

Payloads sound_undo() {
  return {run_of(RunKind::undo),          plan(2), begun(0), ended(0), begun(1), begun(1, 2), ended(1),
          completed(FinishReason::undone)};
}
Payloads sound_replay() {
  return {run_of(RunKind::replay), events::ReplayStarted{ReplayMode::strict, 9},
          events::ReplayMatched{3, 9, sha256("head"), {}}, completed(FinishReason::matched)};
}

TEST(DerivedInvariants, SoundJournalsPass) {
  EXPECT_EQ(breaches_of(sound_undo()), "");
  EXPECT_EQ(breaches_of(sound_replay()), "");
  EXPECT_EQ(breaches_of({run_of(RunKind::live), completed(FinishReason::stop)}), "");
  EXPECT_EQ(breaches_of({run_of(RunKind::fork), events::RunForked{}, events::ProviderRequested{},
                         completed(FinishReason::stop)}),
            "");
  EXPECT_EQ(breaches_of({run_of(RunKind::undo), plan(1), ended(0, CompensationOutcome::not_undoable),
                         error(RuntimeErrorCode::undo_incomplete)}),
            "");
}

TEST(DerivedInvariants, EachBreachIsNamed) {
  struct Row {
    std::string expected;
    std::function<void(Payloads&)> edit;
  };
  const std::vector<Row> rows{
      {"derived_parent", [](Payloads& all) { std::get<events::RunStarted>(all[0]).parent.reset(); }},
      {"derived_parent", [](Payloads& all) { std::get<events::RunStarted>(all[0]).parent->hash = Hash{}; }},
      {"derived_second", [](Payloads& all) { all.insert(all.begin() + 2, plan(2)); }},
      {"compensation_order",
       [](Payloads& all) {
         all.erase(all.begin() + 5);
         all.insert(all.begin() + 4, begun(1, 2));
       }},
      {"compensation_order",
       [](Payloads& all) {
         std::swap(std::get<events::CompensationStarted>(all[2]).index,
                   std::get<events::CompensationStarted>(all[4]).index);
         std::get<events::CompensationStarted>(all[4]).index = 1;
       }},
      {"compensation_order", [](Payloads& all) { all.insert(all.begin() + 4, ended(0)); }},
      {"required_fields", [](Payloads& all) { std::get<events::CompensationStarted>(all[2]).idempotency_key.clear(); }},
      {"required_fields derived_end",
       [](Payloads& all) { std::get<events::CompensationFinished>(all[3]).outcome = CompensationOutcome::failed; }},
      {"required_fields derived_end",
       [](Payloads& all) { std::get<events::CompensationFinished>(all[3]).outcome = CompensationOutcome::conflict; }},
      {"derived_end", [](Payloads& all) { all.erase(all.begin() + 4, all.begin() + 7); }},
      {"derived_end", [](Payloads& all) { all.back() = completed(FinishReason::stop); }},
      {"derived_alone", [](Payloads& all) { all.insert(all.begin() + 2, events::ProviderRequested{}); }},
      {"derived_alone", [](Payloads& all) { all.insert(all.begin() + 2, events::ToolCallStarted{}); }},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Payloads payloads = sound_undo();
    rows[i].edit(payloads);
    const std::string found = breaches_of(payloads);
    EXPECT_TRUE(found.starts_with(rows[i].expected)) << "row " << i << ": " << found;
  }
}

TEST(DerivedInvariants, AReplayEndsAsItReported) {
  Payloads unreported = sound_replay();
  unreported.erase(unreported.begin() + 2);
  EXPECT_EQ(breaches_of(unreported), "derived_end");
  Payloads twice = sound_replay();
  twice.insert(twice.begin() + 2, twice[2]);
  EXPECT_EQ(breaches_of(twice), "derived_end");
  Payloads diverged = sound_replay();
  diverged[2] = events::ReplayDiverged{4, "/data", "a", "b"};
  EXPECT_EQ(breaches_of(diverged), "derived_end");
  diverged.back() = error(RuntimeErrorCode::replay_diverged);
  EXPECT_EQ(breaches_of(diverged), "");
}

}  // namespace
}  // namespace orchestrator::harness::event
