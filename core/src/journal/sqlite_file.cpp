// SPDX-License-Identifier: Apache-2.0
#include "journal/sqlite_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "journal/journal_schema.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteOpening;

constexpr std::chrono::milliseconds kMakingMax{2'000};
constexpr std::chrono::milliseconds kMakingPoll{5};
constexpr std::size_t kReadersKept = 4;
constexpr int kSqliteVersionMin = 3'040'000;

// The files of this process that somebody has, and those that are just being closed: a new one waits for them, since
// they still have the lock.
struct Files {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<std::string, std::weak_ptr<SqliteFile>> open;
  std::set<std::string> present;
};

Files& files() {
  static Files files;
  return files;
}

struct Closer {
  void operator()(SqliteFile* file) const {
    const std::string path = file->path();
    delete file;
    const std::lock_guard lock(files().mutex);
    files().present.erase(path);
    files().closed.notify_all();
  }
};

// Makes the names of the database and its lock last.
Result<void> sync_folder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.get()) != 0) return runtime::storage_fail(errno, "sync", folder);
  return {};
}

}  // namespace

std::shared_ptr<SqliteFile> SqliteFile::of(const std::string& path, const char* vfs) {
  std::unique_lock lock(files().mutex);
  for (;;) {
    if (auto file = files().open[path].lock()) return file;
    if (!files().present.contains(path)) break;
    files().closed.wait(lock);
  }
  std::shared_ptr<SqliteFile> file(new SqliteFile(path, vfs), Closer());
  std::erase_if(files().open, [](const auto& one) { return one.second.expired(); });
  files().open[path] = file;
  files().present.insert(path);
  return file;
}

SqliteFile::SqliteFile(std::string path, const char* vfs)
    : path_(std::move(path)), vfs_(vfs), lock_file_(open_lock_file(path_)) {}

SqliteOpening SqliteFile::opening(SqliteOpening::Access access) const {
  SqliteOpening opening;
  opening.path = path_;
  opening.kind = {"journal", RuntimeErrorCode::journal_damaged, RuntimeErrorCode::not_a_journal};
  opening.access = access;
  opening.vfs = vfs_;
  return opening;
}

Result<JournalContent> SqliteFile::read_content() const {
  const auto reader = SqliteConnection::open(opening(SqliteOpening::Access::read));
  if (!reader) return std::unexpected(reader.error());
  return content_of(**reader);
}

Result<void> SqliteFile::prepare() {
  if (sqlite3_libversion_number() < kSqliteVersionMin || sqlite3_threadsafe() == 0) {
    return fail(RuntimeErrorCode::storage_failed, std::string("this SQLite is ") + sqlite3_libversion() +
                                                      "; the journal needs 3.40 or newer, built for several threads");
  }
  const std::lock_guard lock(writing_mutex_);
  if (commits_) return {};
  const auto deadline = std::chrono::steady_clock::now() + kMakingMax;
  std::unique_ptr<StoreLock> store_lock;
  while (!store_lock) {
    auto content = JournalContent::nothing;
    if (const auto found = read_content()) {
      content = *found;
    } else if (found.error().code != name_of(RuntimeErrorCode::storage_readonly)) {
      return std::unexpected(found.error());
    }  // A process died while it made the file: the rollback is left to who may write.
    if (content == JournalContent::present) return {};
    auto taken = StoreLock::take(path_);
    if (taken) {
      store_lock = *std::move(taken);
      continue;
    }
    // Who has the lock makes the tables, or is bringing them up to date.
    const bool is_being_made = taken.error().code == name_of(RuntimeErrorCode::run_locked);
    if (is_being_made && content == JournalContent::nothing) return {};
    if (!is_being_made || std::chrono::steady_clock::now() >= deadline) return std::unexpected(taken.error());
    std::this_thread::sleep_for(kMakingPoll);
  }
  auto connection = SqliteConnection::open(opening(SqliteOpening::Access::write));
  if (!connection) return std::unexpected(connection.error());
  if (auto prepared = prepare_journal(**connection); !prepared) return prepared;
  return sync_folder(path_);
}

Result<std::shared_ptr<WritingUse>> SqliteFile::writing() {
  const std::lock_guard lock(writing_mutex_);
  for (;;) {
    if (commits_ && commits_->enter()) return std::make_shared<WritingUse>(commits_);
    if (commits_) commits_->wait_closed();
    commits_.reset();
    auto commits = CommitThread::open(opening(SqliteOpening::Access::write));
    if (!commits) return std::unexpected(commits.error());
    commits_ = *std::move(commits);
  }
}

Result<std::shared_ptr<WritingUse>> SqliteFile::writing_now() {
  {
    const std::lock_guard lock(writing_mutex_);
    if (commits_ && commits_->enter()) return std::make_shared<WritingUse>(commits_);
    if (is_store_locked(lock_file())) {
      return fail(RuntimeErrorCode::run_locked, "the store sqlite:" + path_ + " is held by process " + holder_of(path_),
                  path_);
    }
  }
  return writing();
}

Result<std::unique_ptr<SqliteConnection>> SqliteFile::take_reader() {
  {
    const std::lock_guard lock(mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  auto reader = SqliteConnection::open(opening(SqliteOpening::Access::read));
  if (!reader) return reader;
  const auto content = content_of(**reader);
  if (!content) return std::unexpected(content.error());
  if (*content != JournalContent::present) reader->reset();
  return reader;
}

void SqliteFile::give_back(std::unique_ptr<SqliteConnection> reader) {
  const std::lock_guard lock(mutex_);
  if (readers_.size() < kReadersKept) readers_.push_back(std::move(reader));
}

}  // namespace orchestrator::harness::journal
