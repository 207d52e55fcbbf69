// SPDX-License-Identifier: Apache-2.0
#pragma once

// Verifying what a store holds: every run from its first line to its last, the contents that it refers to, and what the
// store itself knows of it. Takes no lock, so that it may be done while runs are written, and changes
// nothing but the mark of a damaged run. Coroutines on their caller's
// executor; the store must outlive them.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <vector>

#include "journal/run_check.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

struct RunVerdict {
  RunId run_id;
  event::JournalHead head;          // of what is good, from the beginning on
  std::uint64_t bytes = 0;          // of that
  std::uint64_t erased_events = 0;  // their data is gone, their hashes are there
  std::uint64_t contents = 0;       // that it refers to
  bool is_ended = false;            // its terminal event is there
  bool is_held = false;             // a process writes it
  std::vector<Flaw> flaws;          // none: it is what was written
  std::string damage;               // why nobody should go on with the run; else empty. Also among the flaws
  std::string unchecked;            // why what holds in every run was not checked of this one; else empty
};

/// Checks one run, against `heads` where there are some. A run whose lines are damaged is marked in its store; a mark
/// goes where nothing is found any more. Errors: `run_not_found`, and of the disk; damage is a flaw.
[[nodiscard]] boost::asio::awaitable<Result<RunVerdict>> verify_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                    std::vector<KnownHead> heads = {});

/// Gives `check` what a fork goes on from. Returns why that is not to be had, such as that the run that it was forked
/// from is gone; else empty. A source that is another one than the fork names is noted as a flaw.
[[nodiscard]] boost::asio::awaitable<std::string> check_sources(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                RunCheck* check);

/// Reads all lines of a run into `check`; damage is noted there. Errors as of `verify_run`.
[[nodiscard]] boost::asio::awaitable<Result<void>> check_lines(std::shared_ptr<JournalStore> store, RunId run_id,
                                                               RunCheck* check);

/// What the store itself finds wrong, beyond the lines of its runs; nothing for one that cannot tell. Of one run, or of
/// everything.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<Flaw>>> verify_records(std::shared_ptr<JournalStore> store,
                                                                               std::optional<RunId> run_id = {});

/// Both: a run, and what the store's own records say of it.
[[nodiscard]] boost::asio::awaitable<Result<RunVerdict>> verify_run_and_records(std::shared_ptr<JournalStore> store,
                                                                                RunId run_id,
                                                                                std::vector<KnownHead> heads = {});

/// Runs in which nothing has happened and that nobody has; a list passes them over.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<RunId>>> find_empty_runs(std::shared_ptr<JournalStore> store);

}  // namespace orchestrator::harness::journal
