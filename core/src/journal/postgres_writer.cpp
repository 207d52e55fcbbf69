// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_writer.hpp"

#include <utility>

#include "journal/jsonl_writer.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

PostgresWriter::PostgresWriter(std::shared_ptr<PostgresCommits> commits, std::shared_ptr<PostgresHold> hold,
                               std::shared_ptr<RunSignal> signal)
    : commits_(std::move(commits)),
      hold_(std::move(hold)),
      signal_(std::move(signal)),
      step_(hold_->run().steps),
      seq_(hold_->run().events) {
  signal_->written(seq_);
}

PostgresWriter::~PostgresWriter() {
  if (!reason_) signal_->released();
}

// From here on this process knows no better than others what the run holds.
std::unexpected<Error> PostgresWriter::give_up(const Error& reason) {
  if (!reason_) signal_->released();
  reason_ = reason;
  return std::unexpected(reason);
}

asio::awaitable<Result<void>> PostgresWriter::commit(PostgresChange change, std::uint64_t bytes) {
  const Result<void> done = co_await commit_change(commits_, std::move(change), bytes, hold_->run().run_id);
  if (!done) co_return give_up(done.error());
  co_return done;
}

asio::awaitable<Result<void>> PostgresWriter::append(std::shared_ptr<const JournalLine> line) {
  if (reason_) co_return std::unexpected(*reason_);
  if (auto reason = reason_to_refuse(*line, step_, seq_)) co_return std::unexpected(*std::move(reason));
  const TakenRun run = hold_->run();
  PostgresChange change = [run, line](PostgresWriting& to) { return to.append(run.lease, run.run_id, *line); };
  Result<void> done = co_await commit(std::move(change), line->bytes.size());
  if (!done) co_return done;
  step_ = line->step;
  seq_ = line->last_seq;
  signal_->written(seq_);
  co_return done;
}

asio::awaitable<Result<void>> PostgresWriter::sync() {
  if (reason_) co_return std::unexpected(*reason_);
  co_return Result<void>();
}

asio::awaitable<Result<void>> PostgresWriter::put_blob(SharedBytes bytes) {
  if (reason_) co_return std::unexpected(*reason_);
  if (!bytes.is_loaded()) {
    co_return fail(RuntimeErrorCode::invalid_argument, "content " + bytes.hash().str() + " has no bytes to store");
  }
  const TakenRun run = hold_->run();
  const std::uint64_t size = bytes.size_bytes();
  PostgresChange change = [run, bytes = std::move(bytes)](PostgresWriting& to) {
    return to.put_blob(run.lease, run.run_id, bytes);
  };
  co_return co_await commit(std::move(change), size);
}

}  // namespace orchestrator::harness::journal
