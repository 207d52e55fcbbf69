// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which run each Idempotency-Key made, so that a request that comes twice makes one run: also where the first answer
// was lost, or the daemon died between the run and its answer. Kept in a database of its own, on a thread of its own.
// Used on the daemon's thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/database/database_thread.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::daemon {

/// What is known of a key.
struct KeyClaim {
  enum class State : std::uint8_t {
    fresh,      // nothing: make the run, then `settle`
    unsettled,  // a run was to be made, at `claimed_at` or later; whether it was, its label tells
    settled,    // `run_id` is the run
    mismatch    // the key came with another body before
  };
  State state = State::fresh;
  std::optional<harness::RunId> run_id = std::nullopt;
  harness::WallTime claimed_at = {};
};

class IdempotencyKeys {
 public:
  /// A key is kept for a day, and the newest 100,000 of them.
  static constexpr std::int64_t kKeptSeconds = 24 * 3'600;
  static constexpr std::int64_t kKeysMax = 100'000;
  /// The label of a run that was made under a key; its value is `label_of` the key.
  static constexpr const char* kLabel = "idempotency_key";

  /// Opens or makes the database in `path`, or one in memory where `path` is `:memory:`. `scope` tells stores apart.
  /// Errors: those of `storage`.
  [[nodiscard]] static harness::Result<std::unique_ptr<IdempotencyKeys>> open(const std::string& path,
                                                                              std::string scope);

  [[nodiscard]] std::string label_of(const std::string& key) const;
  /// Whether a request under this key is under way; `Busy` marks one for as long as it lives.
  [[nodiscard]] bool is_busy(const std::string& key) const { return busy_.contains(key); }
  class Busy {
   public:
    Busy(IdempotencyKeys& keys, std::string key) : keys_(keys), key_(std::move(key)) { keys_.busy_.insert(key_); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() { keys_.busy_.erase(key_); }

   private:
    IdempotencyKeys& keys_;
    std::string key_;
  };

  /// Looks the key up and claims it where it is new; when it returns, the claim survives power loss.
  boost::asio::awaitable<harness::Result<KeyClaim>> claim(std::string key, std::string body);
  /// Notes the run of a claimed key.
  boost::asio::awaitable<harness::Result<void>> settle(std::string key, harness::RunId run_id);
  /// Forgets a claim whose run was refused.
  boost::asio::awaitable<harness::Result<void>> forget(std::string key);

 private:
  IdempotencyKeys(std::unique_ptr<harness::storage::SqliteConnection> database, std::string scope);
  [[nodiscard]] harness::Result<KeyClaim> claim_now(const std::string& label, const std::string& body_hash);
  [[nodiscard]] harness::Result<void> execute_now(const char* sql, const std::string& label, const std::string& run_id);

  std::unique_ptr<harness::storage::SqliteConnection> database_;  // of the database's thread
  const std::string scope_;
  std::set<std::string> busy_;
  DatabaseThread thread_;  // the last: it ends before what it uses
};

}  // namespace orchestrator::daemon
