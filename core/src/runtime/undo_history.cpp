// SPDX-License-Identifier: Apache-2.0
#include "runtime/undo_history.hpp"

#include <set>
#include <utility>
#include <vector>

#include "runtime/undo_source.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using EnginePtr = std::shared_ptr<Engine>;
using Calls = std::map<std::uint64_t, RunId>;

constexpr std::uint32_t kRunsPerPage = 100;

asio::awaitable<Result<std::vector<UndoSource>>> undos_of(EnginePtr engine, SessionId session_id) {
  std::vector<UndoSource> undos;
  RunFilter filter;
  filter.session_id = session_id;
  filter.limit = kRunsPerPage;
  for (;;) {
    auto page = co_await engine->store().list(filter);
    if (!page) co_return std::unexpected(page.error());
    for (const RunSummary& summary : *page) {
      const bool has_ended = summary.status != RunStatus::active && !summary.damaged;
      if (summary.kind != RunKind::undo || !has_ended) continue;
      auto undo = co_await load_undo_source(engine, summary.run_id);
      const bool is_erased = !undo && undo.error().code == name_of(RuntimeErrorCode::not_supported);
      if (is_erased) continue;
      if (!undo) co_return std::unexpected(undo.error());
      undos.push_back(*std::move(undo));
    }
    if (page->size() < kRunsPerPage) co_return undos;
    filter.before = page->back().run_id;
  }
}

// `above`: the runs on the way to it, since what was imported may name itself.
Calls taken_back(const std::vector<UndoSource>& undos, RunId run_id, std::set<RunId> above = {}) {
  Calls calls;
  above.insert(run_id);
  for (const UndoSource& undo : undos) {
    if (!undo.spec.parent || undo.spec.parent->run_id != run_id || above.contains(undo.head.run_id)) continue;
    const auto gone = taken_back(undos, undo.head.run_id, above);
    for (const SourceCall& step : undo.calls) {
      const bool is_restored = step.call.outcome == ToolOutcome::ok;
      if (is_restored && !gone.contains(step.call.seq)) calls[step.takes_back] = undo.head.run_id;
    }
  }
  return calls;
}

}  // namespace

asio::awaitable<Result<Calls>> taken_back_calls(EnginePtr engine, RunId run_id, SessionId session_id) {
  const auto undos = co_await undos_of(std::move(engine), session_id);
  if (!undos) co_return std::unexpected(undos.error());
  co_return taken_back(*undos, run_id);
}

}  // namespace orchestrator::harness::runtime
