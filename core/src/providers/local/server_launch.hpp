// SPDX-License-Identifier: Apache-2.0
#pragma once

// One attempt to start the launcher. The process gets a session of its own, no descriptor of ours but a
// pipe, and an environment without our keys. `ServerLaunch` owns the attempt: destroyed before
// `release()` it kills all that it started; after it the server outlives us. Not for several threads at once.

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "providers/local/local_settings.hpp"

namespace orchestrator::harness::providers {

class ServerLaunch final {
 public:
  /// Starts the launcher; returns once the process exists. `local_model_unavailable` where that fails.
  [[nodiscard]] static Result<ServerLaunch> start(boost::asio::any_io_executor executor, LocalSettings settings);

  ServerLaunch(ServerLaunch&& other) noexcept;
  ServerLaunch& operator=(ServerLaunch&&) = delete;
  ~ServerLaunch();

  enum class Answer : std::uint8_t { ready, refused, ended, waiting, cancelled };
  struct Outcome {
    Answer answer = Answer::waiting;
    std::string reason;  // of `refused`: the launcher's own words
    pid_t pid = 0;       // of `ready`: the serving process
  };

  /// Waits for the launcher's answer: ready, refused with a reason, ended without a word, or `waiting`
  /// where `deadline` came first, after which it may be asked again.
  [[nodiscard]] boost::asio::awaitable<Outcome> answer(std::chrono::steady_clock::time_point deadline);

  /// Lets the server go on by itself.
  void release();

 private:
  ServerLaunch(pid_t process, boost::asio::posix::stream_descriptor output)
      : process_(process), output_(std::move(output)) {}

  pid_t process_;  // leader of the new session; -1 once released or moved from
  boost::asio::posix::stream_descriptor output_;
  std::string text_;
};

}  // namespace orchestrator::harness::providers
