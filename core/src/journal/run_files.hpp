// SPDX-License-Identifier: Apache-2.0
#pragma once

// The files of one run in a jsonl store: making them, and opening them for writing again after whatever ended the last
// writer. Functions on a store's folder; any thread.

#include <cstdint>
#include <memory>
#include <string>

#include "journal/disk.hpp"
#include "journal/file_descriptor.hpp"
#include "journal/journal_file.hpp"
#include "journal/store_folder.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

/// Makes the files of a new run and locks its journal. Syncs nothing. Errors: `precondition_failed` when the id exists,
/// and those of `storage_error`; then nothing of it is left.
[[nodiscard]] Result<FileDescriptor> create_run_files(const StoreFolder& folder, const RunId& run_id,
                                                      const SessionId& session_id);

/// Notes in the store that the session has the run. Errors: those of `storage_error`.
[[nodiscard]] Result<void> mark_session(const StoreFolder& folder, const RunId& run_id, const SessionId& session_id);

/// A run's journal, locked, its torn tail cut off.
struct RecoveredRun {
  FileDescriptor journal;
  LinePlace end;
  std::uint64_t cut_bytes = 0;
  std::uint64_t epoch = 1;
};
/// Whether what the system holds of the journal in memory is what the disk has; after a failed sync it may not be.
enum class PageCache : std::uint8_t { trusted, distrusted };
/// Errors: `run_not_found`, `run_locked`, `journal_damaged`, `not_a_journal`, and those of `storage_error`. What it
/// changes is durable when it returns.
[[nodiscard]] Result<RecoveredRun> recover_run_files(const StoreFolder& folder, Disk& disk, const RunId& run_id,
                                                     PageCache cache);

/// Opens a run's journal for reading. Errors: `run_not_found`, and those of `storage_error`.
[[nodiscard]] Result<FileDescriptor> open_journal(const StoreFolder& folder, const RunId& run_id);

}  // namespace orchestrator::harness::journal
