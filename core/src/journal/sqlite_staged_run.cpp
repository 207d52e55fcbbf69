// SPDX-License-Identifier: Apache-2.0
#include "journal/sqlite_staged_run.hpp"

#include <optional>
#include <string>
#include <utility>

#include "journal/jsonl_writer.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_lock.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

// The run that is to be replaced, or why it cannot be.
struct Replaced {
  std::optional<RunRow> row;
  std::optional<Error> refusal;
};

Result<Replaced> find_replaced(RunWriting& writing, const CommitThread& commits, const RunId& run_id,
                               std::uint64_t events) {
  auto row = find_run(writing.connection(), run_id);
  if (!row && row.error().code != name_of(RuntimeErrorCode::run_not_found)) return std::unexpected(row.error());
  if (!row || row->events != events) return Replaced{{}, changed_meanwhile(run_id).error()};
  if (!row->damage.empty()) return Replaced{{}, run_quarantined(run_id, row->damage).error()};
  if (!commits.is_held(row->number)) return Replaced{*std::move(row), {}};
  return Replaced{{},
                  fail(RuntimeErrorCode::run_locked,
                       "run " + run_id.str() + " is held by process " + this_process().pid, run_id.str())
                      .error()};
}

}  // namespace

SqliteStagedRun::SqliteStagedRun(std::shared_ptr<SqliteFile> file, std::shared_ptr<CommitThread> commits,
                                 std::int64_t number, RunId run_id, Staging staging)
    : file_(std::move(file)), commits_(std::move(commits)), number_(number), run_id_(run_id), staging_(staging) {}

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
  // What concerns this run alone must not fail what is committed with it.
  const auto refusal = std::make_shared<std::optional<Error>>();
  CommitThread::Work work = [refusal, number = number_, run_id = run_id_, staging = staging_, last = last_,
                             bytes = bytes_, commits = commits_.get()](RunWriting& writing) -> Result<void> {
    if (staging.replaced_events > 0) {
      const auto replaced = find_replaced(writing, *commits, run_id, staging.replaced_events);
      if (!replaced) return std::unexpected(replaced.error());
      if (!replaced->row) {
        *refusal = replaced->refusal;
        return {};
      }
      if (auto done = writing.replace(*replaced->row, number); !done) return done;
    }
    if (staging.is_imported) {
      if (auto marked = writing.set_imported(number); !marked) return marked;
    }
    return writing.show(number, *last, bytes);
  };
  Result<void> done = co_await commits_->commit(std::move(work), 0);
  if (done && *refusal) co_return std::unexpected(**refusal);
  if (!done) co_return done;
  done = co_await commits_->sync();
  if (const auto signal = file_->signals().find(run_id_)) signal->notify();
  co_return done;
}

}  // namespace orchestrator::harness::journal
