// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/run_store.hpp"

#include <algorithm>
#include <utility>

#include "journal/retention.hpp"
#include "journal/run_erasure.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_query.hpp"
#include "journal/run_summary.hpp"
#include "journal/run_text.hpp"
#include "journal/store_scan.hpp"
#include "journal/text_index.hpp"

namespace orchestrator::harness {

namespace asio = boost::asio;

namespace {

using journal::LinkedRun;

constexpr std::uint32_t kCandidatesPerPage = 200;

using Store = std::shared_ptr<JournalStore>;

asio::awaitable<Result<std::vector<RunSummary>>> list_runs(Store store, RunQuery query) {
  if (auto checked = journal::check_filter(query.where); !checked) co_return std::unexpected(checked.error());
  std::vector<RunSummary> runs;
  const auto take = [&runs, &query](RunSummary run) {
    if (journal::passes(query, run)) runs.push_back(std::move(run));
    return runs.size() < query.where.limit;
  };
  Result<void> scanned = co_await journal::scan_runs(std::move(store), query.where, take);
  if (!scanned) co_return std::unexpected(scanned.error());
  co_return runs;
}

// Runs that were made out of another one: their first steps say so, and no list does.
asio::awaitable<Result<std::vector<RunSummary>>> list_children(Store store, RunQuery query) {
  if (auto checked = journal::check_filter(query.where); !checked) co_return std::unexpected(checked.error());
  const std::size_t limit = std::exchange(query.where.limit, kCandidatesPerPage);
  std::vector<RunSummary> runs;
  for (;;) {
    auto page = co_await store->list(query.where);
    if (!page) co_return std::unexpected(page.error());
    for (RunSummary& run : *page) {
      query.where.before = run.run_id;
      if (!journal::passes(query, run)) continue;
      auto first = co_await journal::line_after(store, run.run_id, 0);
      if (!first || !journal::is_child(query, *first)) continue;  // one that was removed meanwhile hides no other
      runs.push_back(std::move(run));
      if (runs.size() == limit) co_return runs;
    }
    if (page->size() < kCandidatesPerPage) co_return runs;
  }
}

asio::awaitable<Result<RunSummary>> get_run(Store store, RunId run_id) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  auto runs = co_await store->list(std::move(filter));
  if (!runs) co_return std::unexpected(runs.error());
  if (runs->empty()) co_return journal::run_not_found(run_id);
  co_return std::move(runs->front());
}

// The run as a match; nothing where it is none.
asio::awaitable<Result<std::optional<RunMatch>>> match_of(Store store, RunSummary run, RunQuery query,
                                                          std::vector<std::string> words) {
  auto first = co_await journal::line_after(store, run.run_id, 0);
  auto last = co_await journal::line_after(store, run.run_id, run.events == 0 ? 0 : run.events - 1);
  // One that is damaged, or was removed meanwhile, hides no other.
  if (!first || !last || !journal::is_child(query, *first)) co_return std::optional<RunMatch>();
  auto hit = journal::find_words(journal::run_text(*first, *last), words);
  if (!hit) co_return std::optional<RunMatch>();
  co_return RunMatch{std::move(run), *std::move(hit)};
}

// A page of runs in which the words may be, newest first.
asio::awaitable<Result<std::vector<RunSummary>>> next_candidates(Store store, RunQuery query,
                                                                 std::vector<std::string> words) {
  auto* index = dynamic_cast<journal::TextIndex*>(store.get());
  if (index == nullptr) {
    query.where.limit = kCandidatesPerPage;
    co_return co_await store->list(query.where);
  }
  auto ids = co_await index->candidates(std::move(words), query.where.before, kCandidatesPerPage);
  if (!ids) co_return std::unexpected(ids.error());
  std::vector<RunSummary> runs;
  for (const RunId& id : *ids) {
    auto run = co_await get_run(store, id);
    if (run) {
      runs.push_back(*std::move(run));
    } else if (run.error().code != name_of(RuntimeErrorCode::run_not_found)) {
      co_return std::unexpected(run.error());
    }
  }
  co_return runs;
}

bool passes_all(const RunQuery& query, const RunSummary& run) {
  if (query.where.session_id && run.session_id != *query.where.session_id) return false;
  return journal::passes_id(query.where, run.run_id) && journal::passes_status(query.where, run) &&
         journal::passes(query, run);
}

asio::awaitable<Result<std::vector<RunMatch>>> search_runs(Store store, std::string text, RunQuery query) {
  auto words = journal::search_words(text);
  if (!words) co_return std::unexpected(words.error());
  if (auto checked = journal::check_filter(query.where); !checked) co_return std::unexpected(checked.error());
  const std::size_t limit = query.where.limit;
  std::vector<RunMatch> matches;
  for (;;) {
    auto page = co_await next_candidates(store, query, *words);
    if (!page) co_return std::unexpected(page.error());
    for (RunSummary& run : *page) {
      if (!passes_all(query, run)) continue;
      query.where.before = run.run_id;
      auto match = co_await match_of(store, std::move(run), query, *words);
      if (!match) co_return std::unexpected(match.error());
      if (*match) matches.push_back(**std::move(match));
      if (matches.size() == limit) co_return matches;
    }
    if (page->size() < kCandidatesPerPage) co_return matches;
    query.where.before = page->back().run_id;
  }
}

// Every run of the store with what it builds on, newest first.
asio::awaitable<Result<std::vector<LinkedRun>>> linked_runs(Store store) {
  std::vector<RunSummary> runs;
  const auto take = [&runs](RunSummary run) {
    runs.push_back(std::move(run));
    return true;
  };
  Result<void> scanned = co_await journal::scan_runs(store, RunFilter(), take);
  if (!scanned) co_return std::unexpected(scanned.error());
  std::vector<LinkedRun> linked;
  for (RunSummary& run : runs) {
    auto first = co_await journal::line_after(store, run.run_id, 0);
    linked.push_back(journal::linked_run(std::move(run), first.value_or(std::string())));
  }
  co_return linked;
}

asio::awaitable<Result<std::vector<RunId>>> dependents_of(Store store, RunId run_id) {
  auto runs = co_await linked_runs(std::move(store));
  if (!runs) co_return std::unexpected(runs.error());
  std::vector<RunId> found;
  for (const LinkedRun& run : *runs) {
    if (builds_on(run, run_id)) found.push_back(run.run.run_id);
  }
  co_return found;
}

asio::awaitable<Result<RemovalPlan>> plan_by_policy(Store store, RetentionPolicy policy) {
  auto runs = co_await linked_runs(std::move(store));
  if (!runs) co_return std::unexpected(runs.error());
  co_return journal::plan_by_policy(*runs, policy);
}

asio::awaitable<Result<RemovalPlan>> plan_erasure_by(Store store, RetentionPolicy policy) {
  auto runs = co_await linked_runs(std::move(store));
  if (!runs) co_return std::unexpected(runs.error());
  co_return journal::plan_erasure(*runs, policy);
}

asio::awaitable<Result<Erasure>> erase_runs(Store store, std::vector<RunId> runs) {
  Erasure erasure;
  for (const RunId& run_id : runs) {
    const Result<void> done = co_await journal::erase_run(store, run_id);
    if (done) {
      erasure.runs.push_back(run_id);
    } else if (done.error().code == name_of(RuntimeErrorCode::not_supported)) {
      co_return std::unexpected(done.error());
    } else {
      erasure.refused.push_back({run_id, done.error()});
    }
  }
  const Result<void> dropped = co_await journal::drop_contents(store);
  if (!dropped) erasure.contents_left = dropped.error();
  co_return erasure;
}

asio::awaitable<Result<RemovalPlan>> plan_by_choice(Store store, std::vector<RunId> chosen, bool with_dependents) {
  auto runs = co_await linked_runs(std::move(store));
  if (!runs) co_return std::unexpected(runs.error());
  for (const RunId& id : chosen) {
    const auto is_it = [&id](const LinkedRun& run) { return run.run.run_id == id; };
    if (std::ranges::none_of(*runs, is_it)) co_return journal::run_not_found(id);
  }
  co_return journal::plan_by_choice(*runs, chosen, with_dependents);
}

asio::awaitable<Result<void>> remove_run(Store store, RunId run_id) { co_return co_await store->remove(run_id); }

}  // namespace

asio::awaitable<Result<std::vector<RunSummary>>> RunStore::list(RunQuery query) const {
  return query.parent ? list_children(store_, std::move(query)) : list_runs(store_, std::move(query));
}

asio::awaitable<Result<RunSummary>> RunStore::get(RunId run_id) const { return get_run(store_, run_id); }

asio::awaitable<Result<std::vector<RunMatch>>> RunStore::search(std::string text, RunQuery query) const {
  return search_runs(store_, std::move(text), std::move(query));
}

asio::awaitable<Result<std::vector<RunId>>> RunStore::dependents(RunId run_id) const {
  return dependents_of(store_, run_id);
}

asio::awaitable<Result<RemovalPlan>> RunStore::plan_retention(RetentionPolicy policy) const {
  return plan_by_policy(store_, policy);
}

asio::awaitable<Result<RemovalPlan>> RunStore::plan_removal(std::vector<RunId> runs, bool with_dependents) const {
  return plan_by_choice(store_, std::move(runs), with_dependents);
}

asio::awaitable<Result<RemovalPlan>> RunStore::plan_erasure(RetentionPolicy policy) const {
  return plan_erasure_by(store_, policy);
}

asio::awaitable<Result<Erasure>> RunStore::erase(std::vector<RunId> runs) const {
  return erase_runs(store_, std::move(runs));
}

asio::awaitable<Result<void>> RunStore::remove(RunId run_id) const { return remove_run(store_, run_id); }

}  // namespace orchestrator::harness
