// SPDX-License-Identifier: Apache-2.0
#include "journal/sqlite_writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "journal/jsonl_writer.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

SqliteWriter::SqliteWriter(std::shared_ptr<SqliteFile> file, std::shared_ptr<CommitThread> commits, const RunRow& run)
    : file_(std::move(file)),
      commits_(std::move(commits)),
      signal_(file_->signals().of(run.run_id)),
      number_(run.number),
      epoch_(run.epoch),
      step_(run.steps),
      seq_(run.events) {
  signal_->written(seq_);
}

SqliteWriter::~SqliteWriter() {
  commits_->let_go(number_);
  signal_->released();
}

std::optional<Error> SqliteWriter::reason_to_refuse_line(const JournalLine& line) const {
  if (auto reason = commits_->failed()) return reason;
  if (auto reason = reason_to_refuse(line, step_, seq_)) return reason;
  if (line.last_seq <= kSeqMax) return std::nullopt;
  return RuntimeError{
      RuntimeErrorCode::limit_exceeded,
      "event " + std::to_string(line.last_seq) + " of a run; at most " + std::to_string(kSeqMax) + " are stored",
      {},
      {}};
}

asio::awaitable<Result<void>> SqliteWriter::append(std::shared_ptr<const JournalLine> line) {
  if (auto reason = reason_to_refuse_line(*line)) co_return std::unexpected(*std::move(reason));
  CommitThread::Work work = [number = number_, line](RunWriting& writing) { return writing.append(number, *line); };
  Result<void> done = co_await commits_->commit(std::move(work), line->bytes.size());
  if (!done) co_return done;
  step_ = line->step;
  seq_ = line->last_seq;
  ++writes_;
  signal_->written(seq_);
  co_return done;
}

asio::awaitable<Result<void>> SqliteWriter::sync() {
  if (auto reason = commits_->failed()) co_return std::unexpected(*std::move(reason));
  const std::uint64_t writes = writes_;
  if (synced_writes_ == writes) co_return Result<void>();
  Result<void> done = co_await commits_->sync();
  if (done) synced_writes_ = std::max(synced_writes_, writes);
  co_return done;
}

asio::awaitable<Result<void>> SqliteWriter::put_blob(SharedBytes bytes) {
  if (auto reason = commits_->failed()) co_return std::unexpected(*std::move(reason));
  if (!bytes.is_loaded()) {
    co_return fail(RuntimeErrorCode::invalid_argument, "content " + bytes.hash().str() + " has no bytes to store");
  }
  const std::uint64_t size = bytes.size_bytes();
  CommitThread::Work work = [number = number_, bytes = std::move(bytes)](RunWriting& writing) {
    return writing.put_blob(number, bytes);
  };
  Result<void> done = co_await commits_->commit(std::move(work), size);
  if (done) ++writes_;
  co_return done;
}

}  // namespace orchestrator::harness::journal
