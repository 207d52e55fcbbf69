// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sessions that runs are started in, each once: runs of one session wait for one another only where they are
// started through one handle. Idle ones are let go when there are many; the store has them. On the daemon's thread.

#include <cstddef>
#include <list>
#include <optional>

#include "orchestrator/harness/harness.hpp"

namespace orchestrator::daemon {

class OpenSessions {
 public:
  static constexpr std::size_t kSessionsMax = 1'000;

  /// REQUIRES: the harness outlives it.
  OpenSessions(harness::Harness& harness, harness::SessionConfig config) : harness_(harness), config_(config) {}

  /// A new session. It is kept in memory alone until its first run. Error: `queue_full` where none can be let go.
  [[nodiscard]] harness::Result<harness::Session> make();
  /// The session of that id. Errors: `session_not_found`, `queue_full`.
  boost::asio::awaitable<harness::Result<harness::Session>> open(harness::SessionId id);
  /// One that is open now.
  [[nodiscard]] std::optional<harness::Session> find(const harness::SessionId& id);
  /// Lets an idle one go: its runs in the store have changed. One that has a run under way stays.
  void forget(const harness::SessionId& id);

 private:
  harness::Result<harness::Session> keep(harness::Session session);

  harness::Harness& harness_;
  harness::SessionConfig config_;
  std::list<harness::Session> sessions_;  // at most kSessionsMax, the last used first
};

}  // namespace orchestrator::daemon
