// SPDX-License-Identifier: Apache-2.0
#include "providers/local/server_launch.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "providers/local/deadline_race.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kAnswerBytesMax = 4096;

/// All that the launcher needs. Keys of model providers must not reach it.
std::vector<std::string> launcher_environment() {
  static constexpr std::array kept{"HOME", "PATH", "TMPDIR", "LANG", "LC_ALL", "TZ"};
  std::vector<std::string> environment;
  for (const char* name : kept) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(std::string(name) + "=" + value);
    }
  }
  return environment;
}

std::vector<std::string> launcher_arguments(const LocalSettings& settings) {
  std::vector<std::string> arguments{
      settings.python.string(),   "-I", settings.launcher.string(), "--detach", "--state-dir",
      settings.state_dir.string()};
  arguments.insert(arguments.end(), {"--idle-seconds", std::to_string(settings.idle_after.count() / 1000) + "." +
                                                           std::to_string(settings.idle_after.count() % 1000 / 100)});
  arguments.insert(arguments.end(), {"--threads", std::to_string(settings.threads)});
  arguments.insert(arguments.end(), {"--port", std::to_string(settings.port)});
  if (!settings.model_file.empty()) {
    arguments.insert(arguments.end(), {"--model-file", settings.model_file.string()});
  }
  return arguments;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// posix_spawn's two settings objects, set up for a process of its own session.
class SpawnSetup final {
 public:
  SpawnSetup(int output, const std::filesystem::path& log) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    constexpr int flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// The launcher's line: {"pid",...} or {"error"}.
ServerLaunch::Outcome outcome_of(std::string_view line) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(boost::json::string_view(line.data(), line.size()), error);
  ServerLaunch::Outcome outcome{.answer = ServerLaunch::Answer::ended, .reason = {}, .pid = 0};
  if (error || !value.is_object()) {
    return outcome;
  }
  if (const boost::json::value* reason = value.get_object().if_contains("error"); reason && reason->is_string()) {
    outcome.answer = ServerLaunch::Answer::refused;
    outcome.reason = std::string(reason->get_string());
  } else if (const boost::json::value* pid = value.get_object().if_contains("pid"); pid && pid->is_int64()) {
    outcome.answer = ServerLaunch::Answer::ready;
    outcome.pid = static_cast<pid_t>(pid->get_int64());
  }
  return outcome;
}

}  // namespace

Result<ServerLaunch> ServerLaunch::start(asio::any_io_executor executor, LocalSettings settings) {
  const auto refuse = [&settings](int error_number) {
    return fail(RuntimeErrorCode::local_model_unavailable,
                "the local model's server cannot be started: " + std::generic_category().message(error_number),
                settings.python.string());
  };
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return refuse(errno);
  }
  asio::posix::stream_descriptor output(executor, ends[0]);
  std::vector<std::string> arguments = launcher_arguments(settings);
  std::vector<std::string> environment = launcher_environment();
  const SpawnSetup setup(ends[1], settings.state_dir / "server.log");
  pid_t process = -1;
  const int failed = ::posix_spawn(&process, settings.python.c_str(), &setup.actions_, &setup.attributes_,
                                   pointers_to(arguments).data(), pointers_to(environment).data());
  ::close(ends[1]);
  if (failed != 0) {
    return refuse(failed);
  }
  return ServerLaunch(process, std::move(output));
}

ServerLaunch::ServerLaunch(ServerLaunch&& other) noexcept
    : process_(std::exchange(other.process_, -1)), output_(std::move(other.output_)), text_(std::move(other.text_)) {}

ServerLaunch::~ServerLaunch() {
  if (process_ > 0) {
    ::kill(-process_, SIGKILL);  // the whole session: the launcher and the server that it detached
    release();
  }
}

void ServerLaunch::release() {
  const pid_t process = std::exchange(process_, -1);
  if (process <= 0) {
    return;
  }
  // The first process has nothing to do after detaching the server; it must not stay as a zombie of ours.
  if (::waitpid(process, nullptr, WNOHANG) == 0) {
    ::kill(process, SIGKILL);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

asio::awaitable<ServerLaunch::Outcome> ServerLaunch::answer(std::chrono::steady_clock::time_point deadline) {
  asio::steady_timer timer(output_.get_executor(), deadline);
  std::array<char, 512> piece{};
  for (;;) {
    if (const std::size_t end = text_.find('\n'); end != std::string::npos) {
      co_return outcome_of(std::string_view(text_).substr(0, end));
    }
    auto got = co_await race(output_.async_read_some(asio::buffer(piece), asio::deferred), &timer);
    Outcome outcome;
    if (const auto& error = std::get<1>(got)) {
      const bool timed_out = !std::get<3>(got);
      if (error == asio::error::operation_aborted) {
        outcome.answer = timed_out ? Answer::waiting : Answer::cancelled;
      } else {
        outcome.answer = Answer::ended;
      }
      co_return outcome;
    }
    text_.append(piece.data(), std::get<2>(got));
    if (text_.size() > kAnswerBytesMax) {
      outcome.answer = Answer::ended;
      co_return outcome;
    }
  }
}

}  // namespace orchestrator::harness::providers
