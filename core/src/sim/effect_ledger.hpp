// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run has ordered and not yet got: its effects as issued, less what was answered or taken back. Must always
// agree with what the state says is owed, or a process that takes the run over would do something else than the one
// that had it. A value type, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "event/effect.hpp"
#include "kernel/state.hpp"

namespace orchestrator::harness::sim {

class EffectLedger {
 public:
  /// Notes an effect that was issued.
  void issue(const event::Effect& effect);
  /// Notes a call of a dead process, which is outstanding until its loss is journaled.
  void inherit(const event::Effect& effect);
  /// Notes that the slot for `attempt` came.
  void slot_came(std::uint32_t attempt);
  /// Notes that a call is over, by whatever end.
  void call_ended(std::uint32_t attempt);
  /// Notes that a look at a tool call, or the call itself, has answered. A second look may still be under way when the
  /// first one's answer has started the call.
  void tool_prepared(const std::string& call_id) { answer(call_id, "preparation"); }
  void tool_verified(const std::string& call_id) { answer(call_id, "verification"); }
  void tool_returned(const std::string& call_id) { tools_.erase(call_id); }
  /// When a timer is to fire; nothing when it does not run.
  [[nodiscard]] std::optional<std::uint64_t> timer_at(TimerKind timer) const {
    const auto found = timers_.find(timer);
    return found == timers_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Notes that the rules of the input have answered.
  void gates_returned() { judgement_.reset(); }
  /// Notes that the memory store has answered.
  void memory_returned() { retrieval_.reset(); }
  void memory_kept(const MemoryId& id) {
    if (keeping_ && keeping_->id == id) keeping_.reset();
  }
  /// Notes that a look at a step of an undo, or the step, has answered.
  void compensation_answered() { compensation_.reset(); }
  /// Notes that a timer fired.
  void timer_fired(TimerKind timer) { timers_.erase(timer); }
  /// The difference between what is outstanding here and what `state` owes, or nothing when they agree.
  [[nodiscard]] std::optional<std::string> difference(const kernel::State& state) const;

 private:
  void answer(const std::string& call_id, const char* what);

  std::optional<event::effects::AcquireSlot> slot_;
  std::optional<event::effects::CallProvider> call_;
  std::optional<std::uint32_t> cancelled_;
  std::optional<event::effects::EvaluateGates> judgement_;
  std::optional<event::effects::RetrieveMemory> retrieval_;
  std::optional<event::effects::StoreMemory> keeping_;
  std::optional<std::string> compensation_;  // of an undo
  std::map<TimerKind, std::uint64_t> timers_;
  std::map<std::string, std::string> tools_;  // what is outstanding of each call
};

}  // namespace orchestrator::harness::sim
