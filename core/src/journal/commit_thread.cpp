// SPDX-License-Identifier: Apache-2.0
#include "journal/commit_thread.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "journal/journal_schema.hpp"
#include "journal/room.hpp"
#include "journal/run_sealing.hpp"
#include "journal/text_index.hpp"
#include "runtime/storage_error.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

using storage::SqliteConnection;
using storage::SqliteTransaction;

// A group ends where it has so many parts or bytes; what comes after waits for the next one.
constexpr std::size_t kGroupJobsMax = 256;
constexpr std::uint64_t kGroupBytesMax = 8ULL << 20;
constexpr std::size_t kJobsMax = 65'536;
// Pages of the log at which it is moved into the file: in an idle moment, and at once.
constexpr int kLogPagesIdle = 1'000;
constexpr int kLogPagesBusy = 16'000;
// How long it waits for the lock, and how long it keeps it when no run is open: a program that begins one run after the
// other does not open the file for each, and the next process does not wait long.
constexpr std::chrono::milliseconds kLockPatience{2'000};
constexpr std::chrono::milliseconds kLockPause{10};
constexpr std::chrono::milliseconds kUnusedMax{200};
// Steps of tidying before a store closes; the rest is for the next opening.
constexpr int kClosingSteps = 64;
// The bytes of the log file that stay after it was long, and 8 MiB of pages in memory: each run at once writes a page
// of its own, which must not be read again for its next line.
constexpr const char* kSettings =
    "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;";

// The object whose thread, or sync thread, this one is.
thread_local const void* on_thread_of = nullptr;

int note_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

// SQLite's handle of the log file, through which it is synced without a transaction.
Result<sqlite3_file*> log_of(const SqliteConnection& connection) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
  if (code != SQLITE_OK) return std::unexpected(connection.error(code));
  if (file == nullptr || file->pMethods == nullptr) {
    return fail(RuntimeErrorCode::storage_failed, "the journal " + connection.path() + " has no log",
                connection.path());
  }
  return file;
}

Result<void> sync_file(sqlite3_file* file, const std::string& path) {
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) return {};
  return fail(RuntimeErrorCode::storage_failed, "cannot sync the log of " + path + ": " + sqlite3_errstr(code), path);
}

// Another process may be about to give the lock up.
Result<std::unique_ptr<StoreLock>> take_lock(const std::string& path) {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    auto lock = StoreLock::take(path);
    const bool is_held = !lock && lock.error().code == name_of(RuntimeErrorCode::run_locked);
    if (!is_held || std::chrono::steady_clock::now() >= deadline) return lock;
    std::this_thread::sleep_for(kLockPause);
  }
}

}  // namespace

// A coroutine that is abandoned with its context may be the last to own this, and goes where it would be resumed: on
// one of the threads that the destructor waits for.
void CommitThread::Deleter::operator()(CommitThread* commits) const {
  if (on_thread_of != commits) {
    delete commits;
    return;
  }
  std::thread([commits] { delete commits; }).detach();
}

Result<std::shared_ptr<CommitThread>> CommitThread::open(storage::SqliteOpening opening) {
  auto lock = take_lock(opening.path);
  if (!lock) return std::unexpected(lock.error());
  auto connection = SqliteConnection::open(std::move(opening));
  if (!connection) return std::unexpected(connection.error());
  if (auto prepared = prepare_journal(**connection); !prepared) return std::unexpected(prepared.error());
  if (auto set = (*connection)->execute(kSettings); !set) return std::unexpected(set.error());
  // What a process before this one committed may never have been synced, or its sync may have failed: written into the
  // file anew, it is. A reader that is in the way only delays that.
  if (const auto emptied = (*connection)->integer_of("PRAGMA wal_checkpoint(TRUNCATE)"); !emptied) {
    return std::unexpected(emptied.error());
  }
  const auto log = log_of(**connection);
  if (!log) return std::unexpected(log.error());
  if (auto synced = sync_file(*log, (*connection)->path()); !synced) return std::unexpected(synced.error());
  auto writing = RunWriting::on(connection->get());
  if (!writing) return std::unexpected(writing.error());
  std::shared_ptr<CommitThread> self(new CommitThread({*std::move(lock), *std::move(connection), *std::move(writing)}),
                                     Deleter());
  self->log_ = *log;
  self->thread_ = std::thread([raw = self.get()] { raw->run(); });
  return self;
}

CommitThread::CommitThread(Parts parts)
    : parts_(std::move(parts)), syncs_(std::make_shared<SyncGroup>(&sync_threads_, [this] { return sync_log(); })) {
  // The thread decides when the log is moved; the hook says how long it is.
  sqlite3_wal_hook(parts_->connection->handle(), note_pages, &log_pages_);
}

CommitThread::~CommitThread() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  sync_threads_.join();
}

asio::awaitable<Result<void>> CommitThread::commit(Work work, std::uint64_t bytes) {
  auto post = [this, work = std::move(work), bytes](runtime::Resume<Result<void>> resume) mutable {
    post_job({std::move(work), bytes, std::move(resume)});
  };
  co_return co_await runtime::suspend<Result<void>>(std::move(post));
}

asio::awaitable<Result<void>> CommitThread::sync() {
  const auto join = [syncs = syncs_](runtime::Resume<Result<void>> resume) { syncs->join(std::move(resume)); };
  co_return co_await runtime::suspend<Result<void>>(join);
}

void CommitThread::post_job(Job job) {
  Result<void> refusal;
  {
    const std::lock_guard lock(mutex_);
    if (reason_) {
      refusal = std::unexpected(*reason_);
    } else if (jobs_.size() >= kJobsMax) {
      refusal = fail(RuntimeErrorCode::storage_unavailable,
                     "more than " + std::to_string(kJobsMax) + " writes wait for the store");
    } else {
      jobs_.push_back(std::move(job));
    }
  }
  if (!refusal) return job.resume({}, refusal);
  wake_.notify_one();
}

bool CommitThread::has_work() const { return !jobs_.empty() || is_tidy_due_ || is_stopping_ || reason_; }

bool CommitThread::is_unused() const { return held_.empty() && entered_ == 0; }

bool CommitThread::wait_for_work() {
  std::unique_lock lock(mutex_);
  while (!has_work()) {
    if (!is_unused()) {
      wake_.wait(lock, [this] { return has_work() || is_unused(); });
    } else if (!wake_.wait_for(lock, kUnusedMax, [this] { return has_work() || !is_unused(); })) {
      is_stopping_ = true;  // `enter` refuses from here on
    }
  }
  return !reason_ && !(jobs_.empty() && is_stopping_);
}

void CommitThread::run() {
  on_thread_of = this;
  while (wait_for_work()) {
    if (auto group = take_group(); !group.empty()) commit_group(std::move(group));
    std::unique_lock lock(mutex_);
    const bool is_long = log_pages_ >= (jobs_.empty() ? kLogPagesIdle : kLogPagesBusy);
    const bool is_tidy_time = jobs_.empty() && is_tidy_due_;
    lock.unlock();
    if (is_long) {
      if (auto moved = checkpoint(); !moved) fail_with(moved.error());
    } else if (is_tidy_time) {
      tidy();
    }
  }
  for (int steps = 0; steps < kClosingSteps && !failed() && tidy(); ++steps) {
  }
  if (!failed()) empty_log();
  close();
}

std::vector<CommitThread::Job> CommitThread::take_group() {
  std::vector<Job> group;
  std::uint64_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!jobs_.empty() && group.size() < kGroupJobsMax && (group.empty() || bytes < kGroupBytesMax)) {
    bytes += jobs_.front().bytes;
    group.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
  return group;
}

Result<void> CommitThread::write_group(std::vector<Job>& group) {
  auto transaction = SqliteTransaction::begin(parts_->connection.get(), SqliteTransaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  for (Job& job : group) {
    if (auto written = job.work(parts_->writing); !written) return written;
  }
  return transaction->commit();
}

void CommitThread::commit_group(std::vector<Job> group) {
  const Result<void> committed = write_group(group);
  if (committed) {
    parts_->lock->ring();
  } else {
    fail_with(committed.error());
  }
  for (Job& job : group) job.resume({}, committed);
}

Result<bool> CommitThread::tidy_step() {
  using Step = Result<bool> (*)(SqliteConnection&);
  for (const Step step : {&seal_step, &index_step, &shrink_step}) {
    const auto done = step(*parts_->connection);
    if (!done || *done) return done;
  }
  return false;
}

bool CommitThread::tidy() {
  {
    // What becomes due meanwhile is looked for again.
    const std::lock_guard lock(mutex_);
    is_tidy_due_ = false;
  }
  const auto done = tidy_step();
  if (!done) {
    fail_with(done.error());
    return false;
  }
  if (*done) tidy_later();
  return *done;
}

// As far as readers allow: none is waited for, and none is made to wait.
Result<void> CommitThread::checkpoint() {
  log_pages_ = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(parts_->connection->handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return {};
  return std::unexpected(parts_->connection->error(code));
}

// Closing does it only where no connection of a reader is left, and what was removed must not stay in the log. A reader
// that is just reading is not waited for: then the next one that writes does it.
void CommitThread::empty_log() {
  sqlite3* database = parts_->connection->handle();
  sqlite3_busy_timeout(database, 0);
  sqlite3_wal_checkpoint_v2(database, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

Result<void> CommitThread::sync_log() {
  on_thread_of = this;
  const std::lock_guard syncing(sync_mutex_);
  // A sync that failed may have dropped what it could not write: another one would succeed and prove nothing.
  if (auto reason = failed()) return std::unexpected(*std::move(reason));
  auto synced = sync_file(static_cast<sqlite3_file*>(log_), parts_->connection->path());
  if (!synced) fail_with(synced.error());
  return synced;
}

Result<bool> CommitThread::hold(std::int64_t run_number) {
  {
    const std::lock_guard lock(mutex_);
    if (!held_.insert(run_number).second) return false;
  }
  auto marked = parts_->lock->hold(run_number);
  if (!marked) return std::unexpected(marked.error());
  return true;
}

bool CommitThread::is_held(std::int64_t run_number) const {
  const std::lock_guard lock(mutex_);
  return held_.contains(run_number);
}

void CommitThread::let_go(std::int64_t run_number) {
  {
    const std::lock_guard lock(mutex_);
    held_.erase(run_number);
    is_tidy_due_ = true;
    if (!is_closed_) parts_->lock->let_go(run_number);
  }
  wake_.notify_one();
}

void CommitThread::tidy_later() {
  {
    const std::lock_guard lock(mutex_);
    is_tidy_due_ = true;
  }
  wake_.notify_one();
}

bool CommitThread::enter() {
  const std::lock_guard lock(mutex_);
  if (reason_ || is_stopping_) return false;
  ++entered_;
  return true;
}

void CommitThread::leave() {
  {
    const std::lock_guard lock(mutex_);
    --entered_;
  }
  wake_.notify_one();
}

std::optional<Error> CommitThread::failed() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

void CommitThread::wait_closed() {
  std::unique_lock lock(mutex_);
  closed_.wait(lock, [this] { return is_closed_; });
}

void CommitThread::fail_with(const Error& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!reason_) reason_ = reason;
  }
  wake_.notify_one();
}

// What still waits is refused only now, so that whoever opens the store anew upon it finds the lock free.
void CommitThread::close() {
  std::deque<Job> refused;
  {
    const std::lock_guard syncing(sync_mutex_);
    const std::lock_guard lock(mutex_);
    if (!reason_) {
      reason_ = RuntimeError{RuntimeErrorCode::storage_failed, "the store is closed", {}, {}}.to_error();
    }
    parts_.reset();
    is_closed_ = true;
    refused.swap(jobs_);
  }
  closed_.notify_all();
  for (Job& job : refused) job.resume({}, std::unexpected(*reason_));
}

}  // namespace orchestrator::harness::journal
