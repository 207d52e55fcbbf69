// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the routes work on: one harness with its store, and what the daemon itself keeps. Shared with the calls under
// way; on the daemon's thread.

#include <chrono>
#include <memory>

#include "cli/commands/run_request.hpp"
#include "daemon/access/access_records.hpp"
#include "daemon/access/tokens.hpp"
#include "daemon/events/run_feeds.hpp"
#include "daemon/http/server.hpp"
#include "daemon/runs/idempotency_keys.hpp"
#include "daemon/runs/open_sessions.hpp"
#include "daemon/runs/store_work.hpp"
#include "orchestrator/harness/checkpoint_store.hpp"
#include "orchestrator/harness/harness.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "orchestrator/harness/session_store.hpp"

namespace orchestrator::daemon {

/// What the daemon keeps beside the store.
struct DaemonRecords {
  std::unique_ptr<IdempotencyKeys> keys;
  std::unique_ptr<AccessRecords> access;
};

class Service {
 public:
  /// REQUIRES: the harness outlives it. `defaults` are what a run is that says nothing.
  Service(harness::Harness& harness, cli::RunRequest defaults, harness::SessionConfig sessions, DaemonRecords records,
          Tokens tokens)
      : harness_(harness),
        defaults_(std::move(defaults)),
        sessions_(harness, sessions),
        records_(std::move(records)),
        tokens_(std::move(tokens)),
        feeds_(std::make_shared<RunFeeds>(harness)) {}

  [[nodiscard]] harness::Harness& harness() { return harness_; }
  [[nodiscard]] harness::RunStore runs() const { return harness::RunStore(harness_.store()); }
  [[nodiscard]] harness::SessionStore stored_sessions() const { return harness::SessionStore(harness_.store()); }
  [[nodiscard]] harness::CheckpointStore checkpoints() const { return harness::CheckpointStore(harness_.store()); }
  [[nodiscard]] const cli::RunRequest& defaults() const { return defaults_; }
  [[nodiscard]] OpenSessions& sessions() { return sessions_; }
  [[nodiscard]] IdempotencyKeys& keys() { return *records_.keys; }
  [[nodiscard]] AccessRecords& access() { return *records_.access; }
  [[nodiscard]] Tokens& tokens() { return tokens_; }
  [[nodiscard]] RunFeeds& feeds() { return *feeds_; }
  [[nodiscard]] StoreWork& store_work() { return store_work_; }
  [[nodiscard]] std::chrono::steady_clock::time_point started_at() const { return started_at_; }

  /// Where the daemon keeps its token; empty where it keeps nothing.
  [[nodiscard]] const std::string& private_folder() const { return private_folder_; }
  void keep_private(std::string folder) { private_folder_ = std::move(folder); }
  /// What the server counts; null before it listens. It outlives the calls.
  [[nodiscard]] const ServerCounts* counts() const { return counts_; }
  void use_counts(const ServerCounts& counts) { counts_ = &counts; }
  /// Streams under way, counted by those who write them.
  std::size_t streams_open = 0;

 private:
  harness::Harness& harness_;
  cli::RunRequest defaults_;
  OpenSessions sessions_;
  DaemonRecords records_;
  Tokens tokens_;
  std::shared_ptr<RunFeeds> feeds_;
  StoreWork store_work_;
  std::string private_folder_;
  const ServerCounts* counts_ = nullptr;
  const std::chrono::steady_clock::time_point started_at_ = std::chrono::steady_clock::now();
};

}  // namespace orchestrator::daemon
