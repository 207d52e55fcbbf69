// SPDX-License-Identifier: Apache-2.0
#pragma once

// Verifying what a store holds: every run from its first line to its last, the contents that it refers to, and what the
// store itself knows of it. Takes no lock, so that it may be done while runs are written. Coroutines on their caller's
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
};

/// Checks one run, against `heads` where there are some. Errors: `run_not_found`, and of the disk; damage is a flaw.
[[nodiscard]] boost::asio::awaitable<Result<RunVerdict>> verify_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                    std::vector<KnownHead> heads = {});

/// Reads all lines of a run into `check`; damage is noted there. Errors as of `verify_run`.
[[nodiscard]] boost::asio::awaitable<Result<void>> check_lines(std::shared_ptr<JournalStore> store, RunId run_id,
                                                               RunCheck* check);

/// What the store itself finds wrong, beyond the lines of its runs; nothing for one that cannot tell. Of one run, or of
/// everything.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<Flaw>>> verify_records(std::shared_ptr<JournalStore> store,
                                                                               std::optional<RunId> run_id = {});

}  // namespace orchestrator::harness::journal
