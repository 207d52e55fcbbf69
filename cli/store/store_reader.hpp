// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looking into a store without a harness: no lock is taken, and nothing of it is changed but by `remove`. Blocking,
// on the caller's thread; for one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/context_manifest.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "orchestrator/harness/session_store.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

/// An event with the bytes that the journal holds for it.
struct StoredEvent {
  harness::StreamEvent event;
  std::string json;
};

class StoreReader {
 public:
  /// Opens the store. Errors as of `open_store`.
  [[nodiscard]] static harness::Result<StoreReader> open(const std::string& url);
  explicit StoreReader(std::shared_ptr<harness::JournalStore> store) : store_(std::move(store)) {}

  [[nodiscard]] harness::Result<std::vector<harness::RunSummary>> list(harness::RunFilter filter);
  /// One run, or `run_not_found`.
  [[nodiscard]] harness::Result<harness::RunSummary> summary(const harness::RunId& run_id);
  /// The events after `after_seq`, one page of them; empty at the head. Errors: `run_not_found`, `journal_damaged`.
  [[nodiscard]] harness::Result<std::vector<StoredEvent>> events(const harness::RunId& run_id, std::uint64_t after_seq);
  /// The event that the run begins with; empty where there is none yet. Errors as above.
  [[nodiscard]] harness::Result<std::optional<StoredEvent>> first_event(const harness::RunId& run_id);
  /// Waits at most `wait_ms` for events after `after_seq`; true when there are some.
  [[nodiscard]] harness::Result<bool> wait(const harness::RunId& run_id, std::uint64_t after_seq,
                                           std::uint32_t wait_ms);
  /// What the request of `turn` held (0: that of the last turn). Errors as of `harness::context_manifest`.
  [[nodiscard]] harness::Result<harness::ContextManifest> context(const harness::RunId& run_id, std::uint32_t turn);
  [[nodiscard]] harness::Result<void> remove(const harness::RunId& run_id);
  /// The store by its runs and by its sessions.
  [[nodiscard]] harness::RunStore runs() const { return harness::RunStore(store_); }
  [[nodiscard]] harness::SessionStore sessions() const { return harness::SessionStore(store_); }
  [[nodiscard]] harness::JournalStore& store() { return *store_; }
  /// For operations that keep the store as long as they take.
  [[nodiscard]] std::shared_ptr<harness::JournalStore> shared() const { return store_; }

 private:
  [[nodiscard]] harness::Result<std::vector<StoredEvent>> page(const harness::RunId& run_id, std::uint64_t after_seq,
                                                               std::uint64_t bytes_max);

  std::shared_ptr<harness::JournalStore> store_;  // shared with operations under way
};

}  // namespace orchestrator::cli
