// SPDX-License-Identifier: Apache-2.0
#include "journal/run_verification.hpp"

#include <functional>
#include <string>
#include <utility>

#include "event/erasure.hpp"
#include "journal/quarantine.hpp"
#include "runtime/run_lineage.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kPageBytes = 1ULL << 20;

bool is_code(const Error& error, RuntimeErrorCode code) { return error.code == name_of(code); }

asio::awaitable<Result<std::optional<RunSummary>>> summary_of(std::shared_ptr<JournalStore> store, RunId run_id) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  auto runs = co_await store->list(filter);
  if (!runs) co_return std::unexpected(runs.error());
  std::optional<RunSummary> found;
  if (!runs->empty()) found = std::move(runs->front());
  co_return found;
}

// What is behind the last good line: nothing, but for a line that is being written.
asio::awaitable<Result<void>> look_behind(std::shared_ptr<JournalStore> store, RunId run_id, RunCheck* check,
                                          bool* is_held, bool is_marked) {
  const auto summary = co_await summary_of(store, run_id);
  if (!summary) co_return std::unexpected(summary.error());
  if (!*summary) co_return Result<void>();
  const RunSummary& run = **summary;
  *is_held = run.held;
  if (run.held || !check->flaws().empty()) co_return Result<void>();
  const event::JournalHead& head = check->head();
  if (run.events > head.seq) {  // another process may have gone on with it since it was read
    const Result<void> read = co_await check_lines(store, run_id, check);
    if (!read) co_return std::unexpected(read.error());
    if (head.seq < run.events && check->flaws().empty())
      check->note("what is between here and event " + std::to_string(run.events) + " does not read");
    co_return Result<void>();
  }
  const std::string after = "after step " + std::to_string(head.steps) + ", event " + std::to_string(head.seq) + ": ";
  if (run.bytes > check->bytes()) {
    check->note_rest(after + std::to_string(run.bytes - check->bytes()) +
                     " bytes that are no whole line; the next process that writes the run cuts them off");
  } else if (head.steps == 0) {
    check->note(run_id.str() + " has no first step any more");
  } else if (run.bytes < check->bytes() || (run.damaged && !is_marked)) {
    check->note(after + "the store says that the run has " + std::to_string(run.bytes) + " bytes, and it has " +
                std::to_string(check->bytes()));
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::vector<Flaw>>> check_contents(std::shared_ptr<JournalStore> store, RunId run_id,
                                                          std::vector<std::pair<Hash, std::uint64_t>> contents) {
  std::vector<Flaw> flaws;
  for (const auto& [hash, size_bytes] : contents) {
    const auto content = co_await store->blob(hash);
    std::string what;
    if (!content && is_code(content.error(), RuntimeErrorCode::run_not_found)) {
      what = "the content " + hash.str() + " that it refers to is missing";
    } else if (!content && is_code(content.error(), RuntimeErrorCode::journal_damaged)) {
      what = "the content " + hash.str() + " that it refers to is damaged: " + content.error().message;
    } else if (!content) {
      co_return std::unexpected(content.error());
    } else if (content->size_bytes() != size_bytes) {
      what = "the content " + hash.str() + " has " + std::to_string(content->size_bytes()) + " bytes, not " +
             std::to_string(size_bytes);
    }
    if (!what.empty() && flaws.size() < RunCheck::kFlawsMax) flaws.push_back({run_id, 0, 0, std::move(what)});
  }
  co_return flaws;
}

}  // namespace

asio::awaitable<Result<void>> check_lines(std::shared_ptr<JournalStore> store, RunId run_id, RunCheck* check) {
  for (;;) {
    auto page = co_await store->read(run_id, check->head().seq, kPageBytes);
    if (!page) {
      const bool is_damage = is_code(page.error(), RuntimeErrorCode::journal_damaged) ||
                             is_code(page.error(), RuntimeErrorCode::not_a_journal);
      if (!is_damage) co_return std::unexpected(page.error());
      check->note(page.error().message);
      co_return Result<void>();
    }
    if (page->empty()) co_return Result<void>();
    for (const JournalLine& line : *page) {
      if (!check->add(line.bytes)) co_return Result<void>();
    }
  }
}

asio::awaitable<std::string> check_sources(std::shared_ptr<JournalStore> store, RunId run_id, RunCheck* check) {
  auto lineage = co_await runtime::load_lineage(store, run_id);
  if (!lineage) {
    // Its own first line, which says whether it is a fork, is looked at with the others.
    if (lineage.error().at == run_id.str()) co_return std::string();
    check->skip_invariants();
    co_return lineage.error().message;
  }
  lineage->pop_back();
  bool is_erased = false;
  const std::function<void(const StreamEvent&)> see = [&](const StreamEvent& event) {
    is_erased = is_erased || event::is_erased(event);
    check->add_prefix(event);
  };
  for (runtime::LineageRun& source : *lineage) {
    const Hash hash = std::exchange(source.hash, Hash());
    const auto read = co_await runtime::read_events(store, source, see);
    std::string reason;
    if (!read) {
      reason = read.error().message;
    } else if (read->seq < source.to_seq) {
      reason = source.run_id.str() + " ends before event " + std::to_string(source.to_seq);
    } else if (is_erased) {
      reason = "what was said in " + source.run_id.str() + " was erased";
    } else if (read->hash != hash) {
      reason = "event " + std::to_string(source.to_seq) + " of " + source.run_id.str() + " has the hash " +
               read->hash.str() + ", and a fork was made at " + hash.str() + ": it was rewritten";
      check->note_source(reason);
    }
    if (reason.empty()) continue;
    check->skip_invariants();
    co_return reason;
  }
  co_return std::string();
}

asio::awaitable<Result<RunVerdict>> verify_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                               std::vector<KnownHead> heads) {
  RunCheck check(run_id, std::move(heads));
  const std::string mark = co_await noted_damage(store, run_id);
  RunVerdict verdict;
  verdict.unchecked = co_await check_sources(store, run_id, &check);
  const Result<void> read = co_await check_lines(store, run_id, &check);
  if (!read) co_return std::unexpected(read.error());
  const Result<void> looked = co_await look_behind(store, run_id, &check, &verdict.is_held, !mark.empty());
  if (!looked) co_return std::unexpected(looked.error());
  check.finish();
  // A run that was marked and is good again was mended from outside.
  if (mark.empty() != check.damage().empty()) co_await mark_damage(store, run_id, check.damage());
  std::vector<std::pair<Hash, std::uint64_t>> contents(check.contents().begin(), check.contents().end());
  auto flaws = co_await check_contents(store, run_id, std::move(contents));
  if (!flaws) co_return std::unexpected(flaws.error());

  verdict.run_id = run_id;
  verdict.head = check.head();
  verdict.bytes = check.bytes();
  verdict.erased_events = check.erased_events();
  verdict.contents = check.contents().size();
  verdict.is_ended = check.is_ended();
  verdict.flaws = check.flaws();
  verdict.damage = check.damage();
  verdict.flaws.insert(verdict.flaws.end(), flaws->begin(), flaws->end());
  co_return verdict;
}

asio::awaitable<Result<std::vector<Flaw>>> verify_records(std::shared_ptr<JournalStore> store,
                                                          std::optional<RunId> run_id) {
  auto* checking = dynamic_cast<SelfCheckingStore*>(store.get());
  if (checking == nullptr) co_return std::vector<Flaw>();
  co_return co_await checking->check_records(run_id);
}

asio::awaitable<Result<RunVerdict>> verify_run_and_records(std::shared_ptr<JournalStore> store, RunId run_id,
                                                           std::vector<KnownHead> heads) {
  auto verdict = co_await verify_run(store, run_id, std::move(heads));
  if (!verdict) co_return verdict;
  const auto records = co_await verify_records(store, run_id);
  if (!records) co_return std::unexpected(records.error());
  verdict->flaws.insert(verdict->flaws.end(), records->begin(), records->end());
  co_return verdict;
}

asio::awaitable<Result<std::vector<RunId>>> find_empty_runs(std::shared_ptr<JournalStore> store) {
  auto* checking = dynamic_cast<SelfCheckingStore*>(store.get());
  if (checking == nullptr) co_return std::vector<RunId>();
  co_return co_await checking->empty_runs();
}

}  // namespace orchestrator::harness::journal
