// SPDX-License-Identifier: Apache-2.0
#include "runtime/journal_point.hpp"

#include <utility>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/erasure.hpp"
#include "event/json_slices.hpp"
#include "event/line_check.hpp"
#include "event/step.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

std::unexpected<Error> damaged(const RunId& run_id, std::uint64_t seq) {
  return fail(RuntimeErrorCode::journal_damaged, "the line with event " + std::to_string(seq) + " does not read",
              run_id.str());
}

std::unexpected<Error> no_such_event(const RunId& run_id, std::uint64_t seq, std::uint64_t last) {
  return fail(
      RuntimeErrorCode::invalid_argument,
      "run " + run_id.str() + " has no event " + std::to_string(seq) + ": expected 1 to " + std::to_string(last),
      "to_seq");
}

// The head that a line ends with.
std::optional<Hash> head_of(const JournalLine& line) {
  if (!event::line_check_holds(line.bytes)) return std::nullopt;
  const auto head = event::member_slice(line.bytes, "head");
  if (!head || head->size() != 2 + 2 * Hash::kBytes) return std::nullopt;
  return Hash::parse(head->substr(1, 2 * Hash::kBytes));
}

asio::awaitable<Result<std::uint64_t>> last_seq(std::shared_ptr<JournalStore> store, RunId run_id) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  auto runs = co_await store->list(std::move(filter));
  if (!runs) co_return std::unexpected(runs.error());
  if (runs->empty()) {
    co_return fail(RuntimeErrorCode::run_not_found, "the store has no run " + run_id.str(), run_id.str());
  }
  co_return runs->front().events;
}

asio::awaitable<Result<JournalLine>> line_with(std::shared_ptr<JournalStore> store, RunId run_id, std::uint64_t seq) {
  auto lines = co_await store->read(run_id, seq - 1, 1);
  if (!lines) co_return std::unexpected(lines.error());
  if (lines->empty() || lines->front().first_seq > seq || lines->front().last_seq < seq) {
    co_return damaged(run_id, seq);
  }
  JournalLine line = std::move(lines->front());
  co_return line;
}

asio::awaitable<Result<Hash>> hash_at(std::shared_ptr<JournalStore> store, RunId run_id, std::uint64_t seq) {
  auto line = co_await line_with(store, run_id, seq);
  if (!line) co_return std::unexpected(line.error());
  const auto head = head_of(*line);
  if (!head) co_return damaged(run_id, seq);
  if (line->last_seq == seq) co_return *head;
  // Within a step: from the line before on.
  Hash hash;
  if (line->first_seq > 1) {
    auto before = co_await line_with(store, run_id, line->first_seq - 1);
    if (!before) co_return std::unexpected(before.error());
    const auto begin = head_of(*before);
    if (!begin) co_return damaged(run_id, line->first_seq - 1);
    hash = *begin;
  }
  auto step = event::read_step(line->bytes);
  if (!step) co_return std::unexpected(step.error());
  for (std::size_t i = 0; i < step->events.size() && step->events[i].meta.seq <= seq; ++i) {
    auto next = event::chain_hash_of_bytes(hash, step->event_bytes[i]);
    if (!next) co_return std::unexpected(next.error());
    hash = *next;
  }
  co_return hash;
}

}  // namespace

asio::awaitable<Result<JournalPoint>> find_point(std::shared_ptr<JournalStore> store, RunId run_id,
                                                 std::optional<std::uint64_t> seq) {
  auto last = co_await last_seq(store, run_id);
  if (!last) co_return std::unexpected(last.error());
  if (*last == 0) co_return damaged(run_id, 1);
  JournalPoint point;
  point.ref.run_id = run_id;
  point.ref.seq = seq.value_or(*last);
  if (point.ref.seq == 0 || point.ref.seq > *last) co_return no_such_event(run_id, point.ref.seq, *last);
  auto hash = co_await hash_at(store, run_id, point.ref.seq);
  if (!hash) co_return std::unexpected(hash.error());
  point.ref.hash = *hash;
  auto first = co_await line_with(store, run_id, 1);
  if (!first) co_return std::unexpected(first.error());
  const event::JournalHead none;
  auto step = event::decode_step(first->bytes, none);
  if (!step) co_return std::unexpected(step.error());
  const auto* started = step->events.front().get_if<StreamEvent::RunStarted>();
  if (event::is_erased(step->events.front())) co_return event::fail_erased(run_id, "it cannot be replayed");
  if (started == nullptr) co_return damaged(run_id, 1);
  point.session_id = step->events.front().meta.session_id;
  point.started = *started;
  co_return point;
}

}  // namespace orchestrator::harness::runtime
