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

/// A run's journal, open for writing and locked. Errors: `run_not_found`, `run_locked`, and those of `storage_error`.
[[nodiscard]] Result<FileDescriptor> lock_run_files(const StoreFolder& folder, const RunId& run_id);

/// How often the run was changed at places that readers may have seen; 1 at first. Error: `journal_damaged` where the
/// file does not say, and those of `storage_error`.
[[nodiscard]] Result<std::uint64_t> read_epoch(const StoreFolder& folder, const RunId& run_id);
/// A rise that goes with a new journal: what is prepared counts from the moment on at which there is no draft of a
/// journal any more, and so at once with the rename that makes the journal of it. `settle_epoch` makes what counts the
/// present epoch, and forgets what was prepared in vain; it has to stand before the next draft.
[[nodiscard]] Result<void> prepare_epoch(const StoreFolder& folder, Disk& disk, const RunId& run_id,
                                         std::uint64_t epoch);
[[nodiscard]] Result<void> settle_epoch(const StoreFolder& folder, Disk& disk, const RunId& run_id);
[[nodiscard]] std::string journal_draft(const RunId& run_id);

/// What was found of a run, in a file beside its journal; empty where nothing was.
[[nodiscard]] std::string read_damage(const StoreFolder& folder, const RunId& run_id);
/// Marks the run, unless it is marked; an empty text takes the mark away. Errors: those of `storage_error`.
[[nodiscard]] Result<void> write_damage(const StoreFolder& folder, const RunId& run_id, const std::string& damage);

/// Whether the run is marked as imported: whether there is a file of that name beside its journal.
[[nodiscard]] bool was_imported(const StoreFolder& folder, const RunId& run_id);
/// Marks the run in a folder, its own or the one in which it is staged. Who calls it syncs the folder. Errors: those of
/// `storage_error`.
[[nodiscard]] Result<void> mark_imported(const StoreFolder& folder, const std::string& run_folder);

inline constexpr const char* kBegunFile = "/begun";
/// Notes in the run's folder that its first line has reached the disk, so that a journal which is empty later was
/// emptied. Best effort: without it, such a journal is called empty.
void note_begun(const StoreFolder& folder, const std::string& run_folder);
[[nodiscard]] bool has_begun(const StoreFolder& folder, const RunId& run_id);

/// Opens a run's journal for reading. Errors: `run_not_found`, and those of `storage_error`.
[[nodiscard]] Result<FileDescriptor> open_journal(const StoreFolder& folder, const RunId& run_id);

}  // namespace orchestrator::harness::journal
