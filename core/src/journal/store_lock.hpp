// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lock that makes one process the writer of an SQLite journal: a file beside the database, of which the writer
// holds the first byte, and one byte more for each run that it has open. They are open file description locks, which
// go with the process, whoever asks can see them without taking them, and they do not touch the locks that SQLite has
// on its own files. The file says who holds it, and is touched at each commit, which is what readers in other processes
// watch. It is never removed. Any thread, one at a time for each run.

#include <cstdint>
#include <memory>
#include <string>

#include "journal/file_descriptor.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

class StoreLock final {
 public:
  /// Takes the lock of the database at `path`. Error: `run_locked`, which names the process that holds it, and those of
  /// `runtime::storage_error`.
  [[nodiscard]] static Result<std::unique_ptr<StoreLock>> take(const std::string& path);

  /// Marks a run as open in this process, or no longer.
  [[nodiscard]] Result<void> hold(std::int64_t run_number);
  void let_go(std::int64_t run_number);
  /// Tells those who watch the file that there is more to read.
  void ring();

 private:
  StoreLock(FileDescriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  FileDescriptor file_;
  std::string path_;
};

[[nodiscard]] std::string lock_path(const std::string& path);

/// Opens the lock file to look at it, made where absent; closed where it cannot be.
[[nodiscard]] FileDescriptor open_lock_file(const std::string& path);
/// True while a process, this one included, has the run open.
[[nodiscard]] bool is_run_held(int lock_file, std::int64_t run_number);
/// True while a process, this one included, has the lock.
[[nodiscard]] bool is_store_locked(int lock_file);
/// The process that took the lock last, "?" where the file does not say.
[[nodiscard]] std::string holder_of(const std::string& path);

}  // namespace orchestrator::harness::journal
