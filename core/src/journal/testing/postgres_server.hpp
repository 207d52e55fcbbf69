// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real PostgreSQL server for tests, with a data folder of its own and no network: it is reached by a socket in that
// folder. Killed by the destructor, and with this process. One thread.

#include <sys/types.h>

#include <memory>
#include <string>

#include "journal/postgres_connection.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::journal::testing {

class PostgresServer {
 public:
  /// A running server; null where PostgreSQL 15 or newer is not installed, or has no user to run as.
  [[nodiscard]] static std::unique_ptr<PostgresServer> start();
  /// One that the tests of this process share, or null as above.
  [[nodiscard]] static PostgresServer* shared();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The folder of the server's socket.
  [[nodiscard]] std::string socket_folder() const { return folder_.path(); }
  /// An address with tables in a schema of its own, by the socket in a folder (empty: the server's).
  [[nodiscard]] std::string url(const std::string& schema, const std::string& socket_folder = {}) const;
  /// Runs statements in a schema, as superuser. A failure is a test failure.
  void execute(const std::string& schema, const std::string& sql);
  /// The number that a query returns.
  [[nodiscard]] std::int64_t number(const std::string& schema, const std::string& sql);
  /// A name that no schema has had, and the schema.
  [[nodiscard]] std::string make_schema();
  void drop_schema(const std::string& schema);

  /// Ends the server and all its processes at once, as a loss of power would.
  void kill();
  /// Starts it again; false where it does not come up.
  [[nodiscard]] bool restart();

 private:
  PostgresServer(std::string programs, uid_t user, gid_t group);
  [[nodiscard]] bool make_data();
  [[nodiscard]] pid_t spawn(const std::string& program, const std::vector<std::string>& arguments) const;
  [[nodiscard]] std::unique_ptr<PostgresConnection> connect(const std::string& schema) const;

  runtime::testing::TemporaryFolder folder_{runtime::testing::FolderPlace::memory};
  std::string programs_;
  uid_t user_;
  gid_t group_;
  pid_t server_ = -1;
  int schemas_ = 0;
};

}  // namespace orchestrator::harness::journal::testing
