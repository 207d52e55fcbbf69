// SPDX-License-Identifier: Apache-2.0
#pragma once

// Exported files back into a store, and verifying them as they lie. A file is read through once and checked before
// anything of it is stored; then all runs of it are staged, and published when the last one is written: an error leaves
// nothing of the file. Names in a file are ids and hashes, never paths. Coroutines on their caller's executor; reading
// the file blocks it.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/export_file.hpp"
#include "journal/export_format.hpp"
#include "journal/run_check.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// What a whole and undamaged file holds.
struct ExportedFile {
  ExportHeader header;
  ExportReceipt receipt;
  std::vector<ExportedRun> runs;    // that of the header last
  std::uint64_t erased_events = 0;  // of that one
  bool is_ended = false;            // that one has its terminal event
};

/// Reads the file through. Where one of `heads` is not met by its last run, that is an error, too. Errors: those of
/// `ExportFile`.
[[nodiscard]] Result<ExportedFile> check_export(ExportPlace place, std::vector<KnownHead> heads = {});

enum class ImportOutcome : std::uint8_t {
  imported,   // the store did not have it
  continued,  // it goes on with what the store had of it
  present,    // the store had it already, event for event
  longer      // and more of it than the file
};
struct ImportedRun {
  RunId run_id;
  ImportOutcome outcome = ImportOutcome::imported;
  std::uint64_t events_before = 0;  // that the store had of it
  std::uint64_t events = 0;         // that it has now
};

/// Stores the runs of a file, those first that others go on from. A process that is killed
/// meanwhile leaves whole runs or none, and of one that goes on all of it or what was there. What comes out of the file
/// is marked as imported, also a run that goes on with what the store had. Errors: as of `check_export`;
/// `precondition_failed` where the store has another run of the same id, which names both heads and the first event
/// that differs, and where of one of the two what was said was erased; `not_supported` for a store that cannot stage;
/// and those of the store.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<ImportedRun>>> import_runs(std::shared_ptr<JournalStore> store,
                                                                                   ExportPlace place);

/// Whether a run came out of a file, so that nobody should act in the folder that it names without having looked at it.
/// False for one that the store does not have. Errors: those of `JournalStore::list`.
[[nodiscard]] boost::asio::awaitable<Result<bool>> imported_in(std::shared_ptr<JournalStore> store, RunId run_id);

/// Copies a run from one store into another: what is good of it, from its beginning on.
/// One that the other store has a shorter beginning of is another one. Errors as of `import_runs`, and
/// `journal_damaged` where nothing of it is good.
[[nodiscard]] boost::asio::awaitable<Result<ImportedRun>> copy_run(std::shared_ptr<JournalStore> from,
                                                                   std::shared_ptr<JournalStore> to, RunId run_id);

}  // namespace orchestrator::harness::journal
