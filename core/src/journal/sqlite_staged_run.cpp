// SPDX-License-Identifier: Apache-2.0
#include "journal/sqlite_staged_run.hpp"

#include <string>
#include <utility>

#include "journal/jsonl_writer.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

SqliteStagedRun::SqliteStagedRun(std::shared_ptr<SqliteFile> file, std::shared_ptr<CommitThread> commits,
                                 const RunRow& run)
    : file_(std::move(file)), commits_(std::move(commits)), run_id_(run.run_id), number_(run.number) {}

// What is not published is swept away when the next run is staged.
SqliteStagedRun::~SqliteStagedRun() { commits_->let_go(number_); }

asio::awaitable<Result<void>> SqliteStagedRun::append(std::shared_ptr<const JournalLine> line) {
  if (auto reason = commits_->failed()) co_return std::unexpected(*std::move(reason));
  const std::uint64_t step = last_ ? last_->step : 0;
  const std::uint64_t seq = last_ ? last_->last_seq : 0;
  if (auto reason = reason_to_refuse(*line, step, seq)) co_return std::unexpected(*std::move(reason));
  if (line->last_seq > kSeqMax) {
    co_return fail(RuntimeErrorCode::limit_exceeded, "event " + std::to_string(line->last_seq) + " of a run; at most " +
                                                         std::to_string(kSeqMax) + " are stored");
  }
  CommitThread::Work work = [number = number_, line](RunWriting& writing) { return writing.insert(number, *line); };
  Result<void> done = co_await commits_->commit(std::move(work), line->bytes.size());
  if (!done) co_return done;
  last_ = std::move(line);
  bytes_ += last_->bytes.size() + 1;
  co_return done;
}

asio::awaitable<Result<void>> SqliteStagedRun::put_blob(SharedBytes bytes) {
  if (auto reason = commits_->failed()) co_return std::unexpected(*std::move(reason));
  const std::uint64_t size = bytes.size_bytes();
  CommitThread::Work work = [number = number_, bytes = std::move(bytes)](RunWriting& writing) {
    return writing.put_blob(number, bytes);
  };
  co_return co_await commits_->commit(std::move(work), size);
}

asio::awaitable<Result<void>> SqliteStagedRun::publish() {
  if (!last_) co_return fail(RuntimeErrorCode::invalid_argument, "a run without lines cannot be published");
  CommitThread::Work work = [number = number_, last = last_, bytes = bytes_](RunWriting& writing) {
    return writing.show(number, *last, bytes);
  };
  Result<void> done = co_await commits_->commit(std::move(work), 0);
  if (!done) co_return done;
  done = co_await commits_->sync();
  if (const auto signal = file_->signals().find(run_id_)) signal->notify();
  co_return done;
}

}  // namespace orchestrator::harness::journal
