// SPDX-License-Identifier: Apache-2.0
#include "cli/store/event_reader.hpp"

#include <chrono>
#include <utility>

#include "cli/store/blocking_wait.hpp"
#include "event/step.hpp"

namespace orchestrator::cli {
namespace {

using harness::Result;

constexpr std::uint64_t kPageBytes = 1ULL << 20;

}  // namespace

EventReader::EventReader(StoreReader& store, const harness::RunId& run_id, std::uint64_t after_seq)
    : reader_(store.shared(), run_id, {after_seq, 0}) {}

Result<EventPage> EventReader::next() {
  const std::uint64_t after_seq = seq();
  auto page = wait_for(reader_.next(kPageBytes));
  if (!page) {
    return std::unexpected(std::move(page.error()));
  }
  EventPage found{page->is_reset, page->epoch, {}};
  for (const harness::JournalLine& line : page->lines) {
    auto step = harness::event::read_step(line.bytes);
    if (!step) {
      return std::unexpected(std::move(step.error()));
    }
    for (std::size_t index = 0; index < step->events.size(); ++index) {
      if (step->events[index].meta.seq > after_seq) {
        found.events.push_back({std::move(step->events[index]), std::move(step->event_bytes[index])});
      }
    }
  }
  return found;
}

Result<bool> EventReader::wait(std::uint32_t wait_ms) {
  return wait_for(reader_.wait(std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms)));
}

}  // namespace orchestrator::cli
