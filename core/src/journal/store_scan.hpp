// SPDX-License-Identifier: Apache-2.0
#pragma once

// Going through all runs of a store, page by page, and through the events of one. Coroutines on their caller's
// executor; they keep the store alive.

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::journal {

/// Calls `visit` for each run that passes the filter, newest first, until it says false. `filter.limit` is the scan's
/// own.
[[nodiscard]] boost::asio::awaitable<Result<void>> scan_runs(std::shared_ptr<JournalStore> store, RunFilter filter,
                                                             std::function<bool(RunSummary)> visit);

/// The first lines after an event: that of one step.
[[nodiscard]] boost::asio::awaitable<Result<std::string>> line_after(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                     std::uint64_t after_seq);

/// Calls `visit` for each event of the run in order. Errors: `run_not_found`, `journal_damaged`.
[[nodiscard]] boost::asio::awaitable<Result<void>> scan_events(std::shared_ptr<JournalStore> store, RunId run_id,
                                                               std::function<void(const StreamEvent&)> visit);

}  // namespace orchestrator::harness::journal
