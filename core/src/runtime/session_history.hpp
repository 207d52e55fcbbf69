// SPDX-License-Identifier: Apache-2.0
#pragma once

// A session's history out of its stored runs: what another process, or this one after a restart, begins with.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <vector>

#include "event/context_entry.hpp"
#include "event/step.hpp"
#include "kernel/state.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::runtime {

/// What a session's next run begins with.
struct SessionHistory {
  std::optional<RunId> base_run_id;  // the last remembered run
  std::vector<event::ContextEntry> entries;
  std::vector<PinnedText> pinned;  // in that run
  bool is_untrusted = false;       // that run, or one before it, read what others may have written
};

/// Walks back from the newest ended run that is remembered, along each run's history reference, only as far as items
/// are still kept. Inline media are loaded from the store's blobs. Errors: `session_not_found` for a session without
/// runs, the store's own, `journal_damaged`.
[[nodiscard]] boost::asio::awaitable<Result<SessionHistory>> load_session_history(std::shared_ptr<JournalStore> store,
                                                                                  SessionId session_id);

/// Gives the entries of a context the bytes behind the media that they refer to. `entries` outlives the call.
[[nodiscard]] boost::asio::awaitable<Result<void>> load_context_media(std::shared_ptr<JournalStore> store,
                                                                      std::vector<event::ContextEntry>* entries);

/// A stored run, folded: its state (with only the items of its own in the context, unless `history` is given) and head.
struct FoldedRun {
  kernel::State state;
  event::JournalHead head;
  std::uint64_t history_dropped = 0;  // items of its history that it trimmed, or, of a fork, its ancestors
  WallTime last_at;                   // of its last event
};
/// Of a fork: on top of what its ancestors had, who began with `history`.
[[nodiscard]] boost::asio::awaitable<Result<FoldedRun>> fold_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                 std::vector<event::ContextEntry> history = {});
/// The history that a run began with, without the contents of its media. Errors: the store's own, `journal_damaged`.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<event::ContextEntry>>> load_run_history(
    std::shared_ptr<JournalStore> store, RunId run_id);
/// `fold_run` with the history that the run began with, and the contents of its parts: what a run needs to go on.
[[nodiscard]] boost::asio::awaitable<Result<FoldedRun>> fold_whole_run(std::shared_ptr<JournalStore> store,
                                                                       RunId run_id);

/// What a run began with: a reference to its first event, and the history that it had, its media loaded.
struct RunOrigin {
  events::ParentRef ref;
  SessionHistory history;
};
/// Errors: `run_not_found`, `journal_damaged`, the store's own.
[[nodiscard]] boost::asio::awaitable<Result<RunOrigin>> load_run_origin(std::shared_ptr<JournalStore> store,
                                                                        RunId run_id);

}  // namespace orchestrator::harness::runtime
