// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finding runs by their text without reading each of them. A store that can do it offers this beside `JournalStore`;
// what it gives are candidates, and who asks looks at each.

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

class TextIndex {
 public:
  virtual ~TextIndex() = default;
  /// Runs, newest first, of which each may hold all `words` (as of `search_words`) and without which no run does.
  virtual boost::asio::awaitable<Result<std::vector<RunId>>> candidates(std::vector<std::string> words,
                                                                        std::optional<RunId> before,
                                                                        std::uint32_t limit) = 0;
};

/// The index of an SQLite journal, over runs that have ended. On the connection's thread.

/// Takes up one run that has ended, or merges the index after texts were removed; false where nothing is to be done.
/// In a transaction of its own.
[[nodiscard]] Result<bool> index_step(storage::SqliteConnection& connection);
/// Takes a run's text out, inside a transaction of the caller. Its words are gone after a later `index_step`.
[[nodiscard]] Result<void> remove_text(const storage::SqliteConnection& connection, std::int64_t run_number);
/// As `TextIndex::candidates`; runs that are not taken up yet are among them.
[[nodiscard]] Result<std::vector<RunId>> find_candidates(const storage::SqliteConnection& connection,
                                                         const std::vector<std::string>& words,
                                                         const std::optional<RunId>& before, std::uint32_t limit);

}  // namespace orchestrator::harness::journal
