// SPDX-License-Identifier: Apache-2.0
#pragma once

// Content by its hash, as files of a jsonl store. A file appears whole under its name or not at all, so one that is
// there is good and is never written again. Functions on a store's folder; any thread.

#include "journal/disk.hpp"
#include "journal/store_folder.hpp"
#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

/// Stores the bytes, their data synced; the folder they are in is the caller's to sync. Errors of `storage_error`.
[[nodiscard]] Result<void> put_blob_file(const StoreFolder& folder, Disk& disk, const SharedBytes& bytes);

/// Errors: `run_not_found` when there is none, `journal_damaged` when its bytes are others, those of `storage_error`.
[[nodiscard]] Result<SharedBytes> read_blob_file(const StoreFolder& folder, const Hash& hash);

/// What `read_blob_file` fails with when there is no such blob.
[[nodiscard]] std::unexpected<Error> blob_not_found(const Hash& hash);

}  // namespace orchestrator::harness::journal
