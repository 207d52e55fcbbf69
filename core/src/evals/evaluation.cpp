// SPDX-License-Identifier: Apache-2.0
#include "evals/evaluation.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <list>
#include <map>
#include <utility>

#include "evals/results_file.hpp"
#include "runtime/wakeup.hpp"

namespace orchestrator::harness::evals {
namespace {

namespace asio = boost::asio;

/// A file and the records in it, opened where blocking is allowed.
struct OpenedResults {
  std::optional<ResultsFile> file;
  std::map<Hash, EvalRecord> there;     // of the file
  std::map<Hash, EvalRecord> reusable;  // of others
};

asio::awaitable<Result<OpenedResults>> open_results(std::shared_ptr<const EvaluationSetting> setting) {
  OpenedResults opened;
  const EvalConfig& config = setting->config;
  for (const std::string& path : config.reuse) {
    auto earlier = load_eval_results(path);
    if (!earlier) co_return std::unexpected(earlier.error());
    for (EvalRecord& record : earlier->records) {
      if (record.status == EvalStatus::scored) opened.reusable[record.key] = std::move(record);
    }
  }
  if (config.results_file.empty()) co_return opened;
  auto file = ResultsFile::open(config.results_file, setting->header);
  if (!file) co_return std::unexpected(file.error());
  for (const EvalRecord& record : file->records()) {
    if (!config.retry_failed || record.status == EvalStatus::scored) opened.there[record.key] = record;
  }
  opened.file.emplace(*std::move(file));
  co_return opened;
}

asio::awaitable<Result<void>> append_line(ResultsFile* file, std::string line) { co_return file->append(line); }

bool is_passed(const EvalRecord& record) {
  return record.status == EvalStatus::scored && std::ranges::all_of(record.scores, [](const ScoreRecord& entry) {
           return entry.score && entry.score->passed;
         });
}

// With a handle of its own: the worker may be gone before the abort is answered.
asio::awaitable<Result<void>> abort_run(ControlHandle run) {
  AbortOptions options;
  options.by = "eval";
  Result<void> aborted = co_await run.async_abort(std::move(options));
  co_return aborted;
}

class Evaluation : public std::enable_shared_from_this<Evaluation> {
 public:
  explicit Evaluation(std::shared_ptr<const EvaluationSetting> setting) : setting_(std::move(setting)) {
    plan_ = plan_of(setting_->dataset, setting_->config.epochs, setting_->header.config.text);
    records_.resize(plan_.size());
    progress_.total = plan_.size();
  }

  /// Finds what is there, and takes over what may be reused.
  asio::awaitable<Result<void>> open() {
    auto opening = open_results(setting_);
    auto opened = co_await asio::co_spawn(disk_, std::move(opening), asio::use_awaitable);
    if (!opened) co_return std::unexpected(opened.error());
    if (opened->file) file_.emplace(*std::move(opened->file));
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      const auto there = opened->there.find(plan_[i].key);
      const auto reusable = opened->reusable.find(plan_[i].key);
      if (there != opened->there.end()) {
        count(i, there->second);
      } else if (reusable != opened->reusable.end()) {
        EvalRecord record = reusable->second;
        record.case_id = plan_[i].test_case->id;
        record.place = plan_[i].place;
        record.tags = plan_[i].test_case->tags;
        record.reused = true;
        Result<void> kept = co_await keep(i, std::move(record));
        if (!kept) co_return kept;
      } else {
        todo_.push_back(i);
      }
    }
    co_return Result<void>();
  }

  void begin() {
    const std::size_t wanted = std::min<std::size_t>(setting_->config.concurrency, todo_.size());
    running_ = wanted;
    for (std::size_t i = 0; i < wanted; ++i) {
      workers_.emplace_back();
      Worker* worker = &workers_.back();
      auto done = [self = shared_from_this()](std::exception_ptr thrown) { self->end_worker(thrown); };
      asio::co_spawn(setting_->harness->executor(), work(shared_from_this(), worker),
                     asio::bind_cancellation_slot(worker->cancel.slot(), std::move(done)));
    }
  }

  /// No case is begun any more, and those under way end soon.
  void stop() {
    is_stopping_ = true;
    for (Worker& worker : workers_) {
      worker.watch.is_stopping = true;
      if (worker.watch.run) {
        // The run's own end tells the rest.
        asio::co_spawn(setting_->harness->executor(), abort_run(*worker.watch.run),
                       [](std::exception_ptr, const Result<void>&) {});
      } else if (worker.watch.is_scoring) {
        worker.cancel.emit(asio::cancellation_type::terminal);
      }
    }
  }

  [[nodiscard]] bool is_busy() const { return running_ > 0; }
  asio::awaitable<void> finished() { return done_.wait(); }

  [[nodiscard]] Result<EvalResults> results() {
    if (error_) return std::unexpected(*error_);
    if (thrown_) std::rethrow_exception(thrown_);
    EvalResults results;
    results.header = setting_->header;
    for (std::optional<EvalRecord>& record : records_) {
      if (record) results.records.push_back(*std::move(record));
    }
    if (!results.is_complete()) {
      return fail(RuntimeErrorCode::cancelled,
                  "the evaluation was stopped after " + std::to_string(results.records.size()) + " of " +
                      std::to_string(plan_.size()) + " records",
                  setting_->config.results_file);
    }
    return results;
  }

 private:
  struct Worker {
    CaseWatch watch;
    asio::cancellation_signal cancel;
  };

  static asio::awaitable<void> work(std::shared_ptr<Evaluation> self, Worker* worker) {
    while (!self->is_stopping_ && self->next_ < self->todo_.size()) {
      const std::size_t index = self->todo_[self->next_++];
      auto record = co_await run_case(self->setting_.get(), self->plan_[index], &worker->watch);
      Result<void> kept;
      if (record) {
        kept = co_await self->keep(index, *std::move(record));
      } else {
        kept = std::unexpected(record.error());
      }
      if (kept) continue;
      if (!self->is_stopping_ && !self->error_) self->error_ = kept.error();
      self->stop();
    }
  }

  void end_worker(const std::exception_ptr& thrown) {
    if (thrown && !is_stopping_) {
      thrown_ = thrown;
      stop();
    }
    running_ -= 1;
    if (running_ == 0) done_.notify();
  }

  asio::awaitable<Result<void>> keep(std::size_t index, EvalRecord record) {
    if (file_) {
      auto appending = append_line(&*file_, json_of(record));
      Result<void> written = co_await asio::co_spawn(disk_, std::move(appending), asio::use_awaitable);
      if (!written) co_return written;
    }
    count(index, std::move(record));
    co_return Result<void>();
  }

  void count(std::size_t index, EvalRecord record) {
    progress_.done += 1;
    progress_.passed += is_passed(record) ? 1 : 0;
    progress_.failed_runs += record.status == EvalStatus::run_failed ? 1 : 0;
    if (record.cost_micro_usd) {
      progress_.cost_micro_usd.known += *record.cost_micro_usd;
    } else {
      progress_.cost_micro_usd.unknown += 1;
    }
    records_[index] = std::move(record);
    if (setting_->progress) setting_->progress(progress_);
  }

  std::shared_ptr<const EvaluationSetting> setting_;  // shared with the coroutines at work
  std::vector<PlannedCase> plan_;                     // points into the setting's dataset
  std::vector<std::optional<EvalRecord>> records_;    // by place in the plan
  std::vector<std::size_t> todo_;
  std::size_t next_ = 0;
  std::list<Worker> workers_;
  std::size_t running_ = 0;
  bool is_stopping_ = false;
  runtime::Wakeup done_;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
  EvalProgress progress_;
  std::optional<ResultsFile> file_;
  asio::thread_pool disk_{1};  // joined before the file goes
};

}  // namespace

asio::awaitable<Result<EvalResults>> run_evaluation(std::shared_ptr<const EvaluationSetting> setting,
                                                    std::stop_token stop) {
  auto evaluation = std::make_shared<Evaluation>(setting);
  Result<void> opened = co_await evaluation->open();
  if (!opened) co_return std::unexpected(opened.error());
  const auto executor = setting->harness->executor();
  const std::weak_ptr<Evaluation> weak = evaluation;
  const auto stop_soon = [weak, executor] {
    asio::post(executor, [weak] {
      if (const auto found = weak.lock()) found->stop();
    });
  };
  evaluation->begin();
  const std::stop_callback on_stop(stop, stop_soon);
  bool is_cancelled = false;
  try {
    if (evaluation->is_busy()) co_await evaluation->finished();
  } catch (const boost::system::system_error&) {
    is_cancelled = true;
  }
  if (is_cancelled) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    evaluation->stop();
    if (evaluation->is_busy()) co_await evaluation->finished();
  }
  co_return evaluation->results();
}

}  // namespace orchestrator::harness::evals
