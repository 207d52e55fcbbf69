// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run of an SQLite journal as its row says, and the places of its lines. Functions on a connection, on its thread.

#include <cstdint>
#include <optional>
#include <string>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// The most events of one run, and the most runs ever made in one file: what a place has room for.
inline constexpr std::uint64_t kSeqMax = (1ULL << 32) - 1;
inline constexpr std::int64_t kRunNumberMax = (1LL << 31) - 1;

struct RunRow {
  std::int64_t number = 0;
  RunId run_id;
  RunStatus status = RunStatus::active;
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t epoch = 1;
  std::string boot;    // of the machine when it was last opened for writing
  std::string head;    // the chain hash that the last line ends with; empty for a run from before it was kept
  std::string damage;  // what was found of it, one line; empty where nothing was
  bool is_imported = false;
};

/// The columns that `run_row_of` reads, in its order.
inline constexpr const char* kRunColumns =
    "number, id, status, steps, events, bytes, epoch, boot, head, damage, imported";
/// The row that a statement stands on; nothing where its id does not read.
[[nodiscard]] std::optional<RunRow> run_row_of(const storage::SqliteStatement& statement);

/// Error: `run_not_found`.
[[nodiscard]] Result<RunRow> find_run(const storage::SqliteConnection& connection, const RunId& run_id);

/// The place of the line that ends with an event; with 0, the one before the run's first.
[[nodiscard]] constexpr std::int64_t place_of(std::int64_t run_number, std::uint64_t last_seq) {
  return (run_number << 32) + static_cast<std::int64_t>(last_seq);
}
[[nodiscard]] constexpr std::uint64_t seq_of(std::int64_t place) { return static_cast<std::uint64_t>(place) & kSeqMax; }

}  // namespace orchestrator::harness::journal
