// SPDX-License-Identifier: Apache-2.0
#include "runtime/slot_queue.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::runtime {

SlotQueue::Ticket SlotQueue::acquire(SessionId session, Granted granted) {
  const Ticket ticket = next_ticket_++;
  auto& queue = queues_[session];
  if (queue.empty()) turns_.push_back(session);
  queue.push_back({ticket, std::move(granted)});
  waiting_ += 1;
  grant();
  return ticket;
}

void SlotQueue::release(Ticket ticket) {
  if (holders_.erase(ticket) > 0) {
    free_ += 1;
    grant();
    return;
  }
  for (auto& [session, queue] : queues_) {
    const auto found = std::ranges::find(queue, ticket, &Request::ticket);
    if (found == queue.end()) continue;
    queue.erase(found);
    waiting_ -= 1;
    if (queue.empty()) {
      std::erase(turns_, session);
      queues_.erase(session);
    }
    return;
  }
}

void SlotQueue::grant() {
  while (free_ > 0 && !turns_.empty()) {
    const SessionId session = turns_.front();
    turns_.pop_front();
    auto& queue = queues_.at(session);
    Request request = std::move(queue.front());
    queue.pop_front();
    waiting_ -= 1;
    if (queue.empty()) {
      queues_.erase(session);
    } else {
      turns_.push_back(session);
    }
    free_ -= 1;
    holders_.emplace(request.ticket, session);
    request.granted();
  }
}

}  // namespace orchestrator::harness::runtime
