// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite_error.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "runtime/storage_error.hpp"

namespace orchestrator::harness::storage {
namespace {

struct Verdict {
  RuntimeErrorCode code;
  std::string_view what;
};

// What the extended code alone tells.
std::optional<Verdict> verdict_of_extended(int code) {
  switch (code) {
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_DIRECTORY:
      return Verdict{RuntimeErrorCode::storage_readonly, "lies in a folder that may not be written"};
    default:
      return std::nullopt;
  }
}

Verdict verdict_of(int code, const DatabaseKind& kind) {
  if (const auto verdict = verdict_of_extended(code)) return *verdict;
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {RuntimeErrorCode::storage_failed, "is held by another process, and was waited for in vain"};
    case SQLITE_FULL:
      return {RuntimeErrorCode::storage_full, "is full"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {RuntimeErrorCode::storage_readonly, "may not be written"};
    case SQLITE_NOMEM:
      return {RuntimeErrorCode::storage_unavailable, "cannot be used for want of memory"};
    case SQLITE_CORRUPT:
      return {kind.damaged, "is damaged, or is something else"};
    case SQLITE_NOTADB:
      return {kind.stranger, "is damaged, or is something else"};
    default:
      return {RuntimeErrorCode::storage_failed, "cannot be used"};
  }
}

// The system's reason counts where SQLite only says that a file did not open, or that reading or writing failed.
int errno_of(sqlite3* database, int code) {
  const int kind = code & 0xFF;
  return database != nullptr && (kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR) ? sqlite3_system_errno(database) : 0;
}

}  // namespace

Error sqlite_error(sqlite3* database, int code, const DatabaseName& name) {
  if (const int error_number = errno_of(database, code); error_number != 0) {
    return runtime::storage_error(error_number, "use the " + name.kind.noun, name.path);
  }
  const Verdict verdict = verdict_of(code, name.kind);
  std::string message = "the " + name.kind.noun + " " + name.path + " ";
  message.append(verdict.what).append(": ");
  // The connection's words are about its last call; they fit where that call is the one that failed.
  const bool has_words = database != nullptr && sqlite3_extended_errcode(database) == code;
  message += has_words ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  return RuntimeError{verdict.code, std::move(message), name.path, {}}.to_error();
}

}  // namespace orchestrator::harness::storage
