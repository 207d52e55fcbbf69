// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one connection of a process that writes an SQLite journal and checkpoints it, with a thread of its own and the
// lock of the store. What is handed over while a commit is under way goes into the next one together. A commit writes
// the log and syncs nothing; `sync` syncs the log, for all who wait, on another thread, so that a slow disk does not
// hold up appends. After the first failure everything is refused, and connection and lock are given up: what became of
// the failed commit is unknown until the store is opened anew. Both are given up as well a moment after the last run is
// let go, so that a process which only could write keeps no other from writing. Any thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "journal/run_writing.hpp"
#include "journal/store_lock.hpp"
#include "journal/sync_group.hpp"
#include "orchestrator/harness/errors.hpp"
#include "runtime/suspension.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

class CommitThread final {
 public:
  /// A part of a transaction. An error fails the whole group: what concerns the part alone it keeps to itself.
  using Work = std::move_only_function<Result<void>(RunWriting&)>;

  /// Takes the lock, for which it waits two seconds where another process has it, brings the tables up to date, moves
  /// what the log of an earlier process holds into the file, and syncs. Blocks. Errors: `run_locked`, and those of
  /// `prepare_journal`.
  [[nodiscard]] static Result<std::shared_ptr<CommitThread>> open(storage::SqliteOpening opening);
  /// Commits what was handed over, packs some of what has ended, and closes the database.
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  /// Keeps it open until `leave`; false where it has failed or was given up. REQUIRES: for each `commit` and `sync` but
  /// those of runs that are held.
  [[nodiscard]] bool enter();
  void leave();

  /// Runs `work` on the thread; returns when its transaction is committed: it then survives the end of the process.
  /// `bytes` is about how much it writes.
  boost::asio::awaitable<Result<void>> commit(Work work, std::uint64_t bytes);
  /// Returns when all that was committed before survives power loss.
  boost::asio::awaitable<Result<void>> sync();

  /// Notes that the run is open in this process; false where it already is. REQUIRES: inside a work.
  [[nodiscard]] Result<bool> hold(std::int64_t run_number);
  [[nodiscard]] bool is_held(std::int64_t run_number) const;
  void let_go(std::int64_t run_number);
  /// Notes that there is something to pack, to index or to give back.
  void tidy_later();

  /// Why nothing is accepted any more.
  [[nodiscard]] std::optional<Error> failed() const;
  /// Waits until connection and lock are given up. REQUIRES: `enter` refused.
  void wait_closed();

 private:
  struct Job {
    Work work;
    std::uint64_t bytes = 0;
    runtime::Resume<Result<void>> resume;
  };
  struct Parts {
    std::unique_ptr<StoreLock> lock;
    std::unique_ptr<storage::SqliteConnection> connection;
    RunWriting writing;
  };

  struct Deleter {
    void operator()(CommitThread* commits) const;
  };

  explicit CommitThread(Parts parts);

  void post_job(Job job);
  void run();
  // Waits for something to do; false when it is time to end.
  bool wait_for_work();
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] bool is_unused() const;
  std::vector<Job> take_group();
  void commit_group(std::vector<Job> group);
  Result<void> write_group(std::vector<Job>& group);
  // One piece of work that waits for idle moments; false where there is none.
  bool tidy();
  Result<bool> tidy_step();
  Result<void> checkpoint();
  void empty_log();
  Result<void> sync_log();
  void fail_with(const Error& reason);
  void close();

  std::optional<Parts> parts_;  // used by the thread, but for the lock's own functions
  void* log_ = nullptr;         // SQLite's handle of the log file
  int log_pages_ = 0;           // as of the last commit or checkpoint

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;  // at most `kJobsMax`
  std::optional<Error> reason_;
  std::set<std::int64_t> held_;  // one for each run that is open
  std::uint32_t entered_ = 0;
  bool is_tidy_due_ = true;
  bool is_stopping_ = false;
  bool is_closed_ = false;
  std::condition_variable closed_;

  std::mutex sync_mutex_;  // held while the log is synced, and to close it
  boost::asio::thread_pool sync_threads_{1};
  std::shared_ptr<SyncGroup> syncs_;  // shared with its job on the pool
  std::thread thread_;
};

}  // namespace orchestrator::harness::journal
