// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is on its way to a run, by the time it arrives: slots, parts of answers, timers. Volatile: it dies with the
// process. Things of one moment arrive in the order in which they were sent. One run, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "event/input.hpp"

namespace orchestrator::harness::sim {

class DeliveryQueue {
 public:
  /// Sends something that arrives at `at_us` on the run's clock.
  void send(std::uint64_t at_us, event::Input::Value input);
  /// Takes the next arrival, with its time; nothing when none is on its way.
  std::optional<std::pair<std::uint64_t, event::Input::Value>> next();
  /// Calls back the slots that were asked for.
  void call_back_slots();
  /// Calls back what a call still sends; with `but_one`, its next arrival comes all the same.
  void call_back_call(std::uint32_t attempt, bool but_one);
  /// Calls back what a tool call still has to say.
  void call_back_tool(const std::string& call_id);
  /// Calls back a timer.
  void call_back_timer(TimerKind timer);
  void clear() { arrivals_.clear(); }

 private:
  std::map<std::pair<std::uint64_t, std::uint64_t>, event::Input::Value> arrivals_;  // by time and order of sending
  std::uint64_t sent_ = 0;
};

}  // namespace orchestrator::harness::sim
