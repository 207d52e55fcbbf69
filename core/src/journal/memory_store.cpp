// SPDX-License-Identifier: Apache-2.0
#include "journal/memory_store.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "event/content_references.hpp"
#include "journal/jsonl_writer.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_summary.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

class MemoryWriter final : public RunWriter {
 public:
  MemoryWriter(std::shared_ptr<MemoryContents> contents, std::shared_ptr<ByteBudget> budget,
               std::shared_ptr<MemoryRun> run)
      : contents_(std::move(contents)), budget_(std::move(budget)), run_(std::move(run)) {
    if (!run_->lines.empty()) {
      step_ = run_->lines.back()->step;
      seq_ = run_->lines.back()->last_seq;
    }
    run_->signal.written(seq_);
  }
  ~MemoryWriter() override {
    contents_->let_go(put_);
    {
      const std::lock_guard lock(run_->mutex);
      run_->is_held = false;
    }
    run_->signal.released();
  }

  asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override {
    co_return keep(std::move(line));
  }
  asio::awaitable<Result<void>> sync() override {
    if (failed_) co_return std::unexpected(*failed_);
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override {
    if (failed_) co_return std::unexpected(*failed_);
    co_return contents_->put(bytes, put_);
  }
  [[nodiscard]] std::uint64_t epoch() const override {
    const std::lock_guard lock(run_->mutex);
    return run_->epoch;
  }

 private:
  Result<void> keep(std::shared_ptr<const JournalLine> line) {
    if (failed_) return std::unexpected(*failed_);
    if (auto reason = reason_to_refuse(*line, step_, seq_)) return std::unexpected(*std::move(reason));
    if (auto taken = budget_->take(line->bytes.size()); !taken) {
      failed_ = taken.error();
      return taken;
    }
    step_ = line->step;
    seq_ = line->last_seq;
    {
      const std::lock_guard lock(run_->mutex);
      run_->bytes += line->bytes.size() + 1;  // as in a file, line ends included
      run_->lines.push_back(std::move(line));
    }
    run_->signal.written(seq_);
    return {};
  }

  std::shared_ptr<MemoryContents> contents_;
  std::shared_ptr<ByteBudget> budget_;
  std::shared_ptr<MemoryRun> run_;
  std::uint64_t step_ = 0;
  std::uint64_t seq_ = 0;
  std::set<Hash> put_;  // that a line to come may refer to
  std::optional<Error> failed_;
};

// Not in the store's list until it is published.
class MemoryStagedRun final : public StagedRun {
 public:
  MemoryStagedRun(MemoryStore* store, RunId run_id, std::uint64_t replaced_events,
                  std::shared_ptr<MemoryContents> contents, std::shared_ptr<ByteBudget> budget,
                  std::shared_ptr<MemoryRun> run)
      : store_(store),
        run_id_(run_id),
        replaced_events_(replaced_events),
        budget_(budget),
        run_(run),
        writer_(std::move(contents), std::move(budget), std::move(run)) {}
  ~MemoryStagedRun() override {
    if (!is_published_) budget_->give_back(run_->bytes - run_->lines.size());
  }

  asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) override {
    return writer_.append(std::move(line));
  }
  asio::awaitable<Result<void>> put_blob(SharedBytes bytes) override { return writer_.put_blob(std::move(bytes)); }
  asio::awaitable<Result<void>> publish() override {
    Result<void> done = store_->publish(run_id_, run_, replaced_events_);
    is_published_ = done.has_value();
    co_return done;
  }

 private:
  MemoryStore* store_;
  RunId run_id_;
  std::uint64_t replaced_events_;
  std::shared_ptr<ByteBudget> budget_;
  std::shared_ptr<MemoryRun> run_;
  MemoryWriter writer_;
  bool is_published_ = false;
};

std::unexpected<Error> exists_already(const RunId& run_id) {
  return fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " exists already", run_id.str());
}

std::unexpected<Error> held_here(const RunId& run_id) {
  return fail(RuntimeErrorCode::run_locked, "run " + run_id.str() + " is held by process " + this_process().pid,
              run_id.str());
}

}  // namespace

MemoryStore::MemoryStore(std::uint64_t bytes_max)
    : budget_(std::make_shared<ByteBudget>(bytes_max)), contents_(std::make_shared<MemoryContents>(budget_)) {}

Result<std::shared_ptr<MemoryRun>> MemoryStore::find(const RunId& run_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return run_not_found(run_id);
  return found->second;
}

asio::awaitable<Result<std::unique_ptr<RunWriter>>> MemoryStore::create(RunId run_id, SessionId session_id) {
  auto run = std::make_shared<MemoryRun>();
  run->session_id = session_id;
  run->is_held = true;
  const Result<void> published = publish(run_id, run);
  if (!published) co_return std::unexpected(published.error());
  co_return std::make_unique<MemoryWriter>(contents_, budget_, std::move(run));
}

Result<void> MemoryStore::publish(const RunId& run_id, std::shared_ptr<MemoryRun> run, std::uint64_t replaced_events) {
  std::shared_ptr<MemoryRun> replaced;
  {
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = runs_.try_emplace(run_id, run);
    if (is_new && replaced_events == 0) return {};
    if (is_new) {
      runs_.erase(place);
      return changed_meanwhile(run_id);
    }
    if (replaced_events == 0) return exists_already(run_id);
    const std::lock_guard run_lock(place->second->mutex);
    if (place->second->is_held) return held_here(run_id);
    if (!place->second->damage.empty()) return run_quarantined(run_id, place->second->damage);
    const auto& lines = place->second->lines;
    if (lines.empty() || lines.back()->last_seq != replaced_events) return changed_meanwhile(run_id);
    place->second->is_held = true;  // so that nobody opens what is going
    run->epoch = place->second->epoch;
    replaced = std::exchange(place->second, std::move(run));
  }
  budget_->give_back(replaced->bytes - replaced->lines.size());
  replaced->signal.notify();
  return {};
}

asio::awaitable<Result<std::unique_ptr<StagedRun>>> MemoryStore::stage(RunId run_id, SessionId session_id,
                                                                       Staging staging) {
  if (staging.replaced_events == 0 && find(run_id)) co_return exists_already(run_id);
  auto run = std::make_shared<MemoryRun>();
  run->session_id = session_id;
  run->is_held = true;
  run->is_imported = staging.is_imported;
  co_return std::make_unique<MemoryStagedRun>(this, run_id, staging.replaced_events, contents_, budget_,
                                              std::move(run));
}

asio::awaitable<Result<OpenedRun>> MemoryStore::open(RunId run_id) {
  auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  {
    const std::lock_guard lock((*run)->mutex);
    if ((*run)->is_held) co_return held_here(run_id);
    if (!(*run)->damage.empty()) co_return run_quarantined(run_id, (*run)->damage);
    (*run)->is_held = true;
  }
  co_return OpenedRun{std::make_unique<MemoryWriter>(contents_, budget_, *std::move(run)), 0};
}

asio::awaitable<Result<std::vector<JournalLine>>> MemoryStore::read(RunId run_id, std::uint64_t after_seq,
                                                                    std::uint64_t bytes_max) {
  const auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  std::vector<JournalLine> page;
  const std::lock_guard lock((*run)->mutex);
  const auto& lines = (*run)->lines;
  std::uint64_t bytes = 0;
  for (auto line = std::ranges::upper_bound(lines, after_seq, {}, &JournalLine::last_seq); line != lines.end();
       ++line) {
    bytes += (*line)->bytes.size();
    if (!page.empty() && bytes > bytes_max) break;
    page.push_back(**line);
  }
  co_return page;
}

asio::awaitable<Result<bool>> MemoryStore::wait(RunId run_id, std::uint64_t after_seq,
                                                std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto run = find(run_id);
    if (!run) co_return std::unexpected(run.error());
    const std::uint64_t seen = (*run)->signal.version();
    bool is_there = false;
    {
      const std::lock_guard lock((*run)->mutex);
      is_there = !(*run)->lines.empty() && (*run)->lines.back()->last_seq > after_seq;
    }
    if (is_there) co_return true;
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    if (!co_await (*run)->signal.changed(seen, deadline)) {
      co_return fail(RuntimeErrorCode::cancelled, "the wait for more events was cancelled");
    }
  }
}

asio::awaitable<Result<std::vector<RunSummary>>> MemoryStore::list(RunFilter filter) {
  if (auto checked = check_filter(filter); !checked) co_return std::unexpected(checked.error());
  std::vector<std::pair<RunId, std::shared_ptr<MemoryRun>>> candidates;
  {
    const std::lock_guard lock(mutex_);
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
      if (passes_id(filter, run->first)) candidates.emplace_back(run->first, run->second);
    }
  }
  std::vector<RunSummary> runs;
  for (const auto& [run_id, run] : candidates) {
    const std::lock_guard lock(run->mutex);
    if (run->lines.empty() || (filter.session_id && *filter.session_id != run->session_id)) continue;
    RunSummary one = summarise({run_id, run->lines.front()->bytes, run->lines.back()->bytes, run->bytes, run->is_held});
    one.damaged = one.damaged || !run->damage.empty();
    one.imported = run->is_imported;
    if (passes_status(filter, one)) runs.push_back(std::move(one));
    if (runs.size() == filter.limit) break;
  }
  co_return runs;
}

asio::awaitable<Result<std::uint64_t>> MemoryStore::epoch(RunId run_id) {
  const auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  const std::lock_guard lock((*run)->mutex);
  co_return (*run)->epoch;
}

asio::awaitable<Result<std::string>> MemoryStore::damage(RunId run_id) {
  const auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  const std::lock_guard lock((*run)->mutex);
  co_return (*run)->damage;
}

asio::awaitable<Result<void>> MemoryStore::set_damage(RunId run_id, std::string what) {
  const auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  const std::lock_guard lock((*run)->mutex);
  if (what.empty() || (*run)->damage.empty()) (*run)->damage = damage_text(what);
  co_return Result<void>();
}

Result<void> MemoryStore::put_in_place(MemoryRun& run, const RunId& run_id, const RunRewrite& rewrite) {
  LineRewrite form(run_id, &rewrite);
  std::vector<std::shared_ptr<const JournalLine>> lines;
  {
    const std::lock_guard lock(run.mutex);
    if (run.is_held) return held_here(run_id);
    for (const auto& line : run.lines) {
      auto next = form.next(line->bytes);
      if (!next) return std::unexpected(next.error());
      lines.push_back(std::make_shared<const JournalLine>(*std::move(next)));
      if (form.is_done()) break;
    }
    if (!form.is_done()) return form.too_short();
    if (auto taken = budget_->take(form.bytes() - lines.size()); !taken) return taken;
    budget_->give_back(run.bytes - run.lines.size());
    run.lines = std::move(lines);
    run.bytes = form.bytes();
    run.damage.clear();
    ++run.epoch;
  }
  drop_unused(form.dropped());
  run.signal.notify();
  return {};
}

// Content that no line refers to any more goes.
void MemoryStore::drop_unused(MemoryContents::Sizes contents) {
  contents_->drop(std::move(contents), [this](MemoryContents::Sizes& left) {
    const std::lock_guard lock(mutex_);
    for (const auto& [run_id, run] : runs_) {
      MemoryContents::Sizes used;
      const std::lock_guard run_lock(run->mutex);
      for (const auto& line : run->lines) event::collect_references(line->bytes, used);
      for (const auto& [hash, size_bytes] : used) left.erase(hash);
    }
  });
}

asio::awaitable<Result<void>> MemoryStore::rewrite(RunId run_id, RunRewrite rewrite) {
  const auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  co_return put_in_place(**run, run_id, rewrite);
}

asio::awaitable<Result<SharedBytes>> MemoryStore::blob(Hash hash) { co_return contents_->get(hash); }

asio::awaitable<Result<void>> MemoryStore::remove(RunId run_id) {
  auto run = find(run_id);
  if (!run) co_return std::unexpected(run.error());
  std::uint64_t line_ends = 0;
  MemoryContents::Sizes contents;
  {
    const std::lock_guard lock((*run)->mutex);
    if ((*run)->is_held) co_return held_here(run_id);
    (*run)->is_held = true;  // so that nobody opens what is going
    line_ends = (*run)->lines.size();
    for (const auto& line : (*run)->lines) event::collect_references(line->bytes, contents);
  }
  {
    const std::lock_guard lock(mutex_);
    runs_.erase(run_id);
  }
  budget_->give_back((*run)->bytes - line_ends);
  drop_unused(std::move(contents));
  (*run)->signal.notify();
  co_return Result<void>();
}

}  // namespace orchestrator::harness::journal
