// SPDX-License-Identifier: Apache-2.0
#include "runtime/event_tail.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::runtime {

void EventTail::append(std::shared_ptr<const PublishedStep> step) {
  const std::scoped_lock lock(mutex_);
  if (readers_.empty()) {
    // Nobody reads at the head: later readers find it in the store.
    steps_.clear();
    bytes_ = 0;
    return;
  }
  bytes_ += step->bytes;
  steps_.push_back(std::move(step));
  trim();
}

void EventTail::publish(std::uint64_t seq) {
  std::vector<Waiter> ready;
  {
    const std::scoped_lock lock(mutex_);
    visible_seq_ = std::max(visible_seq_, seq);
    ready = take_ready_waiters();
  }
  for (Waiter& waiter : ready) waiter();
}

void EventTail::close(std::optional<Error> error) {
  std::vector<Waiter> ready;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    error_ = std::move(error);
    ready = take_ready_waiters();
  }
  for (Waiter& waiter : ready) waiter();
}

EventTail::ReaderId EventTail::add_reader(std::uint64_t next_seq) {
  const std::scoped_lock lock(mutex_);
  const ReaderId id = next_reader_++;
  readers_[id].next_seq = next_seq;
  return id;
}

void EventTail::remove_reader(ReaderId reader) {
  const std::scoped_lock lock(mutex_);
  readers_.erase(reader);
  trim();
}

EventTail::Fetched EventTail::fetch(ReaderId reader, std::uint64_t next_seq) {
  const std::scoped_lock lock(mutex_);
  Fetched fetched;
  fetched.visible_seq = visible_seq_;
  readers_.at(reader).next_seq = next_seq;
  trim();
  if (next_seq > visible_seq_) {
    fetched.status = closed_ ? Status::ended : Status::wait;
    if (closed_) fetched.error = error_;
    return fetched;
  }
  for (const auto& step : steps_) {
    if (step->events.front().meta.seq > next_seq) break;
    if (step->events.back().meta.seq < next_seq) continue;
    fetched.status = Status::step;
    fetched.step = step;
    return fetched;
  }
  fetched.status = Status::behind;
  return fetched;
}

bool EventTail::wait(ReaderId reader, std::uint64_t next_seq, Waiter& waiter) {
  const std::scoped_lock lock(mutex_);
  if (!must_wait(next_seq)) return false;
  Reader& entry = readers_.at(reader);
  entry.next_seq = next_seq;
  entry.waiter = std::move(waiter);
  return true;
}

EventTail::Waiter EventTail::cancel_wait(ReaderId reader) {
  const std::scoped_lock lock(mutex_);
  const auto found = readers_.find(reader);
  return found == readers_.end() ? Waiter() : std::exchange(found->second.waiter, nullptr);
}

// Drops what every reader has taken, and the oldest beyond the bound.
void EventTail::trim() {
  std::uint64_t slowest = UINT64_MAX;
  for (const auto& [id, reader] : readers_) slowest = std::min(slowest, reader.next_seq);
  while (!steps_.empty() && (steps_.front()->events.back().meta.seq < slowest || bytes_ > bytes_max_)) {
    bytes_ -= steps_.front()->bytes;
    steps_.pop_front();
  }
}

std::vector<EventTail::Waiter> EventTail::take_ready_waiters() {
  std::vector<Waiter> ready;
  for (auto& [id, reader] : readers_) {
    if (reader.waiter && !must_wait(reader.next_seq)) ready.push_back(std::exchange(reader.waiter, nullptr));
  }
  return ready;
}

}  // namespace orchestrator::harness::runtime
