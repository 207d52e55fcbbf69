// SPDX-License-Identifier: Apache-2.0
#include "sim/simulated_world.hpp"

namespace orchestrator::harness::sim {
namespace {

bool may_happen_twice(EffectClass effect_class) {
  return effect_class == EffectClass::pure || effect_class == EffectClass::idempotent;
}

}  // namespace

SimulatedWorld::SimulatedWorld(const SimulatedWorld& source, const std::vector<StreamEvent>& prefix) {
  for (const StreamEvent& event : prefix) see_stored(event);
  keys_ = source.keys_;
  acts_ = source.acts_;
  agreed_ = source.agreed_;
  asked_.clear();
}

void SimulatedWorld::see_stored(const StreamEvent& event) {
  if (const auto* requested = event.get_if<events::ToolCallRequested>()) {
    classes_[requested->call_id] = requested->effect_class;
    intents_.erase(requested->call_id);  // some models give the same id in every turn
  }
  if (const auto* started = event.get_if<events::ToolCallStarted>()) {
    intents_[started->call_id] = {started->idempotency_key, classes_[started->call_id]};
    keys_[started->idempotency_key] += 1;
  }
  if (const auto* step = event.get_if<events::CompensationStarted>()) keys_[step->idempotency_key] += 1;
  if (const auto* raised = event.get_if<events::InterruptRaised>()) {
    const auto intent = intents_.find(raised->call_id);
    if (raised->kind == InterruptKind::clarification && intent != intents_.end()) {
      asked_[raised->interrupt_id] = intent->second.key;
    }
  }
  if (const auto* resolved = event.get_if<events::InterruptResolved>()) {
    const auto asked = asked_.find(resolved->interrupt_id);
    if (asked != asked_.end() && resolved->decision == InterruptDecision::allow_once) agreed_[asked->second] += 1;
  }
}

std::optional<std::string> SimulatedWorld::act(const std::string& key, EffectClass effect_class) {
  if (!keys_.contains(key)) return "call " + key + " acts without its intent in the journal";
  const std::uint32_t times = ++acts_[key];
  if (times > 1 + agreed_[key] && !may_happen_twice(effect_class)) return "call " + key + " has happened twice";
  return std::nullopt;
}

std::optional<std::string> SimulatedWorld::check_end(const events::ToolCallFinished& finished) const {
  if (finished.outcome != ToolOutcome::ok) return std::nullopt;
  const auto intent = intents_.find(finished.call_id);
  if (intent == intents_.end()) return "call " + finished.call_id + " ended well and never started";
  if (!acts_.contains(intent->second.key)) return "call " + finished.call_id + " ended well and has not happened";
  return std::nullopt;
}

}  // namespace orchestrator::harness::sim
