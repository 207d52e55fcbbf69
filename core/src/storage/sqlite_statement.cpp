// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite_statement.hpp"

#include <sqlite3.h>

#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::storage {
namespace {

// A null pointer would bind NULL where an empty text is meant.
const char* pointer_to(std::string_view bytes) { return bytes.data() == nullptr ? "" : bytes.data(); }

}  // namespace

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteStatement::SqliteStatement(const SqliteConnection* connection, sqlite3_stmt* statement)
    : connection_(connection), statement_(statement) {}

void SqliteStatement::note(int code) {
  if (failure_ == SQLITE_OK) failure_ = code;
}

SqliteStatement& SqliteStatement::bind(std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), ++parameter_, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view text) {
  note(sqlite3_bind_text64(statement_.get(), ++parameter_, pointer_to(text), text.size(), SQLITE_TRANSIENT,
                           SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind_bytes(std::string_view bytes) {
  note(sqlite3_bind_blob64(statement_.get(), ++parameter_, pointer_to(bytes), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

SqliteStatement& SqliteStatement::bind_null() {
  note(sqlite3_bind_null(statement_.get(), ++parameter_));
  return *this;
}

Result<bool> SqliteStatement::step() {
  if (failure_ != SQLITE_OK) return std::unexpected(connection_->error(failure_));
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(connection_->error(code));
}

Result<void> SqliteStatement::run() {
  for (;;) {
    const auto row = step();
    if (row && *row) continue;
    Result<void> done;
    if (!row) done = std::unexpected(row.error());
    sqlite3_reset(statement_.get());
    parameter_ = 0;
    return done;
  }
}

std::int64_t SqliteStatement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double SqliteStatement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

bool SqliteStatement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::string_view SqliteStatement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string_view() : std::string_view(data, static_cast<std::size_t>(size));
}

}  // namespace orchestrator::harness::storage
