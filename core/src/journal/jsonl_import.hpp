// SPDX-License-Identifier: Apache-2.0
#pragma once

// Taking over the runs of a jsonl store into an SQLite journal, once: each run whole or not at all, and none twice,
// whenever it is cut short. The folder stays as it is, but for torn last lines, which are cut as by any opening.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "journal/sqlite_file.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

struct ImportReport {
  std::uint64_t taken = 0;    // runs, now
  std::uint64_t held = 0;     // under way in some process, or not to be read now: they come with a later import
  std::uint64_t damaged = 0;  // not taken, and not asked for again
};

/// Nothing where the folder holds no jsonl store or was taken over before. Blocks its thread for what it reads; run it
/// where nothing else waits. Errors: `run_locked` where another process writes the journal, and those of both stores.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<ImportReport>>> import_jsonl(std::shared_ptr<SqliteFile> file,
                                                                                       std::string folder);

}  // namespace orchestrator::harness::journal
