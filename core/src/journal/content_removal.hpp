// SPDX-License-Identifier: Apache-2.0
#pragma once

// Contents of a jsonl store that no run refers to any more. Who takes references away first notes which contents lose
// them; then one pass over all runs takes away those that nobody else refers to. Nobody puts contents meanwhile: who
// does holds the lock of the contents together with others, the pass holds it alone. Functions on a store's folder;
// they block; any thread.

#include <cstdint>
#include <map>

#include "journal/disk.hpp"
#include "journal/file_descriptor.hpp"
#include "journal/store_folder.hpp"

namespace orchestrator::harness::journal {

/// Notes contents that lose the references of a run; durable when it returns. Errors: those of `storage_error`.
[[nodiscard]] Result<void> note_dropped(const StoreFolder& folder, Disk& disk, const RunId& run_id,
                                        const std::map<Hash, std::uint64_t>& contents);
/// Takes away what was noted, by this process or another, and is not referred to. Errors: `run_locked` while a process
/// puts contents, `storage_error`; then they stay noted.
[[nodiscard]] Result<void> drop_noted(const StoreFolder& folder);

/// The lock of who puts contents, to be held from before the first one until the lines that refer to them are there.
/// Error: `storage_unavailable` where another process takes contents away for more than 30 s.
[[nodiscard]] Result<FileDescriptor> hold_contents(const StoreFolder& folder);

}  // namespace orchestrator::harness::journal
