// SPDX-License-Identifier: Apache-2.0
#pragma once

// The places for provider calls that the runs of a harness share. Fair: sessions take turns, and within a session the
// runs do, in order of their requests. Used on the harness's thread only.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::runtime {

class SlotQueue {
 public:
  using Granted = std::move_only_function<void()>;
  using Ticket = std::uint64_t;

  /// `slots` is 1 or more.
  explicit SlotQueue(std::uint32_t slots) : free_(slots) {}

  /// Asks for a place; `granted` is called once, perhaps before this returns. The ticket is the place's, too.
  Ticket acquire(SessionId session, Granted granted);
  /// Gives a place back, or leaves the queue; unknown tickets are ignored.
  void release(Ticket ticket);
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::uint32_t free_slots() const { return free_; }

 private:
  struct Request {
    Ticket ticket;
    Granted granted;
  };
  void grant();

  std::uint32_t free_;
  Ticket next_ticket_ = 1;
  std::size_t waiting_ = 0;
  std::map<SessionId, std::deque<Request>> queues_;  // bounded by the runs of the harness
  std::deque<SessionId> turns_;                      // sessions with requests, next in front
  std::map<Ticket, SessionId> holders_;
};

}  // namespace orchestrator::harness::runtime
