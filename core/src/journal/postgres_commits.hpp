// SPDX-License-Identifier: Apache-2.0
#pragma once

// The connection of this process that writes a PostgreSQL journal, with a thread of its own. What is handed over while
// a commit is under way goes into the next one together. The process is one owner: a row with a lease, which every
// commit renews, and with the count of its commits. That count tells after a lost connection whether the last commit
// took place; only one that did not is made again. Any thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "journal/postgres_address.hpp"
#include "journal/postgres_connection.hpp"
#include "journal/postgres_writing.hpp"
#include "orchestrator/harness/errors.hpp"
#include "runtime/suspension.hpp"

namespace orchestrator::harness::journal {

class PostgresCommits final {
 public:
  /// A part of a transaction. It is run again when the transaction is, so it must forget what it found before. An error
  /// fails the whole group: what concerns the part alone it keeps to itself.
  using Work = std::move_only_function<Result<void>(PostgresWriting&)>;
  struct Settings {
    // How long a lost server is waited for before the writes under way fail.
    std::chrono::milliseconds outage_max{10'000};
  };

  /// `channel` is told the ids of the runs that a commit changed. Connects when there is something to write.
  [[nodiscard]] static std::shared_ptr<PostgresCommits> start(PostgresAddress address, std::string channel,
                                                              Settings settings);
  /// Commits what was handed over.
  ~PostgresCommits();
  PostgresCommits(const PostgresCommits&) = delete;
  PostgresCommits& operator=(const PostgresCommits&) = delete;

  /// Runs `work` on the thread; returns when its transaction is committed: it then survives power loss of the server.
  /// `bytes` is about how much it writes, `run_id` which run it changes. Errors: `storage_unavailable` and others of
  /// the connection: what became of it is unknown.
  boost::asio::awaitable<Result<void>> commit(Work work, std::uint64_t bytes, std::optional<RunId> run_id);

  /// Notes that the run is open in this process. REQUIRES: inside a work.
  void hold(std::int64_t run_number);
  /// Takes that back, where the work is run again.
  void forget(std::int64_t run_number);
  /// Whether the run is open in this process, where `owner` is this process.
  [[nodiscard]] std::optional<bool> is_held(std::int64_t owner, std::int64_t run_number) const;
  /// The run is no longer open in this process: gives it back in a later commit.
  void release(const PostgresLease& lease);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Job {
    Work work;
    std::uint64_t bytes = 0;
    std::optional<RunId> run_id;
    runtime::Resume<Result<void>> resume;  // empty where nobody waits
  };

  struct Deleter {
    void operator()(PostgresCommits* commits) const;
  };

  PostgresCommits(PostgresAddress address, std::string channel, Settings settings)
      : address_(std::move(address)), channel_(std::move(channel)), settings_(settings) {}

  void post_job(Job job);
  void run();
  std::vector<Job> take_group();
  void commit_group(std::vector<Job> group);
  void finish(std::vector<Job>& group, const Result<void>& committed);
  Result<void> commit_surely(std::vector<Job>& group);
  Result<void> attempt(std::vector<Job>& group);
  Result<void> write_group(std::vector<Job>& group);
  Result<void> connect();
  Result<void> register_owner();
  Result<void> touch_owner();
  Result<void> read_commits();
  void tell(const std::vector<Job>& group);
  bool pause(std::chrono::milliseconds patience);

  const PostgresAddress address_;
  const std::string channel_;
  const Settings settings_;

  // Of the thread alone.
  std::unique_ptr<PostgresConnection> connection_;
  std::int64_t commits_ = 0;                   // of the owner, as the server has them
  bool is_outcome_open_ = false;               // a COMMIT was sent and not answered
  bool is_done_ = false;                       // found out: it took place
  PostgresFault fault_ = PostgresFault::none;  // of the last attempt
  std::vector<Job> late_releases_;             // that failed: one a run at most

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;  // at most `kJobsMax`, and one for each run that is given back
  std::set<std::int64_t> held_;
  std::int64_t owner_ = 0;                // written by the thread alone; 0: not registered
  std::optional<TimePoint> renewal_due_;  // while runs are held
  bool is_stopping_ = false;
  std::thread thread_;
};

/// A change of one run, and one commit of it; what refuses it is the caller's error.
using PostgresChange = std::function<Result<PostgresWriting::Refusal>(PostgresWriting&)>;
[[nodiscard]] boost::asio::awaitable<Result<void>> commit_change(std::shared_ptr<PostgresCommits> commits,
                                                                 PostgresChange change, std::uint64_t bytes,
                                                                 RunId run_id);

/// A run that is open in this process; given back with this object.
class PostgresHold final {
 public:
  PostgresHold(std::shared_ptr<PostgresCommits> commits, const TakenRun& run)
      : commits_(std::move(commits)), run_(run) {
    commits_->hold(run_.lease.run_number);
  }
  ~PostgresHold() {
    if (commits_) commits_->release(run_.lease);
  }
  PostgresHold(const PostgresHold&) = delete;
  PostgresHold& operator=(const PostgresHold&) = delete;
  /// The transaction that took it is run again, and takes it again.
  void forget() {
    commits_->forget(run_.lease.run_number);
    commits_.reset();
  }
  [[nodiscard]] const TakenRun& run() const { return run_; }

 private:
  std::shared_ptr<PostgresCommits> commits_;  // shared with the database and other holds
  const TakenRun run_;
};

}  // namespace orchestrator::harness::journal
