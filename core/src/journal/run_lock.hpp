// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lock that makes one process the writer of a run. It is one of the open journal file itself (an open file
// description lock): it goes with the file, whoever holds it can be asked without taking it, and it costs no file of
// its own. Beside it a small file says who holds it. Functions on a store's folder; any thread.

#include <expected>
#include <string>

#include "journal/store_folder.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

/// Locks the journal that is open for writing as `fd`, until it is closed. Error: `run_locked`, which names the
/// holder's process, and those of `storage_error`.
[[nodiscard]] Result<void> lock_journal(const StoreFolder& folder, const RunId& run_id, int fd);

/// True while a process, this one included, has the run open for writing. `fd` is the journal, open for reading.
[[nodiscard]] bool is_locked(int fd);

/// Who held the run last: `PID BOOT-ID` in the file. For messages, and for telling a reboot; the lock decides.
struct Holder {
  std::string pid = "?";
  std::string boot;  // names one boot of the machine: after another one, what was not synced may be gone
};
[[nodiscard]] Holder this_process();
[[nodiscard]] Holder read_holder(const StoreFolder& folder, const RunId& run_id);
/// Writes `this_process()`; not durable, and need not be.
[[nodiscard]] Result<void> write_holder(const StoreFolder& folder, const RunId& run_id);
[[nodiscard]] std::string holder_file(const RunId& run_id);

[[nodiscard]] std::unexpected<Error> run_not_found(const RunId& run_id);

}  // namespace orchestrator::harness::journal
