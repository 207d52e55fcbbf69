// SPDX-License-Identifier: Apache-2.0
// Goal: the files of simulated tools can be judged by: a change is taken back whole or not at all, what somebody else
// wrote stays unless that was agreed to, and a plan looks at each call as it will be when its turn comes.
#include "sim/simulated_tree.hpp"

#include <gtest/gtest.h>

#include "sim/call_trail.hpp"

namespace orchestrator::harness::sim {
namespace {

TEST(SimulatedTree, TakesAChangeBackOnceAndForAll) {
  SimulatedTree tree;
  const UndoRecord first = tree.record("a");
  EXPECT_EQ(tree.look(first).verdict, UndoVerdict::nothing_to_do);
  tree.act(first);
  const UndoRecord second = tree.record("a");
  tree.act(second);
  const SimulatedTree::Files both = tree.files();
  EXPECT_EQ(tree.look(first).verdict, UndoVerdict::conflict);
  const SimulatedTree::Look look = tree.look(second);
  EXPECT_EQ(look.verdict, UndoVerdict::restorable);
  EXPECT_EQ(tree.take_back(second, {}), CompensationOutcome::restored);
  EXPECT_EQ(tree.take_back(second, {}), CompensationOutcome::restored);
  EXPECT_EQ(tree.look(first).verdict, UndoVerdict::restorable);
  EXPECT_EQ(tree.take_back(look.undo, {}), CompensationOutcome::restored);
  EXPECT_EQ(tree.files(), both);
}

TEST(SimulatedTree, KeepsWhatSomebodyElseWrote) {
  SimulatedTree tree;
  const UndoRecord record = tree.record("a");
  tree.act(record);
  tree.meddle(record);
  const std::vector<UndoConflict> seen = tree.look(record).conflicts;
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(tree.take_back(record, {}), CompensationOutcome::conflict);
  tree.meddle(record);
  EXPECT_EQ(tree.take_back(record, seen), CompensationOutcome::conflict)
      << "that was agreed to for what was there before";
  EXPECT_TRUE(tree.is_foreign(record));
  EXPECT_EQ(tree.take_back(record, tree.look(record).conflicts), CompensationOutcome::restored);
  EXPECT_TRUE(tree.files().empty());
}

StreamEvent event_of(std::uint64_t seq, StreamEvent::Payload payload) {
  StreamEvent event;
  event.meta.seq = seq;
  event.payload = std::move(payload);
  return event;
}

TEST(CallTrail, PlansLastCallFirstAsItWillBe) {
  SimulatedTree tree;
  CallTrail trail;
  std::uint64_t seq = 0;
  const auto call = [&](EffectClass effect_class, std::optional<UndoRecord> undo) {
    events::ToolCallRequested requested;
    requested.call_id = "a";
    requested.tool = "edit";
    requested.effect_class = effect_class;
    events::ToolCallStarted started;
    started.call_id = "a";
    started.undo = undo;
    events::ToolCallFinished finished;
    finished.call_id = "a";
    trail.see(event_of(++seq, requested));
    trail.see(event_of(++seq, started));
    trail.see(event_of(++seq, finished));
    if (undo) tree.act(*undo);
  };
  call(EffectClass::reversible, tree.record("a"));
  call(EffectClass::pure, std::nullopt);
  call(EffectClass::reversible, tree.record("a"));
  call(EffectClass::irreversible, std::nullopt);
  const events::UndoPlanned plan = trail.plan(tree, false);
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[0].verdict, UndoVerdict::not_undoable);
  EXPECT_EQ(plan.steps[1].verdict, UndoVerdict::restorable);
  EXPECT_EQ(plan.steps[2].verdict, UndoVerdict::restorable);
  EXPECT_EQ(plan.steps[2].seq, 2U);
  EXPECT_NE(trail.find(8), nullptr);
  EXPECT_EQ(trail.find(5), nullptr);
}

}  // namespace
}  // namespace orchestrator::harness::sim
