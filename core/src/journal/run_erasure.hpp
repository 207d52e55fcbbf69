// SPDX-License-Identifier: Apache-2.0
#pragma once

// Taking what was said out of a run that has ended, and cutting a damaged run to what is good of it: other forms of a
// run, in its own store. Coroutines on their caller's executor.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

#include "event/step.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// Puts digests in the place of what was said in a run that has ended. Errors: `run_not_found`, `run_locked`,
/// `precondition_failed` where it has not ended, `journal_damaged`, `not_supported` by stores that cannot.
[[nodiscard]] boost::asio::awaitable<Result<void>> erase_run(std::shared_ptr<JournalStore> store, RunId run_id);
/// Takes away contents that runs which were erased were the last to use. Error: `run_locked` while a process puts
/// contents into a store that cannot do both at once; they go with the next call.
[[nodiscard]] boost::asio::awaitable<Result<void>> drop_contents(std::shared_ptr<JournalStore> store);

/// Cuts off what is not good of a damaged run, and takes its mark away. Returns the new end. Errors: `run_not_found`,
/// `run_locked`, `precondition_failed` where nothing is wrong, `journal_damaged` where nothing of it is good,
/// `not_supported` by stores that cannot.
[[nodiscard]] boost::asio::awaitable<Result<event::JournalHead>> salvage_in_place(std::shared_ptr<JournalStore> store,
                                                                                  RunId run_id);

}  // namespace orchestrator::harness::journal
