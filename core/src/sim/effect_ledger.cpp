// SPDX-License-Identifier: Apache-2.0
#include "sim/effect_ledger.hpp"

#include <variant>

namespace orchestrator::harness::sim {
namespace {

namespace effects = event::effects;

std::string show(const std::map<TimerKind, std::uint64_t>& timers) {
  std::string text;
  for (const auto& [timer, at_us] : timers) {
    text += text.empty() ? "" : ", ";
    text += "timer " + std::to_string(static_cast<int>(timer)) + " at " + std::to_string(at_us);
  }
  return text.empty() ? "none" : text;
}

template <class T>
std::string show(const std::optional<T>& value) {
  return value ? std::to_string(*value) : "none";
}

}  // namespace

void EffectLedger::issue(const event::Effect& effect) {
  if (const auto* acquire = std::get_if<effects::AcquireSlot>(&effect)) slot_ = *acquire;
  if (const auto* release = std::get_if<effects::ReleaseSlot>(&effect);
      release && slot_ && slot_->attempt == release->attempt) {
    slot_.reset();
  }
  if (const auto* call = std::get_if<effects::CallProvider>(&effect)) call_ = *call;
  if (const auto* evaluate = std::get_if<effects::EvaluateGates>(&effect)) judgement_ = *evaluate;
  if (const auto* retrieve = std::get_if<effects::RetrieveMemory>(&effect)) retrieval_ = *retrieve;
  if (const auto* keep = std::get_if<effects::StoreMemory>(&effect)) keeping_ = *keep;
  if (const auto* cancel = std::get_if<effects::CancelProvider>(&effect); cancel && call_) cancelled_ = cancel->attempt;
  if (const auto* start = std::get_if<effects::StartTimer>(&effect)) timers_[start->timer] = start->at_us;
  if (const auto* stop = std::get_if<effects::StopTimer>(&effect)) timers_.erase(stop->timer);
  if (const auto* prepare = std::get_if<effects::PrepareTool>(&effect)) tools_[prepare->call_id] = "preparation";
  if (const auto* run = std::get_if<effects::RunTool>(&effect)) {
    tools_[run->call_id] = "execution " + std::to_string(run->attempt);
  }
  if (const auto* verify = std::get_if<effects::VerifyTool>(&effect)) tools_[verify->call_id] = "verification";
  if (const auto* look = std::get_if<effects::PrepareCompensation>(&effect)) {
    compensation_ = "look at step " + std::to_string(look->index);
  }
  if (const auto* step = std::get_if<effects::Compensate>(&effect)) {
    compensation_ = "attempt " + std::to_string(step->attempt) + " of step " + std::to_string(step->index);
  }
  if (const auto* cancel_tool = std::get_if<effects::CancelTool>(&effect)) {
    const auto found = tools_.find(cancel_tool->call_id);
    if (found == tools_.end()) return;
    if (found->second.starts_with("execution")) {
      found->second = "cancellation";
    } else {
      tools_.erase(found);
    }
  }
}

void EffectLedger::inherit(const event::Effect& effect) {
  if (const auto* cancel = std::get_if<effects::CancelProvider>(&effect)) cancelled_ = cancel->attempt;
  issue(effect);
}

void EffectLedger::answer(const std::string& call_id, const char* what) {
  const auto found = tools_.find(call_id);
  if (found != tools_.end() && found->second == what) tools_.erase(found);
}

void EffectLedger::slot_came(std::uint32_t attempt) {
  if (slot_ && slot_->attempt == attempt) slot_.reset();
}

void EffectLedger::call_ended(std::uint32_t attempt) {
  if (call_ && call_->attempt == attempt) call_.reset();
  if (cancelled_ == attempt) cancelled_.reset();
}

std::optional<std::string> EffectLedger::difference(const kernel::State& state) const {
  EffectLedger owed;
  for (const event::Effect& effect : kernel::owed_effects(state)) {
    // Of a call that is being cancelled only the cancellation is owed.
    if (const auto* cancel = std::get_if<effects::CancelProvider>(&effect)) owed.cancelled_ = cancel->attempt;
    owed.issue(effect);
  }
  if (slot_ != owed.slot_) {
    const auto attempt = [](const auto& slot) { return slot ? std::optional(slot->attempt) : std::nullopt; };
    return "slot " + show(attempt(slot_)) + " is outstanding, " + show(attempt(owed.slot_)) +
           " is owed, or another time";
  }
  if (judgement_ != owed.judgement_ && !std::holds_alternative<kernel::Ended>(state.phase)) {
    return "a judgement of the input is outstanding or owed, but not both";
  }
  if (retrieval_ != owed.retrieval_ && !std::holds_alternative<kernel::Ended>(state.phase)) {
    return "a look into the memory store is outstanding or owed, but not both";
  }
  if (compensation_ != owed.compensation_ && !std::holds_alternative<kernel::Ended>(state.phase)) {
    return compensation_.value_or("nothing") + " of the undo is outstanding, " +
           owed.compensation_.value_or("nothing") + " is owed";
  }
  // A run that goes on after all lets its memory be stored: it is replaced by nothing.
  if (owed.keeping_ && keeping_ != owed.keeping_) return "the memory that is owed is not the one that is being left";
  if (cancelled_ != owed.cancelled_) {
    return "cancellation " + show(cancelled_) + " is outstanding, " + show(owed.cancelled_) + " is owed";
  }
  if (owed.cancelled_) return std::nullopt;  // whatever timer still runs cannot change the end
  if (call_.has_value() != owed.call_.has_value()) return "a call is outstanding or owed, but not both";
  if (call_ && *call_ != *owed.call_) return "the call that is owed is not the one that was made";
  // While the run is paused, what a look finds is dropped: `resume` looks again.
  if (!state.facts.paused && tools_ != owed.tools_) return "the tool calls under way are not those that are owed";
  std::map<TimerKind, std::uint64_t> running = timers_;
  // An abort that waits for calls to end lets the run's timer be: it changes nothing any more.
  if (state.facts.abort && std::holds_alternative<kernel::Acting>(state.phase)) running.erase(TimerKind::run);
  if (running != owed.timers_) {
    return "the timers that run are not those that are owed: " + show(running) + " and " + show(owed.timers_);
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::sim
