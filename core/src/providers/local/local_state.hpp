// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state directory that all processes of a user share to find the one local server: its record, the
// lock that the living server holds, and the lock of those who look for one or start one. `LocalState` is
// a value that holds a path only; locks are released when their `LocalLock` is destroyed. Calls do a few
// file operations, never wait, and are safe from several threads.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::providers {

/// What a serving launcher has written about itself.
struct LocalRecord {
  pid_t pid = 0;
  std::uint16_t port = 0;
  std::string api_key;
  std::string model;
  std::string started_at;  // RFC 3339, UTC
};

/// The record in `text`, or nothing where it is not one of this version.
[[nodiscard]] std::optional<LocalRecord> parse_local_record(std::string_view text);

/// Holds the start lock until destroyed. Move-only.
class LocalLock final {
 public:
  explicit LocalLock(int descriptor) : descriptor_(descriptor) {}
  LocalLock(LocalLock&& other) noexcept;
  LocalLock& operator=(LocalLock&& other) noexcept;
  ~LocalLock();

 private:
  int descriptor_;
};

/// What there is to see at one moment.
struct LocalSighting {
  bool alive = false;                 // a server holds its lock, be it ready or not
  pid_t pid = 0;                      // its process; 0 where this process cannot see it (another container)
  std::optional<LocalRecord> record;  // of the living server, once it is ready
};

class LocalState final {
 public:
  enum class Share : std::uint8_t { looking, starting };

  /// Makes the directory with mode 0700. `local_model_unavailable` where it cannot be made, belongs to
  /// somebody else or is open to others.
  [[nodiscard]] static Result<LocalState> open(std::filesystem::path folder);

  /// Takes the start lock: shared to look (a server does not end meanwhile for being idle), alone to start
  /// or stop one. Nothing where others hold it in the way; an error where there can be no lock file.
  [[nodiscard]] Result<std::optional<LocalLock>> try_lock(Share share) const;

  /// Looks for a living server. A record that no living server stands behind is not shown.
  [[nodiscard]] LocalSighting look() const;

  /// Counts as use of the server: it starts its idle time anew.
  void touch() const;

  /// Removes a record that a killed server has left. Only with the start lock held alone.
  void forget() const;

  /// The last line of the server's log, 200 bytes at most; empty where there is none.
  [[nodiscard]] std::string last_log_line() const;

  [[nodiscard]] std::filesystem::path log_file() const { return folder_ / "server.log"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit LocalState(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace orchestrator::harness::providers
