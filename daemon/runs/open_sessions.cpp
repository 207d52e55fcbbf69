// SPDX-License-Identifier: Apache-2.0
#include "daemon/runs/open_sessions.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::daemon {

namespace asio = boost::asio;
using harness::Result;
using harness::Session;
using harness::SessionId;

Result<Session> OpenSessions::make() { return keep(harness_.session(config_)); }

asio::awaitable<Result<Session>> OpenSessions::open(SessionId id) {
  if (auto found = find(id); found) co_return *found;
  auto opened = co_await harness_.async_open_session(id, config_);
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  // Another request may have opened it meanwhile.
  if (auto found = find(id); found) co_return *found;
  co_return keep(*std::move(opened));
}

std::optional<Session> OpenSessions::find(const SessionId& id) {
  const auto found = std::ranges::find_if(sessions_, [&](const Session& session) { return session.id() == id; });
  if (found == sessions_.end()) return std::nullopt;
  sessions_.splice(sessions_.begin(), sessions_, found);
  return sessions_.front();
}

void OpenSessions::forget(const SessionId& id) {
  std::erase_if(sessions_, [&](const Session& session) { return session.id() == id && session.is_idle(); });
}

Result<Session> OpenSessions::keep(Session session) {
  if (sessions_.size() >= kSessionsMax) {
    const auto idle =
        std::find_if(sessions_.rbegin(), sessions_.rend(), [](const Session& one) { return one.is_idle(); });
    if (idle == sessions_.rend()) {
      return harness::fail(harness::RuntimeErrorCode::queue_full, "1,000 sessions have runs under way", "session_id");
    }
    sessions_.erase(std::next(idle).base());
  }
  sessions_.push_front(session);
  return session;
}

}  // namespace orchestrator::daemon
