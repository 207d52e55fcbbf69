// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one local model server that all runs of a user share: found by its record, or started. It lives in a
// session of its own, so it outlives the run that started it and ends when idle. `LocalServer` owns
// nothing that runs; it must outlive its awaitables. Use one object from one thread or strand at a time;
// any number of objects and processes may work on the same state directory at once.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "providers/local/local_settings.hpp"
#include "providers/local/local_state.hpp"

namespace orchestrator::harness::providers {

/// How to reach the local model with Chat Completions.
struct LocalEndpoint {
  std::string base_url;  // http://127.0.0.1:PORT/v1
  std::string api_key;   // made at each start of the server; never logged
  std::string model;
};

/// Told in one line each what a wait of more than an instant is for. May be empty.
using LocalProgress = std::function<void(std::string_view line)>;

class LocalServer final {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit LocalServer(LocalSettings settings) : settings_(std::move(settings)) {}

  /// Time that a start may take on a slow machine; what callers add to now for `ensure`.
  static constexpr std::chrono::seconds kStartTime{60};

  /// The endpoint of the running server, which is started where there is none and replaced where it lives
  /// but has not answered for `replace_silent_after`. Asking counts as use. Errors: `local_model_unavailable`
  /// with the reason and what to do (not installed, model missing, port taken, state directory refused, not
  /// ready by `deadline`), `cancelled`. A server under way at an error is killed.
  [[nodiscard]] boost::asio::awaitable<Result<LocalEndpoint>> ensure(LocalProgress progress, Deadline deadline);

  /// Ends the server and waits for its end; it gets `end_time`, or until `deadline`, to close its connections, then it
  /// is killed and has 1 s more. False: none was running. Errors: `local_model_unavailable`, `cancelled`.
  [[nodiscard]] boost::asio::awaitable<Result<bool>> stop(Deadline deadline);

  /// The record of the server that is alive and ready to be asked, without asking it; nothing where there is none.
  [[nodiscard]] Result<std::optional<LocalRecord>> running() const;

  [[nodiscard]] const LocalSettings& settings() const { return settings_; }

 private:
  struct Silence;
  [[nodiscard]] boost::asio::awaitable<Result<LocalEndpoint>> find_or_start(LocalProgress progress, Deadline deadline);
  [[nodiscard]] boost::asio::awaitable<Result<std::optional<LocalEndpoint>>> find(LocalState state, Silence* silence,
                                                                                  Deadline deadline);
  [[nodiscard]] boost::asio::awaitable<Result<LocalEndpoint>> start(LocalState state, LocalProgress progress,
                                                                    Deadline deadline);
  [[nodiscard]] boost::asio::awaitable<Result<void>> end_process(LocalState state, pid_t pid, Deadline deadline);
  [[nodiscard]] boost::asio::awaitable<Result<bool>> stop_running(Deadline deadline);
  [[nodiscard]] Result<void> check_installed() const;

  const LocalSettings settings_;
};

}  // namespace orchestrator::harness::providers
