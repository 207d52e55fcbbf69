// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs that came out of a file: what they would do, and in which folder, was chosen elsewhere. Nobody acts on one
// without having said that it is trusted. Coroutines on their caller's executor.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::runtime {

/// Whether the store has the run out of a file. False for a run that it does not have. Errors: those of
/// `JournalStore::list`.
[[nodiscard]] boost::asio::awaitable<Result<bool>> is_imported(std::shared_ptr<JournalStore> store, RunId run_id);

enum class ImportTrust : bool { asked_for, given };
/// Error `imported_run` where the run came out of a file and no trust was given; it names the folder that would be
/// acted in, and how to consent. Other errors as of `is_imported`.
[[nodiscard]] boost::asio::awaitable<Result<void>> check_import_trust(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                      std::string folder, ImportTrust trust);

}  // namespace orchestrator::harness::runtime
