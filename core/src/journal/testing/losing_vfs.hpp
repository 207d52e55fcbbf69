// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file system for SQLite that remembers what was written and what was synced, so that a test can see the files as
// they may be after the power went, and that fails the n-th call of a kind. Its files are real ones, so that other
// connections work as well. Any thread. One at a time in a process.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace orchestrator::harness::journal::testing {

class LosingVfs final {
 public:
  enum class Call : std::uint8_t { write, sync, read, truncate };
  /// How many calls fail: one, or all from it on.
  enum class Lasts : std::uint8_t { once, on };
  using Random = std::mt19937_64;

  LosingVfs();
  ~LosingVfs();
  LosingVfs(const LosingVfs&) = delete;
  LosingVfs& operator=(const LosingVfs&) = delete;

  /// Its name, for `SqliteStore::Place`.
  [[nodiscard]] const char* name() const { return "losing"; }

  /// The file at `path` as it may be found: what was synced, and of each later write all, nothing, or some sectors. All
  /// files are of the same moment when `freeze` was called before.
  [[nodiscard]] std::string image_of(const std::string& path, Random& random) const;
  /// From now on nothing is remembered any more: what is found is of this moment.
  void freeze();
  /// Syncs return at once and do nothing.
  void lie();
  /// Lets the n-th call from now fail with one of SQLite's codes, and those after it, too.
  void fail_from(Call call, int nth, int code, Lasts lasts = Lasts::on);
  void heal();
  /// Whether a call failed since `fail_from`.
  [[nodiscard]] bool has_failed() const;

  // For the calls of SQLite.
  void note_open(const std::string& path);
  [[nodiscard]] int note_write(const std::string& path, std::uint64_t offset, std::string bytes);
  [[nodiscard]] int note_read();
  [[nodiscard]] int note_truncate(const std::string& path, std::uint64_t size);
  [[nodiscard]] int note_sync(const std::string& path);
  void note_delete(const std::string& path);
  [[nodiscard]] sqlite3_vfs* real() const { return real_; }

 private:
  // A write, or a cut where `size` is set.
  struct Change {
    std::uint64_t offset = 0;
    std::string bytes;
    std::optional<std::uint64_t> size;
  };
  struct File {
    std::string synced;
    std::vector<Change> pending;
  };
  [[nodiscard]] int verdict(Call call);

  sqlite3_vfs* real_;
  std::unique_ptr<sqlite3_vfs> shim_;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  bool is_frozen_ = false;
  bool is_lying_ = false;
  Call failing_ = Call::write;
  Lasts lasts_ = Lasts::on;
  int left_ = -1;  // calls until one fails; negative: none
  int code_ = 0;
  bool has_failed_ = false;
};

}  // namespace orchestrator::harness::journal::testing
