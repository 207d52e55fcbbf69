// SPDX-License-Identifier: Apache-2.0
// Goal: the ledger agrees with a sound kernel and sees what one forgets. Method: a scene's effects, noted in full or
// in part.
#include "sim/effect_ledger.hpp"

#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"
#include "sim/delivery_queue.hpp"

namespace orchestrator::harness::sim {
namespace {

namespace effects = event::effects;

events::RunStarted timed_spec() {
  events::RunStarted spec = kernel::example_spec();
  spec.timeouts.run_ms = 100;
  spec.timeouts.turn_ms = 50;
  return spec;
}

void issue_all(EffectLedger& ledger, const kernel::Scene& scene) {
  for (const event::Effect& effect : scene.decision().effects) ledger.issue(effect);
}

TEST(EffectLedger, AgreesWithASoundRun) {
  EffectLedger ledger;
  kernel::Scene scene(timed_spec());
  issue_all(ledger, scene);
  EXPECT_EQ(ledger.difference(scene.state()).value_or("none"), "none");
  ledger.slot_came(1);
  scene.given(kernel::slot(1));
  issue_all(ledger, scene);
  EXPECT_EQ(ledger.difference(scene.state()).value_or("none"), "none");
  scene.given(kernel::answer(1, "Hello"));
  ledger.call_ended(1);
  issue_all(ledger, scene);
  EXPECT_EQ(ledger.difference(scene.state()).value_or("none"), "none");
}

TEST(EffectLedger, SeesEachEffectThatIsMissing) {
  kernel::Scene scene(timed_spec());
  const std::size_t at_start = scene.decision().effects.size();
  for (std::size_t missing = 0; missing < at_start; ++missing) {
    EffectLedger ledger;
    for (std::size_t i = 0; i < at_start; ++i) {
      if (i != missing) ledger.issue(scene.decision().effects[i]);
    }
    EXPECT_TRUE(ledger.difference(scene.state())) << missing;
  }
  scene.given(kernel::slot(1));
  for (const event::Effect& effect : scene.decision().effects) {
    EffectLedger ledger;
    ledger.issue(effects::StartTimer{TimerKind::run, 100'000});
    for (const event::Effect& other : scene.decision().effects) {
      if (other != effect) ledger.issue(other);
    }
    EXPECT_TRUE(ledger.difference(scene.state()));
  }
}

TEST(EffectLedger, SeesEffectsThatNobodyIsOwed) {
  kernel::Scene scene(timed_spec());
  for (const event::Effect& extra :
       kernel::Effects{effects::AcquireSlot{2}, effects::StartTimer{TimerKind::turn, 5},
                       effects::StartTimer{TimerKind::run, 5}, effects::StopTimer{TimerKind::run}}) {
    EffectLedger ledger;
    issue_all(ledger, scene);
    ledger.issue(extra);
    EXPECT_TRUE(ledger.difference(scene.state()));
  }
}

TEST(DeliveryQueue, GivesArrivalsByTimeAndThenByOrder) {
  DeliveryQueue queue;
  queue.send(20, event::inputs::SlotGranted{1});
  queue.send(10, event::inputs::TimerFired{TimerKind::run});
  queue.send(20, event::inputs::SlotGranted{2});
  EXPECT_EQ(queue.next()->first, 10U);
  EXPECT_EQ(std::get<event::inputs::SlotGranted>(queue.next()->second).attempt, 1U);
  EXPECT_EQ(std::get<event::inputs::SlotGranted>(queue.next()->second).attempt, 2U);
  EXPECT_FALSE(queue.next());
}

TEST(DeliveryQueue, CallsBackWhatItIsToldTo) {
  DeliveryQueue queue;
  for (const std::uint32_t attempt : {1U, 1U, 2U}) queue.send(attempt, event::inputs::ProviderChunk{attempt, {}});
  queue.send(5, event::inputs::SlotGranted{3});
  queue.send(6, event::inputs::TimerFired{TimerKind::turn});
  queue.call_back_call(1, true);
  queue.call_back_slots();
  queue.call_back_timer(TimerKind::run);
  EXPECT_EQ(std::get<event::inputs::ProviderChunk>(queue.next()->second).attempt, 1U);
  EXPECT_EQ(std::get<event::inputs::ProviderChunk>(queue.next()->second).attempt, 2U);
  EXPECT_TRUE(std::holds_alternative<event::inputs::TimerFired>(queue.next()->second));
  EXPECT_FALSE(queue.next());
}

}  // namespace
}  // namespace orchestrator::harness::sim
