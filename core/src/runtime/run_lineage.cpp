// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_lineage.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "event/canonical_event.hpp"
#include "event/erasure.hpp"
#include "event/step.hpp"
#include "kernel/evolve.hpp"
#include "kernel/fork_state.hpp"
#include "runtime/session_history.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kPageBytes = 1ULL << 20;

std::unexpected<Error> damaged(std::string what, const RunId& run_id) {
  return fail(RuntimeErrorCode::journal_damaged, std::move(what), run_id.str());
}

// What a run was forked from, or nothing.
asio::awaitable<Result<std::optional<events::ParentRef>>> source_of(std::shared_ptr<JournalStore> store, RunId run_id) {
  std::optional<events::ParentRef> source;
  auto lines = co_await store->read(run_id, 0, 1);
  if (!lines) co_return std::unexpected(lines.error());
  if (lines->empty()) co_return source;
  const event::JournalHead none;
  auto step = event::decode_step(lines->front().bytes, none);
  if (!step) co_return std::unexpected(step.error());
  const auto* started = step->events.empty() ? nullptr : step->events.front().get_if<StreamEvent::RunStarted>();
  if (started == nullptr || started->kind != RunKind::fork) co_return source;
  if (!started->parent) co_return damaged("the fork does not say what it was forked from", run_id);
  source = started->parent;
  co_return source;
}

std::uint64_t history_items(const StreamEvent& event) {
  const auto* trimmed = event.get_if<StreamEvent::ContextTrimmed>();
  return trimmed == nullptr ? 0 : trimmed->dropped.size() - std::min(trimmed->own_items, trimmed->dropped.size());
}

}  // namespace

asio::awaitable<Result<std::vector<LineageRun>>> load_lineage(std::shared_ptr<JournalStore> store, RunId run_id) {
  std::vector<LineageRun> lineage;
  lineage.push_back({run_id, UINT64_MAX, {}});
  for (;;) {
    auto source = co_await source_of(store, lineage.back().run_id);
    if (!source) co_return std::unexpected(source.error());
    if (!*source) break;
    if (lineage.size() > kGenerationsMax) {
      co_return damaged("the run has more than " + std::to_string(kGenerationsMax) + " generations of forks", run_id);
    }
    lineage.push_back({(*source)->run_id, (*source)->seq, (*source)->hash});
  }
  std::ranges::reverse(lineage);
  co_return lineage;
}

asio::awaitable<Result<PointRead>> read_events(std::shared_ptr<JournalStore> store, LineageRun run,
                                               std::function<void(const StreamEvent&)> see) {
  event::JournalHead head;
  PointRead point;
  while (point.seq < run.to_seq) {
    auto lines = co_await store->read(run.run_id, head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) break;
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, head);
      if (!step) co_return std::unexpected(step.error());
      Hash hash = head.hash;
      for (std::size_t i = 0; i < step->events.size() && point.seq < run.to_seq; ++i) {
        auto next = event::chain_hash_of_bytes(hash, step->event_bytes[i]);
        if (!next) co_return std::unexpected(next.error());
        hash = *next;
        see(step->events[i]);
        point = {step->events[i].meta.seq, hash};
      }
      head = step->head;
      if (point.seq >= run.to_seq) break;
    }
  }
  if (!run.hash.is_zero() && point.hash != run.hash) {
    co_return damaged("event " + std::to_string(run.to_seq) + " is not the one that a fork was made at", run.run_id);
  }
  co_return point;
}

asio::awaitable<Result<void>> check_not_erased(std::shared_ptr<JournalStore> store, RunId run_id, std::string what) {
  auto lines = co_await store->read(run_id, 0, 1);
  if (!lines) co_return std::unexpected(lines.error());
  if (lines->empty()) co_return Result<void>();
  auto step = event::read_step(lines->front().bytes);
  const bool is_erased = step && !step->events.empty() && event::is_erased(step->events.front());
  if (is_erased) co_return event::fail_erased(run_id, what);
  co_return Result<void>();
}

asio::awaitable<Result<RunBase>> load_run_base(std::shared_ptr<JournalStore> store, std::vector<LineageRun> lineage,
                                               std::vector<event::ContextEntry> history) {
  RunBase base;
  base.state = kernel::initial_state(std::move(history));
  if (lineage.size() < 2) co_return base;
  lineage.pop_back();
  std::function<void(const StreamEvent&)> see = [&base](const StreamEvent& event) {
    base.history_dropped += history_items(event);
    kernel::evolve_prefix(base.state, event);
  };
  for (const LineageRun& run : lineage) {
    auto read = co_await read_events(store, run, see);
    if (!read) co_return std::unexpected(read.error());
  }
  base.state = kernel::fork_base(std::move(base.state));
  co_return base;
}

asio::awaitable<Result<RunPoint>> load_fork_point(std::shared_ptr<JournalStore> store, RunId run_id,
                                                  std::uint64_t at_seq) {
  Result<void> whole = co_await check_not_erased(store, run_id, "it cannot be forked");
  if (!whole) co_return std::unexpected(whole.error());
  auto lineage = co_await load_lineage(store, run_id);
  if (!lineage) co_return std::unexpected(lineage.error());
  auto history = co_await load_run_history(store, run_id);
  if (!history) co_return std::unexpected(history.error());
  LineageRun own = lineage->back();
  if (at_seq > 0) own.to_seq = at_seq;
  auto base = co_await load_run_base(store, *std::move(lineage), *std::move(history));
  if (!base) co_return std::unexpected(base.error());
  RunPoint point;
  point.base = std::move(base->state);
  std::function<void(const StreamEvent&)> see = [&point](const StreamEvent& event) {
    kernel::evolve_prefix(point.base, event);
  };
  auto read = co_await read_events(store, own, see);
  if (!read) co_return std::unexpected(read.error());
  if (read->seq == 0 || (at_seq > 0 && read->seq < at_seq)) {
    co_return fail(
        RuntimeErrorCode::invalid_argument,
        "the run has the events 1 to " + std::to_string(read->seq) + ", and no event " + std::to_string(at_seq),
        "at_seq");
  }
  point.at = *read;
  point.base = kernel::fork_base(std::move(point.base));
  Result<void> loaded = co_await load_context_media(store, &point.base.facts.context);
  if (!loaded) co_return std::unexpected(loaded.error());
  co_return point;
}

}  // namespace orchestrator::harness::runtime
