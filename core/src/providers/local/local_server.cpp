// SPDX-License-Identifier: Apache-2.0
#include "providers/local/local_server.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <utility>

#include "providers/local/health_probe.hpp"
#include "providers/local/server_launch.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgainAfter{50};  // how soon a lock or a silent server is tried again
constexpr milliseconds kGoneCheckEvery{10};  // while a process ends
constexpr milliseconds kKillTime{1'000};     // for the end of a killed process
constexpr milliseconds kSayEvery{5'000};     // progress lines while the model loads

std::unexpected<Error> unavailable(std::string message, std::string at) {
  return fail(RuntimeErrorCode::local_model_unavailable, std::move(message), std::move(at));
}

std::unexpected<Error> was_cancelled() {
  return fail(RuntimeErrorCode::cancelled, "the wait for the local model was cancelled");
}

std::string seconds_text(steady_clock::duration time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(time).count());
  return text.data();
}

void say(const LocalProgress& progress, const std::string& line) {
  if (progress) {
    progress(line);
  }
}

/// Waits, or less where `deadline` comes first. False: cancelled.
asio::awaitable<bool> pause(steady_clock::duration time, steady_clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::min(steady_clock::now() + time, deadline));
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  co_return cancellation.cancelled() == asio::cancellation_type::none;
}

LocalEndpoint endpoint_of(const LocalRecord& record) {
  return {.base_url = "http://127.0.0.1:" + std::to_string(record.port) + "/v1",
          .api_key = record.api_key,
          .model = record.model};
}

}  // namespace

/// Since when which living server has given no healthy answer.
struct LocalServer::Silence {
  pid_t pid = 0;
  std::optional<steady_clock::time_point> since;
  [[nodiscard]] bool longer_than(milliseconds time) const { return since && steady_clock::now() - *since >= time; }
};

// Both public waits answer a cancellation as a value; the caller's own setting is put back at the end.

asio::awaitable<Result<LocalEndpoint>> LocalServer::ensure(LocalProgress progress, Deadline deadline) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto found = co_await find_or_start(std::move(progress), deadline);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return found;
}

asio::awaitable<Result<bool>> LocalServer::stop(Deadline deadline) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto stopped = co_await stop_running(deadline);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return stopped;
}

Result<std::optional<LocalRecord>> LocalServer::running() const {
  const auto state = LocalState::open(settings_.state_dir);
  if (!state) {
    return std::unexpected(state.error());
  }
  return state->look().record;
}

asio::awaitable<Result<LocalEndpoint>> LocalServer::find_or_start(LocalProgress progress, Deadline deadline) {
  auto state = LocalState::open(settings_.state_dir);
  if (!state) {
    co_return std::unexpected(state.error());
  }
  Silence silence;
  bool said_waiting = false;
  do {
    auto found = co_await find(*state, &silence, deadline);
    if (!found) {
      co_return std::unexpected(found.error());
    }
    if (*found) {
      co_return std::move(**found);
    }
    const bool replace = silence.longer_than(settings_.replace_silent_after);
    if (!silence.since || replace) {
      auto lock = state->try_lock(LocalState::Share::starting);
      if (!lock) {
        co_return std::unexpected(lock.error());
      }
      if (*lock) {
        const LocalSighting seen = state->look();
        if (!seen.alive) {
          auto started = co_await start(*state, progress, deadline);
          co_return started;
        }
        if (replace && seen.pid == silence.pid) {
          say(progress, "the local model's server does not answer; replacing it");
          auto ended = co_await end_process(*state, seen.pid, deadline);
          if (!ended) {
            co_return std::unexpected(ended.error());
          }
          continue;
        }
      } else if (!std::exchange(said_waiting, true)) {
        say(progress, "waiting for another process that starts the local model");
      }
    }
    if (!co_await pause(kLookAgainAfter, deadline)) {
      co_return was_cancelled();
    }
  } while (steady_clock::now() < deadline);
  co_return unavailable("the local model's server was not ready in time", state->log_file().string());
}

/// The endpoint of a healthy server. Keeps track in `silence` of one that is alive but not healthy.
asio::awaitable<Result<std::optional<LocalEndpoint>>> LocalServer::find(LocalState state, Silence* silence,
                                                                        Deadline deadline) {
  std::optional<LocalEndpoint> none;
  auto lock = state.try_lock(LocalState::Share::looking);
  if (!lock) {
    co_return std::unexpected(lock.error());
  }
  if (!*lock) {
    silence->since.reset();  // somebody starts or stops one
    co_return none;
  }
  const LocalSighting seen = state.look();
  if (!seen.alive) {
    silence->since.reset();
    co_return none;
  }
  if (seen.record) {
    state.touch();
    const auto until = std::min(deadline, steady_clock::now() + settings_.health_timeout);
    const Health health = co_await probe_health(seen.record->port, until);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      co_return was_cancelled();
    }
    if (health == Health::ready) {
      co_return endpoint_of(*seen.record);
    }
  }
  if (!silence->since || silence->pid != seen.pid) {
    silence->pid = seen.pid;
    silence->since = steady_clock::now();
  }
  co_return none;
}

Result<void> LocalServer::check_installed() const {
  if (settings_.python.empty() || ::access(settings_.python.c_str(), X_OK) != 0) {
    return unavailable("the local model is not installed: its Python environment is missing; " + settings_.install_hint,
                       settings_.python.string());
  }
  if (settings_.launcher.empty() || ::access(settings_.launcher.c_str(), R_OK) != 0) {
    return unavailable("the local model is not installed: its launcher is missing; " + settings_.install_hint,
                       settings_.launcher.string());
  }
  return {};
}

/// Starts a server and waits until it is ready. The caller holds the start lock alone.
asio::awaitable<Result<LocalEndpoint>> LocalServer::start(LocalState state, LocalProgress progress, Deadline deadline) {
  if (auto installed = check_installed(); !installed) {
    co_return std::unexpected(installed.error());
  }
  state.forget();
  say(progress, "starting the local model");
  const auto begun = steady_clock::now();
  const auto executor = co_await asio::this_coro::executor;
  auto launch = ServerLaunch::start(executor, settings_);
  if (!launch) {
    co_return std::unexpected(launch.error());
  }
  ServerLaunch::Outcome outcome;
  do {
    const auto until = std::min(deadline, steady_clock::now() + kSayEvery);
    outcome = co_await launch->answer(until);
    if (outcome.answer == ServerLaunch::Answer::waiting && steady_clock::now() < deadline) {
      say(progress, "loading the local model, " + seconds_text(steady_clock::now() - begun) + " so far");
    }
  } while (outcome.answer == ServerLaunch::Answer::waiting && steady_clock::now() < deadline);

  const std::string log = state.log_file().string();
  switch (outcome.answer) {
    case ServerLaunch::Answer::cancelled:
      co_return was_cancelled();
    case ServerLaunch::Answer::waiting:
      co_return unavailable("the local model was not ready after " + seconds_text(steady_clock::now() - begun), log);
    case ServerLaunch::Answer::refused:
      co_return unavailable("the local model's server cannot start: " + outcome.reason, log);
    case ServerLaunch::Answer::ended: {
      const std::string line = state.last_log_line();
      co_return unavailable("the local model's server ended before it was ready" + (line.empty() ? "" : ": " + line),
                            log);
    }
    case ServerLaunch::Answer::ready:
      break;
  }
  const LocalSighting seen = state.look();
  if (!seen.record || seen.record->pid != outcome.pid) {
    co_return unavailable("the local model's server is gone right after its start", log);
  }
  const Health health = co_await probe_health(seen.record->port, deadline);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    co_return was_cancelled();
  }
  if (health != Health::ready) {
    co_return unavailable("the local model's server does not answer after its start", log);
  }
  launch->release();
  say(progress, "local model ready after " + seconds_text(steady_clock::now() - begun));
  co_return endpoint_of(*seen.record);
}

/// Ends a living server and waits until it has let go of its lock. The caller holds the start lock alone.
asio::awaitable<Result<void>> LocalServer::end_process(LocalState state, pid_t pid, Deadline deadline) {
  const std::string log = state.log_file().string();
  if (pid <= 0) {
    co_return unavailable("the local model's server belongs to another container and does not answer", log);
  }
  ::kill(pid, SIGTERM);
  const auto kill_at = std::min(deadline, steady_clock::now() + settings_.end_time);
  for (;;) {
    const LocalSighting seen = state.look();
    if (!seen.alive || seen.pid != pid) {
      state.forget();
      co_return Result<void>();
    }
    const auto now = steady_clock::now();
    if (now >= kill_at) {
      ::kill(pid, SIGKILL);
    }
    if (now >= kill_at + kKillTime) {
      co_return unavailable("the local model's server does not end (process " + std::to_string(pid) + ")", log);
    }
    if (!co_await pause(kGoneCheckEvery, steady_clock::time_point::max())) {
      co_return was_cancelled();
    }
  }
}

asio::awaitable<Result<bool>> LocalServer::stop_running(Deadline deadline) {
  const auto state = LocalState::open(settings_.state_dir);
  if (!state) {
    co_return std::unexpected(state.error());
  }
  do {
    auto lock = state->try_lock(LocalState::Share::starting);
    if (!lock) {
      co_return std::unexpected(lock.error());
    }
    if (*lock) {
      const LocalSighting seen = state->look();
      if (!seen.alive) {
        state->forget();
        co_return false;
      }
      auto ended = co_await end_process(*state, seen.pid, deadline);
      if (!ended) {
        co_return std::unexpected(ended.error());
      }
      co_return true;
    }
    if (!co_await pause(kLookAgainAfter, deadline)) {
      co_return was_cancelled();
    }
  } while (steady_clock::now() < deadline);
  co_return unavailable("another process is starting the local model's server", state->log_file().string());
}

}  // namespace orchestrator::harness::providers
