// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/session_store.hpp"

#include <algorithm>
#include <map>

#include "journal/store_scan.hpp"

namespace orchestrator::harness {

namespace asio = boost::asio;

namespace {

using Store = std::shared_ptr<JournalStore>;

// One small entry a session, whatever the number of runs.
class Sessions final {
 public:
  void add(const RunSummary& run) {
    const auto [place, is_new] = places_.try_emplace(run.session_id, sessions_.size());
    if (is_new) sessions_.push_back({run.session_id, 0, 0, 0, run.started_at, run.last_event_at, {}});
    SessionSummary& session = sessions_[place->second];
    ++session.runs;
    session.active += run.status == RunStatus::active ? 1 : 0;
    session.bytes += run.bytes;
    session.started_at = std::min(session.started_at, run.started_at);
    session.last_event_at = std::max(session.last_event_at, run.last_event_at);
    session.first_input = run.input_preview;  // runs come newest first
  }
  std::vector<SessionSummary> take(std::size_t limit) && {
    if (sessions_.size() > limit) sessions_.resize(limit);
    return std::move(sessions_);
  }

 private:
  std::vector<SessionSummary> sessions_;
  std::map<SessionId, std::size_t> places_;
};

asio::awaitable<Result<std::vector<SessionSummary>>> list_sessions(Store store, std::uint32_t limit) {
  Sessions sessions;
  const auto take = [&sessions](const RunSummary& run) {
    sessions.add(run);
    return true;
  };
  Result<void> scanned = co_await journal::scan_runs(std::move(store), RunFilter(), take);
  if (!scanned) co_return std::unexpected(scanned.error());
  co_return std::move(sessions).take(limit);
}

asio::awaitable<Result<std::vector<RunSummary>>> runs_of(Store store, SessionId session_id) {
  RunFilter filter;
  filter.session_id = session_id;
  std::vector<RunSummary> runs;
  const auto take = [&runs](RunSummary run) {
    runs.push_back(std::move(run));
    return true;
  };
  Result<void> scanned = co_await journal::scan_runs(store, std::move(filter), take);
  if (!scanned) co_return std::unexpected(scanned.error());
  if (!runs.empty()) co_return runs;
  co_return fail(RuntimeErrorCode::session_not_found, "no session " + session_id.str() + " in " + store->url(),
                 session_id.str());
}

asio::awaitable<Result<RemovalPlan>> plan_of(Store store, SessionId session_id) {
  const auto runs = co_await runs_of(store, session_id);
  if (!runs) co_return std::unexpected(runs.error());
  std::vector<RunId> ids;
  for (const RunSummary& run : *runs) ids.push_back(run.run_id);
  const RunStore all(store);
  co_return co_await all.plan_removal(std::move(ids), false);
}

}  // namespace

asio::awaitable<Result<std::vector<SessionSummary>>> SessionStore::list(std::uint32_t limit) const {
  return list_sessions(store_, limit);
}

asio::awaitable<Result<std::vector<RunSummary>>> SessionStore::runs(SessionId session_id) const {
  return runs_of(store_, session_id);
}

asio::awaitable<Result<RemovalPlan>> SessionStore::plan_removal(SessionId session_id) const {
  return plan_of(store_, session_id);
}

}  // namespace orchestrator::harness
