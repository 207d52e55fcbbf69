// SPDX-License-Identifier: Apache-2.0
#pragma once

// One PostgreSQL journal as this process has it: the connection that writes, the one that listens, those that read, and
// the signals of its runs. All stores of this process with the same address share one of these, so that a run that one
// of them gives back is free for the next. Any thread.

#include "runtime/compiler_check.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "journal/postgres_address.hpp"
#include "journal/postgres_commits.hpp"
#include "journal/postgres_connection.hpp"
#include "journal/postgres_notices.hpp"
#include "journal/run_signal.hpp"

namespace orchestrator::harness::journal {

class PostgresDatabase final {
 public:
  /// The one for the address, its tables made or brought up to date. It lives as long as somebody has it. Blocks.
  /// Errors as of `PostgresConnection::open` and `prepare_postgres`.
  [[nodiscard]] static Result<std::shared_ptr<PostgresDatabase>> of(const PostgresAddress& address,
                                                                    PostgresCommits::Settings settings);

  PostgresDatabase(PostgresAddress address, const std::string& channel, PostgresCommits::Settings settings);

  [[nodiscard]] const PostgresAddress& address() const { return address_; }
  [[nodiscard]] RunSignals& signals() { return signals_; }
  [[nodiscard]] const std::shared_ptr<PostgresCommits>& commits() const { return commits_; }
  [[nodiscard]] PostgresNotices& notices() { return notices_; }

  /// A connection that reads, from `take_reader` to `give_back`. Blocks where it is new.
  struct Reader {
    std::unique_ptr<PostgresConnection> connection;
    bool is_new = false;
  };
  [[nodiscard]] Result<Reader> take_reader();
  void give_back(std::unique_ptr<PostgresConnection> reader);

 private:
  const PostgresAddress address_;
  RunSignals signals_;
  std::shared_ptr<PostgresCommits> commits_;  // shared with the runs that are held
  PostgresNotices notices_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PostgresConnection>> readers_;  // at most `kReadersKept`
};

}  // namespace orchestrator::harness::journal
