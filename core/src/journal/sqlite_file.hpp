// SPDX-License-Identifier: Apache-2.0
#pragma once

// One SQLite journal as this process has it: the one connection that writes, those that read, and the signals of its
// runs. Two connections of a process that write or checkpoint could damage the file, so all stores of this process with
// the same path share one of these. Any thread.

#include "runtime/compiler_check.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "journal/commit_thread.hpp"
#include "journal/file_descriptor.hpp"
#include "journal/journal_schema.hpp"
#include "journal/run_signal.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// Keeps the connection that writes open while no run of it is held. Any thread.
class WritingUse final {
 public:
  /// REQUIRES: it was entered; this leaves it.
  explicit WritingUse(std::shared_ptr<CommitThread> entered) : commits_(std::move(entered)) {}
  ~WritingUse() { commits_->leave(); }
  WritingUse(const WritingUse&) = delete;
  WritingUse& operator=(const WritingUse&) = delete;

  [[nodiscard]] const std::shared_ptr<CommitThread>& commits() const { return commits_; }

 private:
  const std::shared_ptr<CommitThread> commits_;  // shared with the file and with writers
};

class SqliteFile final {
 public:
  /// The one for the database at the absolute `path`, on SQLite's file system `vfs` (null: the real one). It lives as
  /// long as somebody has it.
  [[nodiscard]] static std::shared_ptr<SqliteFile> of(const std::string& path, const char* vfs);

  SqliteFile(std::string path, const char* vfs);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] RunSignals& signals() { return signals_; }
  /// An open lock file, to ask who holds what.
  [[nodiscard]] int lock_file() const { return lock_file_.get(); }

  /// Makes the tables where there are none and brings older ones up to date; for that it must be possible to write,
  /// else looking is enough. Blocks. Errors as of `prepare_journal`, and `run_locked` where another process would have
  /// to.
  [[nodiscard]] Result<void> prepare();
  /// The connection that writes, kept open as long as what is returned; a new one where there is none, it has failed or
  /// was given up. Blocks. Errors as of `CommitThread::open`.
  [[nodiscard]] Result<std::shared_ptr<WritingUse>> writing();
  /// The same, without waiting: `run_locked` where another process writes.
  [[nodiscard]] Result<std::shared_ptr<WritingUse>> writing_now();

  /// A connection that reads, from `take_reader` to `give_back`. Null for a file without tables.
  [[nodiscard]] Result<std::unique_ptr<storage::SqliteConnection>> take_reader();
  void give_back(std::unique_ptr<storage::SqliteConnection> reader);

 private:
  [[nodiscard]] Result<JournalContent> read_content() const;
  [[nodiscard]] storage::SqliteOpening opening(storage::SqliteOpening::Access access) const;

  const std::string path_;
  const char* vfs_;
  FileDescriptor lock_file_;
  RunSignals signals_;
  std::mutex writing_mutex_;
  std::shared_ptr<CommitThread> commits_;  // shared with writers
  // Closed before the one that writes, which then finds itself alone and leaves no log behind.
  std::mutex mutex_;
  std::vector<std::unique_ptr<storage::SqliteConnection>> readers_;  // at most `kReadersKept`
};

}  // namespace orchestrator::harness::journal
