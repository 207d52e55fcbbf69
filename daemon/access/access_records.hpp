// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tokens that the owner has given away, and who did what with which: both outlive the daemon, in a database of its
// own. A token itself is never stored, only its hash. Used on the daemon's thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/access/principal.hpp"
#include "daemon/database/database_thread.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::daemon {

/// A token that was given away, without the token.
struct NamedToken {
  std::string name;
  Role role = Role::read;
  harness::Hash hash;  // SHA-256 of the token
  harness::WallTime created_at;
  std::string created_by;  // the name of a token
};

/// One request that changed something, or was to.
struct AuditEntry {
  std::int64_t number = 0;  // 1, 2, 3, ...; not of an entry that is to be noted
  harness::WallTime at;
  std::string who;        // the name of its token
  std::string operation;  // the route's id, such as createRun
  std::string target;     // the path
  unsigned status = 0;    // of the answer
};

class AccessRecords {
 public:
  /// The newest entries that are kept.
  static constexpr std::int64_t kEntriesMax = 100'000;

  /// Opens or makes the database in `path`, or one in memory where `path` is `:memory:`. Errors: those of `storage`.
  [[nodiscard]] static harness::Result<std::unique_ptr<AccessRecords>> open(const std::string& path);

  /// The tokens that were not revoked. Blocking, before the daemon starts.
  [[nodiscard]] harness::Result<std::vector<NamedToken>> tokens();
  /// Keeps a token; when it returns, it survives power loss. REQUIRES: no other of that name.
  boost::asio::awaitable<harness::Result<void>> add(NamedToken token);
  /// Revokes the token of that name.
  boost::asio::awaitable<harness::Result<void>> remove(std::string name);

  /// Appends an entry.
  boost::asio::awaitable<harness::Result<void>> note(AuditEntry entry);
  /// Entries older than the one of the number `before`, the newest first; all where `before` is 0.
  boost::asio::awaitable<harness::Result<std::vector<AuditEntry>>> page(std::int64_t before, std::uint32_t limit);

 private:
  explicit AccessRecords(std::unique_ptr<harness::storage::SqliteConnection> database)
      : database_(std::move(database)) {}
  [[nodiscard]] harness::Result<void> add_now(const NamedToken& token);
  [[nodiscard]] harness::Result<void> remove_now(const std::string& name);
  [[nodiscard]] harness::Result<void> note_now(const AuditEntry& entry);
  [[nodiscard]] harness::Result<std::vector<AuditEntry>> page_now(std::int64_t before, std::uint32_t limit);

  std::unique_ptr<harness::storage::SqliteConnection> database_;  // of the database's thread
  DatabaseThread thread_;                                         // the last: it ends before what it uses
};

}  // namespace orchestrator::daemon
