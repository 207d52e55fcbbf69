// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to a PostgreSQL server. Every call blocks and has a deadline, on the side of the server too; one that
// passes counts as a lost connection. One thread at a time, never one that runs coroutines.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/postgres_address.hpp"
#include "journal/postgres_query.hpp"
#include "orchestrator/harness/errors.hpp"

struct pg_conn;

namespace orchestrator::harness::journal {

/// What the last error of a connection means for what was under way.
enum class PostgresFault : std::uint8_t {
  none,
  lost,      // the connection is gone: whether a COMMIT that was under way took place is unknown
  conflict,  // serialization failure, deadlock, or a lock that was waited for in vain: rolled back, may be run again
  refused    // anything else: rolled back
};

/// The oldest server that is used, as libpq numbers them. Error: `not_supported`, which names both versions.
inline constexpr int kPostgresVersionMin = 150'000;
[[nodiscard]] Result<void> check_postgres_version(int server_version);

class PostgresConnection final {
 public:
  /// Errors: `configuration_invalid` where the server does not let us in, `storage_unavailable` where none answers,
  /// `not_supported` for one that is too old.
  [[nodiscard]] static Result<std::unique_ptr<PostgresConnection>> open(const PostgresAddress& address);

  /// Runs one statement. Errors: `storage_full`, `storage_readonly`, `storage_unavailable`, `storage_failed`; `fault`
  /// says more.
  [[nodiscard]] Result<PostgresRows> run(const PostgresQuery& query);
  /// Runs statements without parameters.
  [[nodiscard]] Result<void> execute(const std::string& sql);

  [[nodiscard]] PostgresFault fault() const { return fault_; }
  [[nodiscard]] bool is_lost() const { return fault_ == PostgresFault::lost; }
  /// SQLSTATE of the last error; empty where the server said nothing.
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }
  [[nodiscard]] const PostgresAddress& address() const { return address_; }

  /// Waits for notifications, at most `patience`, or until `stop_fd` is readable: then and in vain, none.
  [[nodiscard]] Result<std::vector<std::string>> wait_notices(int stop_fd, std::chrono::milliseconds patience);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Finish {
    void operator()(pg_conn* connection) const;
  };

  PostgresConnection(pg_conn* connection, PostgresAddress address)
      : connection_(connection), address_(std::move(address)) {}

  Result<void> set_up();
  // The name of a kept statement, prepared.
  Result<std::string> prepare(const std::string& sql, TimePoint deadline);
  Result<PostgresRows> finish(bool is_sent, TimePoint deadline);
  std::vector<std::string> take_notices();
  bool flush(TimePoint deadline);
  bool wait_answer(TimePoint deadline);
  std::unexpected<Error> failed(const pg_result* result);
  std::unexpected<Error> lose(const std::string& why);

  std::unique_ptr<pg_conn, Finish> connection_;
  const PostgresAddress address_;
  PostgresFault fault_ = PostgresFault::none;
  std::string sqlstate_;
  std::map<std::string, std::string> prepared_;  // names of the kept statements: a handful
};

}  // namespace orchestrator::harness::journal
