// SPDX-License-Identifier: Apache-2.0
#include "cli/store/store_reader.hpp"

#include <chrono>

#include "cli/store/blocking_wait.hpp"
#include "event/step.hpp"
#include "orchestrator/harness/token_counter.hpp"

namespace orchestrator::cli {

using harness::fail;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;

namespace {

constexpr std::uint64_t kPageBytes = 1ULL << 20;

}  // namespace

Result<StoreReader> StoreReader::open(const std::string& url) {
  auto store = harness::open_store(url);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  return StoreReader(*std::move(store));
}

Result<std::vector<harness::RunSummary>> StoreReader::list(harness::RunFilter filter) {
  return wait_for(store_->list(std::move(filter)));
}

Result<harness::ContextManifest> StoreReader::context(const RunId& run_id, std::uint32_t turn) {
  return wait_for(harness::context_manifest(store_, run_id, turn));
}

Result<harness::RunSummary> StoreReader::summary(const RunId& run_id) {
  harness::RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  auto runs = list(std::move(filter));
  if (!runs) {
    return std::unexpected(std::move(runs.error()));
  }
  if (runs->empty()) {
    return fail(RuntimeErrorCode::run_not_found, "no run " + run_id.str() + " in " + store_->url(), run_id.str());
  }
  return std::move(runs->front());
}

Result<std::vector<StoredEvent>> StoreReader::events(const RunId& run_id, std::uint64_t after_seq) {
  return page(run_id, after_seq, kPageBytes);
}

Result<std::optional<StoredEvent>> StoreReader::first_event(const RunId& run_id) {
  auto found = page(run_id, 0, 1);
  if (!found) {
    return std::unexpected(std::move(found.error()));
  }
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::vector<StoredEvent>> StoreReader::page(const RunId& run_id, std::uint64_t after_seq,
                                                   std::uint64_t bytes_max) {
  auto lines = wait_for(store_->read(run_id, after_seq, bytes_max));
  if (!lines) {
    return std::unexpected(std::move(lines.error()));
  }
  std::vector<StoredEvent> found;
  for (const harness::JournalLine& line : *lines) {
    auto step = harness::event::read_step(line.bytes);
    if (!step) {
      return std::unexpected(std::move(step.error()));
    }
    for (std::size_t index = 0; index < step->events.size(); ++index) {
      if (step->events[index].meta.seq > after_seq) {
        found.push_back({std::move(step->events[index]), std::move(step->event_bytes[index])});
      }
    }
  }
  return found;
}

Result<bool> StoreReader::wait(const RunId& run_id, std::uint64_t after_seq, std::uint32_t wait_ms) {
  return wait_for(
      store_->wait(run_id, after_seq, std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms)));
}

Result<void> StoreReader::remove(const RunId& run_id) { return wait_for(store_->remove(run_id)); }

}  // namespace orchestrator::cli
