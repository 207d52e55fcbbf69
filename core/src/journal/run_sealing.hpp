// SPDX-License-Identifier: Apache-2.0
#pragma once

// Packing the lines of finished runs. It goes in small steps, each a transaction: lines become chunks in the same
// place, so a reader sees the same journal before, between and after them, and a crash at any moment costs nothing.
// A run's first and last line stay as they are, for lists. On the thread of the connection.

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// Bytes of lines that one step packs, except where a single line is larger.
inline constexpr std::uint64_t kSealStepBytes = 256ULL << 10;

/// Does one step for a run that has ended and is not packed yet; false where there is none. Errors of `sqlite_error`.
[[nodiscard]] Result<bool> seal_step(storage::SqliteConnection& connection);

}  // namespace orchestrator::harness::journal
