// SPDX-License-Identifier: Apache-2.0
#pragma once

// A prepared statement: its parameters are bound in order, then it is stepped through its rows. One thread at a time;
// it must not outlive its connection.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

struct sqlite3_stmt;

namespace orchestrator::harness::storage {

class SqliteConnection;

class SqliteStatement final {
 public:
  /// Binds the next parameter, from the first on. What is bound is copied; a failure shows at the first step.
  SqliteStatement& bind(std::int64_t value);
  SqliteStatement& bind(std::string_view text);
  SqliteStatement& bind_bytes(std::string_view bytes);
  SqliteStatement& bind_null();

  /// Goes to the next row; false when there is none.
  [[nodiscard]] Result<bool> step();
  /// Runs it to its end, and makes it ready to be bound and run again.
  [[nodiscard]] Result<void> run();

  /// Values of the present row, columns from 0. REQUIRES: `step` returned true.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  /// Text or bytes; valid until the next step.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }

 private:
  friend class SqliteConnection;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  SqliteStatement(const SqliteConnection* connection, sqlite3_stmt* statement);
  void note(int code);

  const SqliteConnection* connection_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int parameter_ = 0;
  int failure_ = 0;  // the first failed bind
};

}  // namespace orchestrator::harness::storage
