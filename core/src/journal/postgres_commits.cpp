// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_commits.hpp"

#include <algorithm>
#include <utility>

#include "journal/postgres_owner.hpp"
#include "journal/postgres_schema.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A group ends where it has so many parts or bytes; what comes after waits for the next one. The ids of its runs fit
// into one notification of 8,000 bytes.
constexpr std::size_t kGroupJobsMax = 256;
constexpr std::uint64_t kGroupBytesMax = 8ULL << 20;
constexpr std::size_t kJobsMax = 65'536;
// How often a transaction that met others is run again, and how long is waited before, times the attempt.
constexpr int kConflictsMax = 5;
constexpr milliseconds kConflictPause{10};
// Between two attempts to reach a lost server.
constexpr milliseconds kOutagePause{100};

// The object whose thread this one is.
thread_local const void* on_thread_of = nullptr;

const std::string& lease_sql() {
  static const std::string sql = "clock_timestamp() + interval '" + std::to_string(kLeaseSeconds) + " seconds'";
  return sql;
}

}  // namespace

// A coroutine that is abandoned with its context, or a part of a transaction, may be the last to own this, and go on
// the thread that the destructor waits for.
void PostgresCommits::Deleter::operator()(PostgresCommits* commits) const {
  if (on_thread_of != commits) {
    delete commits;
    return;
  }
  std::thread([commits] { delete commits; }).detach();
}

std::shared_ptr<PostgresCommits> PostgresCommits::start(PostgresAddress address, std::string channel,
                                                        Settings settings) {
  std::shared_ptr<PostgresCommits> self(new PostgresCommits(std::move(address), std::move(channel), settings),
                                        Deleter());
  self->thread_ = std::thread([raw = self.get()] { raw->run(); });
  return self;
}

PostgresCommits::~PostgresCommits() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

asio::awaitable<Result<void>> PostgresCommits::commit(Work work, std::uint64_t bytes, std::optional<RunId> run_id) {
  auto post = [this, work = std::move(work), bytes, run_id](runtime::Resume<Result<void>> resume) mutable {
    post_job({std::move(work), bytes, run_id, std::move(resume)});
  };
  co_return co_await runtime::suspend<Result<void>>(std::move(post));
}

void PostgresCommits::post_job(Job job) {
  {
    std::unique_lock lock(mutex_);
    if (jobs_.size() >= kJobsMax && job.resume) {
      lock.unlock();
      const auto full = fail(RuntimeErrorCode::storage_unavailable,
                             "more than " + std::to_string(kJobsMax) + " writes wait for the store");
      return job.resume({}, Result<void>(full));
    }
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void PostgresCommits::hold(std::int64_t run_number) {
  const std::lock_guard lock(mutex_);
  held_.insert(run_number);
}

void PostgresCommits::forget(std::int64_t run_number) {
  const std::lock_guard lock(mutex_);
  held_.erase(run_number);
}

std::optional<bool> PostgresCommits::is_held(std::int64_t owner, std::int64_t run_number) const {
  const std::lock_guard lock(mutex_);
  if (owner != owner_) return std::nullopt;
  return held_.contains(run_number);
}

void PostgresCommits::release(const PostgresLease& lease) {
  forget(lease.run_number);
  Work work = [lease](PostgresWriting& writing) { return writing.release(lease); };
  post_job({std::move(work), 0, std::nullopt, {}});
}

void PostgresCommits::run() {
  on_thread_of = this;
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto is_wanted = [this] { return !jobs_.empty() || is_stopping_; };
    if (renewal_due_) {
      wake_.wait_until(lock, *renewal_due_, is_wanted);
    } else {
      wake_.wait(lock, is_wanted);
    }
    if (jobs_.empty() && is_stopping_) return;
    lock.unlock();
    // An empty group renews the lease.
    commit_group(take_group());
  }
}

std::vector<PostgresCommits::Job> PostgresCommits::take_group() {
  std::vector<Job> group = std::exchange(late_releases_, {});
  std::uint64_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!jobs_.empty() && group.size() < kGroupJobsMax && (group.empty() || bytes < kGroupBytesMax)) {
    bytes += jobs_.front().bytes;
    group.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
  return group;
}

void PostgresCommits::commit_group(std::vector<Job> group) {
  const Result<void> committed = commit_surely(group);
  finish(group, committed);
  if (committed) tell(group);
  const std::lock_guard lock(mutex_);
  renewal_due_.reset();
  const bool is_renewal_wanted = !held_.empty() || !late_releases_.empty();
  if (is_renewal_wanted) renewal_due_ = Clock::now() + std::chrono::seconds(kLeaseRenewalSeconds);
}

// A run that could not be given back is given back later: until then others find it held.
void PostgresCommits::finish(std::vector<Job>& group, const Result<void>& committed) {
  for (Job& job : group) {
    if (job.resume) {
      job.work = {};  // whoever goes on may end this object: nothing here keeps it alive then
      job.resume({}, committed);
    } else if (!committed) {
      late_releases_.push_back(std::move(job));
    }
  }
}

Result<void> PostgresCommits::commit_surely(std::vector<Job>& group) {
  const auto give_up = Clock::now() + settings_.outage_max;
  is_outcome_open_ = false;
  is_done_ = false;
  for (int conflicts = 0;;) {
    Result<void> done = attempt(group);
    if (done) return done;
    if (fault_ == PostgresFault::lost) {
      if (Clock::now() >= give_up || !pause(kOutagePause)) return done;
    } else if (fault_ != PostgresFault::conflict || ++conflicts == kConflictsMax ||
               !pause(kConflictPause * conflicts)) {
      return done;
    }
  }
}

Result<void> PostgresCommits::attempt(std::vector<Job>& group) {
  if (!connection_) {
    if (auto connected = connect(); !connected) {
      fault_ = connection_ ? connection_->fault() : PostgresFault::lost;
      connection_.reset();
      return connected;
    }
    if (is_done_) return {};
  }
  Result<void> written = write_group(group);
  if (written) return written;
  fault_ = connection_ ? connection_->fault() : PostgresFault::lost;
  // Where that fails, the transaction goes with the connection.
  if (fault_ == PostgresFault::lost || !connection_->execute("ROLLBACK")) connection_.reset();
  return written;
}

Result<void> PostgresCommits::write_group(std::vector<Job>& group) {
  if (auto begun = connection_->execute("BEGIN"); !begun) return begun;
  if (auto touched = touch_owner(); !touched) return touched;
  PostgresWriting writing(connection_.get(), owner_, [this](std::int64_t run_number) {
    const std::lock_guard lock(mutex_);
    return held_.contains(run_number);
  });
  for (Job& job : group) {
    if (auto done = job.work(writing); !done) return done;
  }
  is_outcome_open_ = true;
  const auto committed = connection_->run(PostgresQuery("COMMIT"));
  if (!committed) {
    if (!connection_->is_lost()) is_outcome_open_ = false;
    return std::unexpected(committed.error());
  }
  is_outcome_open_ = false;
  if (committed->command() == "COMMIT") {
    ++commits_;
    return {};
  }
  return fail(RuntimeErrorCode::storage_failed, "the store " + address_.shown + " rolled a commit back",
              address_.shown);
}

Result<void> PostgresCommits::connect() {
  auto connection = PostgresConnection::open(address_);
  if (!connection) return std::unexpected(connection.error());
  connection_ = *std::move(connection);
  if (owner_ == 0) {
    if (auto prepared = prepare_postgres(*connection_); !prepared) return prepared;
    return register_owner();
  }
  return read_commits();
}

// How often the owner has committed. The row is locked by a transaction of its own that has not ended on the server, so
// the answer is final.
Result<void> PostgresCommits::read_commits() {
  PostgresQuery query("SELECT commits FROM journal_owner WHERE number = $1 FOR UPDATE");
  const auto rows = connection_->run(query.integer(owner_));
  if (!rows) return std::unexpected(rows.error());
  // Gone after a long time without runs: nothing of it can be under way.
  if (rows->size() == 0) return register_owner();
  is_done_ = is_outcome_open_ && rows->integer(0, 0) == commits_ + 1;
  is_outcome_open_ = false;
  commits_ = rows->integer(0, 0);
  return {};
}

Result<void> PostgresCommits::register_owner() {
  // Owners whose process is long gone, and that have no run any more.
  const auto cleared = connection_->execute(
      "DELETE FROM journal_owner AS o WHERE o.lease_until < clock_timestamp() - interval '1 day' "
      "AND NOT EXISTS (SELECT 1 FROM journal_run AS r WHERE r.owner = o.number)");
  if (!cleared) return cleared;
  const PostgresOwner self = present_owner();
  PostgresQuery insert(
      "INSERT INTO journal_owner(host, pid, machine, begun, commits, lease_until) "
      "VALUES ($1, $2, $3, $4, 0, " +
      lease_sql() + ") RETURNING number");
  insert.text(self.host).text(self.pid).text(self.machine).text(self.begun);
  const auto rows = connection_->run(insert);
  if (!rows) return std::unexpected(rows.error());
  {
    const std::lock_guard lock(mutex_);
    owner_ = rows->integer(0, 0);
  }
  commits_ = 0;
  return {};
}

// Renews the lease and counts the commit. An owner that is gone is registered anew with the next attempt.
Result<void> PostgresCommits::touch_owner() {
  static const std::string sql = "UPDATE journal_owner SET commits = commits + 1, lease_until = " + lease_sql() +
                                 " WHERE number = $1 AND commits = $2";
  PostgresQuery query(sql, PostgresQuery::Use::kept);
  const auto rows = connection_->run(query.integer(owner_).integer(commits_));
  if (!rows) return std::unexpected(rows.error());
  if (rows->changed() == 1) return {};
  connection_.reset();
  return fail(RuntimeErrorCode::storage_unavailable, "the store " + address_.shown + " no longer knows this process",
              address_.shown);
}

// Tells readers elsewhere. A note of its own, after the commit and never waited for by the disk: the server has one
// lock for all who notify, which a commit would hold while it syncs. A note that is lost costs its readers a second.
void PostgresCommits::tell(const std::vector<Job>& group) {
  std::set<std::string> ids;
  for (const Job& job : group) {
    if (job.run_id) ids.insert(job.run_id->str());
  }
  if (ids.empty()) return;
  std::string payload;
  for (const std::string& id : ids) payload += (payload.empty() ? "" : ",") + id;
  PostgresQuery query("SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)",
                      PostgresQuery::Use::kept);
  static_cast<void>(connection_->run(query.text(channel_).text(payload)));
}

// False when the store is being closed.
bool PostgresCommits::pause(milliseconds patience) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, patience, [this] { return is_stopping_; });
}

boost::asio::awaitable<Result<void>> commit_change(std::shared_ptr<PostgresCommits> commits, PostgresChange change,
                                                   std::uint64_t bytes, RunId run_id) {
  const auto refusal = std::make_shared<std::optional<Error>>();
  PostgresCommits::Work work = [refusal, change = std::move(change)](PostgresWriting& to) -> Result<void> {
    const auto changed = change(to);
    if (!changed) return std::unexpected(changed.error());
    *refusal = changed->reason;
    return {};
  };
  Result<void> done = co_await commits->commit(std::move(work), bytes, run_id);
  if (done && *refusal) co_return std::unexpected(**refusal);
  co_return done;
}

}  // namespace orchestrator::harness::journal
