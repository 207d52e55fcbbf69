// SPDX-License-Identifier: Apache-2.0
#include "sim/call_trail.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace orchestrator::harness::sim {

// A later attempt of the same call belongs to the first.
void CallTrail::begin(TrailCall call) {
  const auto [open, is_first] = open_.try_emplace(call.call_id, calls_.size());
  if (is_first) {
    calls_.push_back(std::move(call));
  } else if (call.undo) {
    calls_[open->second].undo = std::move(call.undo);
  }
}

void CallTrail::see(const StreamEvent& event) {
  if (const auto* requested = event.get_if<events::ToolCallRequested>()) {
    requested_[requested->call_id] = {requested->tool, requested->effect_class};
  } else if (const auto* started = event.get_if<events::ToolCallStarted>()) {
    const auto& [tool, effect_class] = requested_[started->call_id];
    if (effect_class != EffectClass::pure) begin({started->call_id, tool, event.meta.seq, started->undo});
  } else if (const auto* finished = event.get_if<events::ToolCallFinished>()) {
    open_.erase(finished->call_id);
  } else if (const auto* step = event.get_if<events::CompensationStarted>()) {
    begin({step->call_id, step->tool, event.meta.seq, step->undo});
  } else if (const auto* step_end = event.get_if<events::CompensationFinished>()) {
    open_.erase(step_end->call_id);
  }
}

const TrailCall* CallTrail::find(std::uint64_t seq) const {
  const auto found = std::ranges::find(calls_, seq, &TrailCall::seq);
  return found == calls_.end() ? nullptr : &*found;
}

events::UndoPlanned CallTrail::plan(SimulatedTree tree, bool consents) const {
  events::UndoPlanned plan;
  for (const TrailCall& call : calls_ | std::views::reverse) {
    UndoStep step;
    step.call_id = call.call_id;
    step.tool = call.tool;
    step.seq = call.seq;
    if (call.undo) {
      const SimulatedTree::Look look = tree.look(*call.undo);
      step.verdict = look.verdict;
      step.conflicts = look.conflicts;
      step.overwrites = consents && look.verdict == UndoVerdict::conflict;
      const bool is_taken_back = look.verdict == UndoVerdict::restorable || step.overwrites;
      if (is_taken_back) tree.take_back(*call.undo, step.conflicts);
    } else {
      step.reason = "it left no way back";
    }
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

}  // namespace orchestrator::harness::sim
