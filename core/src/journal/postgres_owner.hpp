// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who has a run of a PostgreSQL journal: a process on some machine, with a lease that it renews by the server's clock.
// Functions; any thread.

#include <cstdint>
#include <string>

#include "journal/postgres_query.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

/// How long a lease lasts after each commit of its owner, and how often it is renewed.
inline constexpr std::int64_t kLeaseSeconds = 10;
inline constexpr std::int64_t kLeaseRenewalSeconds = 3;

struct PostgresOwner {
  std::int64_t number = 0;  // of its row
  std::string host;
  std::string pid;
  std::string machine;  // one boot of one machine, and the space in which the process number counts
  std::string begun;    // when the process began, in ticks of that boot
  bool is_leased = false;
};

/// This process; its number is 0.
[[nodiscard]] PostgresOwner present_owner();

/// The columns that `owner_of` reads, of `journal_owner` as `o`.
inline constexpr const char* kOwnerColumns =
    "o.number, o.host, o.pid, o.machine, o.begun, o.lease_until > clock_timestamp()";
inline constexpr int kOwnerColumnCount = 6;
[[nodiscard]] PostgresOwner owner_of(const PostgresRows& rows, int row, int first_column);

/// True while others must leave its runs alone: its lease lasts, and it is not a process of this machine that has
/// ended.
[[nodiscard]] bool holds(const PostgresOwner& owner);

/// `run_locked`, which names the process and its host.
[[nodiscard]] std::unexpected<Error> held_by(const PostgresOwner& owner, const RunId& run_id);

}  // namespace orchestrator::harness::journal
