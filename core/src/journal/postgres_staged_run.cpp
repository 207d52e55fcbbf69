// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_staged_run.hpp"

#include <utility>

#include "journal/jsonl_writer.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

PostgresStagedRun::PostgresStagedRun(std::shared_ptr<PostgresCommits> commits, std::shared_ptr<PostgresHold> hold,
                                     RunId run_id, Staging staging, std::shared_ptr<RunSignal> signal)
    : commits_(std::move(commits)),
      hold_(std::move(hold)),
      run_id_(run_id),
      staging_(staging),
      signal_(std::move(signal)) {}

asio::awaitable<Result<void>> PostgresStagedRun::append(std::shared_ptr<const JournalLine> line) {
  const std::uint64_t step = last_ ? last_->step : 0;
  const std::uint64_t seq = last_ ? last_->last_seq : 0;
  if (auto reason = reason_to_refuse(*line, step, seq)) co_return std::unexpected(*std::move(reason));
  PostgresChange change = [run = hold_->run(), line](PostgresWriting& to) {
    return to.insert(run.lease, run.run_id, *line);
  };
  Result<void> done = co_await commit_change(commits_, std::move(change), line->bytes.size(), run_id_);
  if (!done) co_return done;
  last_ = std::move(line);
  bytes_ += last_->bytes.size() + 1;
  co_return done;
}

asio::awaitable<Result<void>> PostgresStagedRun::put_blob(SharedBytes bytes) {
  if (!bytes.is_loaded()) {
    co_return fail(RuntimeErrorCode::invalid_argument, "content " + bytes.hash().str() + " has no bytes to store");
  }
  const std::uint64_t size = bytes.size_bytes();
  PostgresChange change = [run = hold_->run(), bytes = std::move(bytes)](PostgresWriting& to) {
    return to.put_blob(run.lease, run.run_id, bytes);
  };
  co_return co_await commit_change(commits_, std::move(change), size, run_id_);
}

asio::awaitable<Result<void>> PostgresStagedRun::publish() {
  if (!last_) co_return fail(RuntimeErrorCode::invalid_argument, "a run without lines cannot be published");
  PostgresChange change = [lease = hold_->run().lease, run_id = run_id_, staging = staging_, last = last_,
                           bytes = bytes_](PostgresWriting& to) {
    return to.show(lease, run_id, {*last, bytes, staging});
  };
  Result<void> done = co_await commit_change(commits_, std::move(change), 0, run_id_);
  if (done) signal_->notify();
  co_return done;
}

}  // namespace orchestrator::harness::journal
