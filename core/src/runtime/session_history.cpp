// SPDX-License-Identifier: Apache-2.0
#include "runtime/session_history.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "event/canonical_event.hpp"
#include "event/erasure.hpp"
#include "kernel/evolve.hpp"
#include "runtime/run_lineage.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kPageBytes = 1ULL << 20;
constexpr std::uint32_t kRunsPerPage = 100;

SharedBytes* inline_bytes(ContentPart& part) {
  MediaSource* source = nullptr;
  if (auto* image = std::get_if<ImagePart>(&part)) source = &image->source;
  if (auto* audio = std::get_if<AudioPart>(&part)) source = &audio->source;
  if (auto* video = std::get_if<VideoPart>(&part)) source = &video->source;
  if (auto* file = std::get_if<FilePart>(&part)) source = &file->source;
  return source != nullptr && source->is_inline() && !source->bytes.is_loaded() ? &source->bytes : nullptr;
}

// Gives an entry whose media are references the bytes behind them.
asio::awaitable<Result<void>> load_media(std::shared_ptr<JournalStore> store, event::ContextEntry* entry) {
  const auto* message = std::get_if<MessageItem>(&entry->item->value);
  if (message == nullptr) co_return Result<void>();
  MessageItem loaded = *message;
  bool changed = false;
  for (ContentPart& part : loaded.parts) {
    SharedBytes* bytes = inline_bytes(part);
    if (bytes == nullptr) continue;
    auto content = co_await store->blob(bytes->hash());
    if (!content) co_return std::unexpected(content.error());
    *bytes = *std::move(content);
    changed = true;
  }
  if (changed) {
    ConversationItem item{std::move(loaded), entry->item->origin};
    entry->item = std::make_shared<const ConversationItem>(std::move(item));
  }
  co_return Result<void>();
}

std::unexpected<Error> erased(const RunId& run_id) {
  return fail(RuntimeErrorCode::not_supported,
              "what was said in run " + run_id.str() + " was erased: nothing can go on from it", run_id.str());
}

// The newest run of the session that has ended and is remembered, and whether the session has any run at all.
struct Newest {
  bool has_runs = false;
  std::optional<FoldedRun> run;
};
asio::awaitable<Result<Newest>> newest_remembered(std::shared_ptr<JournalStore> store, SessionId session_id) {
  Newest newest;
  RunFilter filter;
  filter.session_id = session_id;
  filter.limit = kRunsPerPage;
  for (;;) {
    auto page = co_await store->list(filter);
    if (!page) co_return std::unexpected(page.error());
    for (const RunSummary& summary : *page) {
      newest.has_runs = true;
      if (summary.status == RunStatus::active || summary.damaged) continue;
      auto run = co_await fold_run(store, summary.run_id);
      if (!run) co_return std::unexpected(run.error());
      if (std::holds_alternative<kernel::NotStarted>(run->state.phase)) co_return erased(summary.run_id);
      if (!run->state.facts.spec.remember) continue;
      newest.run = *std::move(run);
      co_return newest;
    }
    if (page->size() < kRunsPerPage) co_return newest;
    filter.before = page->back().run_id;
  }
}

}  // namespace

asio::awaitable<Result<void>> load_context_media(std::shared_ptr<JournalStore> store,
                                                 std::vector<event::ContextEntry>* entries) {
  for (event::ContextEntry& entry : *entries) {
    Result<void> loaded = co_await load_media(store, &entry);
    if (!loaded) co_return loaded;
  }
  co_return Result<void>();
}

asio::awaitable<Result<FoldedRun>> fold_run(std::shared_ptr<JournalStore> store, RunId run_id,
                                            std::vector<event::ContextEntry> history) {
  auto lineage = co_await load_lineage(store, run_id);
  if (!lineage) co_return std::unexpected(lineage.error());
  auto base = co_await load_run_base(store, *std::move(lineage), std::move(history));
  if (!base) co_return std::unexpected(base.error());
  FoldedRun run;
  run.state = std::move(base->state);
  run.history_dropped = base->history_dropped;
  for (;;) {
    auto lines = co_await store->read(run_id, run.head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) co_return run;
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, run.head);
      if (!step) co_return std::unexpected(step.error());
      for (const StreamEvent& event : step->events) {
        if (const auto* trimmed = event.get_if<StreamEvent::ContextTrimmed>()) {
          run.history_dropped += trimmed->dropped.size() - std::min(trimmed->own_items, trimmed->dropped.size());
        }
        kernel::evolve(run.state, event);
        run.last_at = event.meta.at;
      }
      run.head = step->head;
    }
  }
}

// What a session knows after `run`, oldest first: from this run backwards each run's own items, then as many of its
// history's as it still had, then the summary of the others. The newest summary has taken in all earlier ones.
asio::awaitable<Result<std::vector<event::ContextEntry>>> entries_backwards(std::shared_ptr<JournalStore> store,
                                                                            std::optional<FoldedRun> run,
                                                                            bool is_raw = false) {
  std::vector<event::ContextEntry> backwards;
  std::optional<event::ContextEntry> summary;
  std::uint64_t wanted = UINT64_MAX;
  while (run && wanted > 0) {
    std::vector<event::ContextEntry> own = is_raw ? run->state.facts.context : kernel::context_after(run->state);
    const bool has_summary = !own.empty() && own.front().source == event::ContextSource::summary;
    const std::optional<event::ContextEntry> lead = has_summary ? std::optional(own.front()) : std::nullopt;
    if (has_summary) own.erase(own.begin());
    for (auto entry = own.rbegin(); entry != own.rend() && wanted > 0; ++entry, --wanted) backwards.push_back(*entry);
    const events::HistoryRef& before = run->state.facts.spec.history;
    const std::uint64_t left = before.items - std::min(before.items, run->history_dropped);
    if (lead && !summary && wanted > left) summary = lead;
    wanted = std::min(wanted, left);
    if (wanted == 0 || !before.base_run_id) break;
    auto base = co_await fold_run(store, *before.base_run_id);
    if (!base) co_return std::unexpected(base.error());
    run = *std::move(base);
  }
  if (summary) backwards.push_back(*std::move(summary));
  std::ranges::reverse(backwards);
  co_return backwards;
}

asio::awaitable<Result<SessionHistory>> load_session_history(std::shared_ptr<JournalStore> store,
                                                             SessionId session_id) {
  auto newest = co_await newest_remembered(store, session_id);
  if (!newest) co_return std::unexpected(newest.error());
  if (!newest->has_runs) {
    co_return fail(RuntimeErrorCode::session_not_found, "the store has no session " + session_id.str(),
                   session_id.str());
  }
  SessionHistory history;
  if (!newest->run) co_return history;
  history.base_run_id = newest->run->state.facts.identity.run_id;
  history.pinned = newest->run->state.facts.spec.context.pinned;
  history.is_untrusted = !newest->run->state.facts.untrusted_from.empty();

  auto backwards = co_await entries_backwards(store, std::move(newest->run));
  if (!backwards) co_return std::unexpected(backwards.error());
  history.entries = *std::move(backwards);
  Result<void> loaded = co_await load_context_media(store, &history.entries);
  if (!loaded) co_return std::unexpected(loaded.error());
  co_return history;
}

// The history that a run began with, whose reference is `before`. Sessions that were opened anew before 0.2.0 had the
// words to go on of broken answers in it, too (`is_raw`).
asio::awaitable<Result<std::vector<event::ContextEntry>>> history_of(std::shared_ptr<JournalStore> store,
                                                                     events::HistoryRef before, bool is_raw) {
  if (!before.base_run_id) co_return std::vector<event::ContextEntry>();
  auto base = co_await fold_run(store, *before.base_run_id);
  if (!base) co_return std::unexpected(base.error());
  auto history = co_await entries_backwards(store, *std::move(base), is_raw);
  if (!history) co_return history;
  // A session that bounded its memory knew less than the runs hold: the newest items are those it had.
  if (history->size() > before.items)
    history->erase(history->begin(), history->end() - static_cast<std::ptrdiff_t>(before.items));
  co_return history;
}

// How a run began; as it is by default where its journal is empty.
asio::awaitable<Result<events::RunStarted>> first_event(std::shared_ptr<JournalStore> store, RunId run_id) {
  events::RunStarted started;
  auto lines = co_await store->read(run_id, 0, 1);
  if (!lines) co_return std::unexpected(lines.error());
  if (lines->empty()) co_return started;
  const event::JournalHead none;
  auto step = event::decode_step(lines->front().bytes, none);
  if (!step) co_return std::unexpected(step.error());
  if (event::is_erased(step->events.front())) co_return erased(run_id);
  const auto* first = step->events.front().get_if<StreamEvent::RunStarted>();
  if (first != nullptr) started = *first;
  co_return started;
}

asio::awaitable<Result<std::vector<event::ContextEntry>>> load_run_history(std::shared_ptr<JournalStore> store,
                                                                           RunId run_id) {
  auto started = co_await first_event(store, run_id);
  if (!started) co_return std::unexpected(started.error());
  const events::HistoryRef before = started->history;
  for (const bool is_raw : {false, true}) {
    auto history = co_await history_of(store, before, is_raw);
    if (!history || event::context_hash(*history) == before.hash) co_return history;
  }
  co_return fail(RuntimeErrorCode::journal_damaged, "the history that the run began with cannot be rebuilt",
                 run_id.str());
}

asio::awaitable<Result<FoldedRun>> fold_whole_run(std::shared_ptr<JournalStore> store, RunId run_id) {
  auto history = co_await load_run_history(store, run_id);
  if (!history) co_return std::unexpected(history.error());
  Result<void> loaded = co_await load_context_media(store, &*history);
  if (!loaded) co_return std::unexpected(loaded.error());
  auto whole = co_await fold_run(store, run_id, *std::move(history));
  if (!whole) co_return whole;
  loaded = co_await load_context_media(store, &whole->state.facts.context);
  if (!loaded) co_return std::unexpected(loaded.error());
  co_return whole;
}

asio::awaitable<Result<RunOrigin>> load_run_origin(std::shared_ptr<JournalStore> store, RunId run_id) {
  auto lines = co_await store->read(run_id, 0, 1);
  if (!lines) co_return std::unexpected(lines.error());
  const auto damaged = fail(RuntimeErrorCode::journal_damaged, "the run has no first event", run_id.str());
  if (lines->empty()) co_return damaged;
  const event::JournalHead none;
  auto step = event::decode_step(lines->front().bytes, none);
  if (!step) co_return std::unexpected(step.error());
  if (step->events.empty()) co_return damaged;
  const auto* started = step->events.front().get_if<StreamEvent::RunStarted>();
  if (started == nullptr) co_return damaged;
  auto hash = event::chain_hash_of_bytes(none.hash, step->event_bytes.front());
  if (!hash) co_return std::unexpected(hash.error());
  auto history = co_await load_run_history(store, run_id);
  if (!history) co_return std::unexpected(history.error());
  Result<void> loaded = co_await load_context_media(store, &*history);
  if (!loaded) co_return std::unexpected(loaded.error());
  RunOrigin origin;
  origin.ref.run_id = run_id;
  origin.ref.seq = step->events.front().meta.seq;
  origin.ref.hash = *hash;
  origin.history.base_run_id = started->history.base_run_id;
  origin.history.entries = *std::move(history);
  origin.history.pinned = started->context.pinned;
  origin.history.is_untrusted = started->is_history_untrusted;
  co_return origin;
}

}  // namespace orchestrator::harness::runtime
