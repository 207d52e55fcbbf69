// SPDX-License-Identifier: Apache-2.0
#include "journal/run_import.hpp"

#include <optional>
#include <utility>

#include "event/erasure.hpp"
#include "event/step.hpp"
#include "journal/export_reader.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_comparison.hpp"
#include "journal/run_verification.hpp"
#include "journal/store_capabilities.hpp"
#include "runtime/imported_run.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

using Relation = RunComparison::Relation;

constexpr std::uint64_t kPageBytes = 1ULL << 20;

std::string text_of(const event::JournalHead& head) {
  return std::to_string(head.seq) + " events with the head " + head.hash.str();
}

std::unexpected<Error> conflict(const RunId& run_id, const event::JournalHead& ours, const event::JournalHead& theirs,
                                const std::string& difference) {
  return fail(RuntimeErrorCode::precondition_failed,
              "the store has another run " + run_id.str() + difference + ": here it has " + text_of(ours) +
                  ", what is to be stored has " + text_of(theirs),
              run_id.str());
}

// Whether what was said in a run of the store is gone: its first event, which holds the input, tells.
asio::awaitable<Result<bool>> is_erased_in(std::shared_ptr<JournalStore> store, RunId run_id) {
  const auto page = co_await store->read(run_id, 0, 1);
  if (!page) co_return std::unexpected(page.error());
  if (page->empty()) co_return false;
  const auto step = event::read_step(page->front().bytes);
  if (!step) co_return std::unexpected(step.error());
  co_return !step->events.empty() && event::is_erased(step->events.front());
}

asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(std::shared_ptr<JournalStore> store, RunId run_id,
                                                          SessionId session_id, Staging staging) {
  auto* staging_store = dynamic_cast<StagingStore*>(store.get());
  if (staging_store == nullptr) {
    co_return fail(RuntimeErrorCode::not_supported, "runs cannot be taken into the store " + store->url());
  }
  co_return co_await staging_store->stage(run_id, session_id, staging);
}

// Appends the lines of a stored run up to an event.
asio::awaitable<Result<void>> copy_lines(std::shared_ptr<JournalStore> from, RunId run_id, std::uint64_t to_seq,
                                         StagedRun* to) {
  for (std::uint64_t seq = 0; seq < to_seq;) {
    auto page = co_await from->read(run_id, seq, kPageBytes);
    if (!page) co_return std::unexpected(page.error());
    // Shorter, or in other lines.
    if (page->empty() || page->front().last_seq > to_seq) co_return changed_meanwhile(run_id);
    for (JournalLine& line : *page) {
      if (line.last_seq > to_seq) break;
      seq = line.last_seq;
      auto shared = std::make_shared<const JournalLine>(std::move(line));
      const Result<void> appended = co_await to->append(std::move(shared));
      if (!appended) co_return appended;
    }
  }
  co_return Result<void>();
}

std::shared_ptr<const JournalLine> line_of(ExportedStep step) {
  const LineNumbers& numbers = step.numbers;
  return std::make_shared<const JournalLine>(
      JournalLine{numbers.step, numbers.first_seq, numbers.last_seq, numbers.strict, std::move(step.bytes)});
}

// The second reading: one run after the other, each as it was compared. All are written before the first is shown.
class Import final {
 public:
  Import(std::shared_ptr<JournalStore> store, std::unique_ptr<ExportFile> file, std::vector<ExportedRun> compared,
         std::vector<ImportedRun> runs)
      : store_(std::move(store)), file_(std::move(file)), compared_(std::move(compared)), runs_(std::move(runs)) {}

  asio::awaitable<Result<std::vector<ImportedRun>>> run() {
    for (;;) {
      auto record = file_->next();
      if (!record) co_return std::unexpected(record.error());
      if (!*record) break;
      const Result<void> done = co_await take(*std::move(*record));
      if (!done) co_return std::unexpected(done.error());
    }
    for (const auto& staged : whole_) {
      const Result<void> shown = co_await staged->publish();
      if (!shown) co_return std::unexpected(shown.error());
    }
    co_return std::move(runs_);
  }

 private:
  asio::awaitable<Result<void>> take(ExportReader::Record record) {
    Result<void> done;
    if (const auto* run = std::get_if<ExportedRun>(&record)) done = co_await begin(*run);
    if (auto* step = std::get_if<ExportedStep>(&record); step != nullptr && staged_) {
      // What the store has of it already was taken from there.
      auto line = step->numbers.last_seq > runs_[next_ - 1].events_before ? line_of(std::move(*step)) : nullptr;
      if (line) done = co_await staged_->append(std::move(line));
    }
    if (const auto* content = std::get_if<SharedBytes>(&record); content != nullptr && staged_) {
      done = co_await staged_->put_blob(*content);
    }
    if (done && staged_ && file_->reader().is_run_whole()) whole_.push_back(std::move(staged_));
    co_return done;
  }

  asio::awaitable<Result<void>> begin(ExportedRun run) {
    if (next_ == runs_.size() || compared_[next_] != run) {
      co_return fail(RuntimeErrorCode::journal_damaged, "the file was changed while it was read", run.run_id.str());
    }
    const ImportedRun known = runs_[next_++];
    if (known.outcome != ImportOutcome::imported && known.outcome != ImportOutcome::continued) {
      co_return Result<void>();
    }
    const Staging staging{.replaced_events = known.events_before, .is_imported = true};
    auto staged = co_await stage(store_, run.run_id, run.session_id, staging);
    if (!staged) co_return std::unexpected(staged.error());
    staged_ = *std::move(staged);
    co_return co_await copy_lines(store_, run.run_id, known.events_before, staged_.get());
  }

  std::shared_ptr<JournalStore> store_;
  std::unique_ptr<ExportFile> file_;
  std::vector<ExportedRun> compared_;
  std::vector<ImportedRun> runs_;                  // what becomes of each
  std::size_t next_ = 0;                           // run of the file
  std::unique_ptr<StagedRun> staged_;              // none for a run that the store has already
  std::vector<std::unique_ptr<StagedRun>> whole_;  // written to their ends
};

ImportedRun outcome_of(const ExportedRun& run, const RunComparison& compared) {
  ImportedRun result{run.run_id, ImportOutcome::present, compared.head.seq, compared.head.seq};
  if (compared.relation == Relation::longer) result.outcome = ImportOutcome::longer;
  if (compared.relation == Relation::absent || compared.relation == Relation::shorter) {
    result.outcome = compared.relation == Relation::absent ? ImportOutcome::imported : ImportOutcome::continued;
    result.events = run.events;
  }
  return result;
}

// A run of which what was said is in one of the two alone is not put together.
asio::awaitable<Result<void>> check_erasure(std::shared_ptr<JournalStore> store, RunId run_id, ImportOutcome outcome,
                                            bool is_erased_in_file) {
  const auto is_erased_here = co_await is_erased_in(store, run_id);
  if (!is_erased_here) co_return std::unexpected(is_erased_here.error());
  if (*is_erased_here && !is_erased_in_file) {
    co_return fail(RuntimeErrorCode::precondition_failed,
                   "the store has run " + run_id.str() +
                       " without what was said in it, which this file has: delete it there first to take it in whole",
                   run_id.str());
  }
  if (outcome != ImportOutcome::continued || *is_erased_here || !is_erased_in_file) co_return Result<void>();
  co_return fail(RuntimeErrorCode::precondition_failed,
                 "the store has the beginning of run " + run_id.str() +
                     ", and this file goes on with it, but without what was said: export it without --redact",
                 run_id.str());
}

// Whether a run that the store has may have another one in its place.
asio::awaitable<Result<void>> check_free(std::shared_ptr<JournalStore> store, RunId run_id) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  const auto runs = co_await store->list(filter);
  if (!runs) co_return std::unexpected(runs.error());
  if (!runs->empty() && runs->front().held) {
    co_return fail(RuntimeErrorCode::run_locked, "run " + run_id.str() + " is held by a process, and cannot go on here",
                   run_id.str());
  }
  const std::string damage = co_await noted_damage(store, run_id);
  if (!damage.empty()) co_return run_quarantined(run_id, damage);
  co_return Result<void>();
}

// What becomes of each run of the file. What is in the way of a later one must not be found out after an earlier one
// was stored.
asio::awaitable<Result<std::vector<ImportedRun>>> plan_import(std::shared_ptr<JournalStore> store,
                                                              const ExportedFile* file, ExportPlace place) {
  const bool is_erased = file->header.is_erased || file->erased_events > 0;
  std::vector<ImportedRun> runs;
  for (const ExportedRun& run : file->runs) {
    const auto compared = co_await compare_run(store, run, place);
    if (!compared) co_return std::unexpected(compared.error());
    if (compared->relation == Relation::other) {
      const event::JournalHead theirs{run.steps, run.events, run.head};
      co_return conflict(run.run_id, compared->head, theirs,
                         ", which differs from event " + std::to_string(compared->differing_seq) + " on");
    }
    runs.push_back(outcome_of(run, *compared));
    if (compared->relation == Relation::absent) continue;
    Result<void> checked = co_await check_erasure(store, run.run_id, runs.back().outcome, is_erased);
    if (checked && runs.back().outcome == ImportOutcome::continued) checked = co_await check_free(store, run.run_id);
    if (!checked) co_return std::unexpected(checked.error());
  }
  co_return runs;
}

}  // namespace

Result<ExportedFile> check_export(ExportPlace place, std::vector<KnownHead> heads) {
  auto opened = ExportFile::open(std::move(place), std::move(heads));
  if (!opened) return std::unexpected(opened.error());
  const auto file = *std::move(opened);
  ExportedFile result;
  for (;;) {
    const auto record = file->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    if (const auto* header = std::get_if<ExportHeader>(&**record)) result.header = *header;
    if (const auto* run = std::get_if<ExportedRun>(&**record)) result.runs.push_back(*run);
    if (const auto* receipt = std::get_if<ExportReceipt>(&**record)) result.receipt = *receipt;
  }
  if (const RunCheck* check = file->reader().run_check()) {
    result.erased_events = check->erased_events();
    result.is_ended = check->is_ended();
  }
  return result;
}

asio::awaitable<Result<bool>> imported_in(std::shared_ptr<JournalStore> store, RunId run_id) {
  co_return co_await runtime::is_imported(std::move(store), run_id);
}

asio::awaitable<Result<std::vector<ImportedRun>>> import_runs(std::shared_ptr<JournalStore> store, ExportPlace place) {
  const auto checked = check_export(place);
  if (!checked) co_return std::unexpected(checked.error());
  auto runs = co_await plan_import(store, &*checked, place);
  if (!runs) co_return std::unexpected(runs.error());
  auto file = ExportFile::open(std::move(place));
  if (!file) co_return std::unexpected(file.error());
  Import import(std::move(store), *std::move(file), checked->runs, *std::move(runs));
  co_return co_await import.run();
}

asio::awaitable<Result<ImportedRun>> copy_run(std::shared_ptr<JournalStore> from, std::shared_ptr<JournalStore> to,
                                              RunId run_id) {
  RunCheck check(run_id);
  const Result<void> read = co_await check_lines(from, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  const event::JournalHead head = check.head();
  if (head.steps == 0) {
    co_return fail(RuntimeErrorCode::journal_damaged, "nothing of " + run_id.str() + " reads", run_id.str());
  }
  ImportedRun result{run_id, ImportOutcome::imported, 0, head.seq};
  const auto own = co_await stored_head(to, run_id);
  if (!own) co_return std::unexpected(own.error());
  if (*own) {
    const auto there = co_await head_at(to, run_id, head.seq);
    if (!there) co_return std::unexpected(there.error());
    if (!*there || **there != head) co_return conflict(run_id, **own, head, "");
    result.outcome = (*own)->seq == head.seq ? ImportOutcome::present : ImportOutcome::longer;
    result.events_before = result.events = (*own)->seq;
    co_return result;
  }
  const auto is_imported = co_await imported_in(from, run_id);
  if (!is_imported) co_return std::unexpected(is_imported.error());
  const Staging staging{.replaced_events = 0, .is_imported = *is_imported};
  auto staged = co_await stage(to, run_id, check.session_id().value_or(SessionId()), staging);
  if (!staged) co_return std::unexpected(staged.error());
  for (const auto& [hash, size_bytes] : check.contents()) {
    const auto content = co_await from->blob(hash);
    if (!content) continue;  // lost; who reads the copy is told so
    const Result<void> put = co_await (*staged)->put_blob(*content);
    if (!put) co_return std::unexpected(put.error());
  }
  Result<void> done = co_await copy_lines(from, run_id, head.seq, staged->get());
  if (done) done = co_await (*staged)->publish();
  if (!done) co_return std::unexpected(done.error());
  co_return result;
}

}  // namespace orchestrator::harness::journal
