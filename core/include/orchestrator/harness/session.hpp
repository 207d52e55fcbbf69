// SPDX-License-Identifier: Apache-2.0
#pragma once

// A session: runs that follow one another, each seeing what the ones before left.
// `Session` is a copyable handle that any thread may use; it keeps its harness's engine alive.

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/run.hpp"

namespace orchestrator::harness {

struct SessionConfig {
  HistoryLimits history;
  std::optional<TimeoutPolicy> timeouts;  // of runs that set none; unset: those of the harness
  std::optional<RetryPolicy> retries;
  std::optional<ContextPolicy> context;
  std::optional<MemoryPolicy> memory;
  bool remember = true;             // false: no run of this session is seen by a later one
  std::uint32_t runs_waiting = 64;  // starts that wait for the session; more are refused with `queue_full`
};

/// A session's handle. Its history is a bounded copy in memory; the truth is in the runs' journals, from which it is
/// rebuilt when a session is opened by id.
class Session {
 public:
  /// Empty: only to be assigned to.
  Session() = default;
  explicit Session(std::shared_ptr<runtime::SessionState> state);
  [[nodiscard]] SessionId id() const;
  /// A run with a text, or with parts, as the user's message. Nothing happens before `start`.
  [[nodiscard]] RunBuilder run(std::string text) const;
  [[nodiscard]] RunBuilder run(std::vector<ContentPart> parts) const;
  /// What the next run will see: role-less text of each remembered item, oldest first.
  [[nodiscard]] std::vector<ConversationItem> history() const;
  /// True while no run of this session is under way in this process.
  [[nodiscard]] bool is_idle() const;

 private:
  std::shared_ptr<runtime::SessionState> state_;  // shared with the session's builders and runs
};

}  // namespace orchestrator::harness
