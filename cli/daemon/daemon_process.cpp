// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "cli/daemon/daemon_client.hpp"
#include "cli/exit_status.hpp"
#include "journal/file_bytes.hpp"
#include "journal/file_descriptor.hpp"
#include "runtime/private_folder.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::journal::FileDescriptor;
using namespace std::chrono_literals;

constexpr auto kStartPatience = 20s;
constexpr auto kStopPatience = 20s;
constexpr auto kLookAgain = 30ms;
constexpr std::uint32_t kReadyMs = 2'000;
constexpr std::uint64_t kLogBytesMax = 8UL << 20U;     // beyond it the next start begins a new one
constexpr std::string_view kError = "orchestrator: ";  // before what a program fails with
constexpr std::size_t kTailBytes = 4'096;

/// The program beside this one, else the one of PATH.
std::string daemon_program() {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = error ? std::string() : (own.parent_path() / "orchestratord").string();
  return !beside.empty() && ::access(beside.c_str(), X_OK) == 0 ? beside : std::string("orchestratord");
}

Result<FileDescriptor> open_log(const std::string& folder) {
  const std::string path = daemon_log(folder);
  if (const int number = harness::runtime::make_private_folders(folder); number != 0) {
    return fail(RuntimeErrorCode::storage_failed, folder + ": " + std::strerror(number), folder);
  }
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) > kLogBytesMax) {
    static_cast<void>(::rename(path.c_str(), (path + ".1").c_str()));
  }
  FileDescriptor log(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!log.is_open()) return fail(RuntimeErrorCode::storage_failed, path + ": " + std::strerror(errno), path);
  return log;
}

/// What a child is started with, let go of at the end.
class SpawnOrder {
 public:
  explicit SpawnOrder(int log) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, log, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, log, STDERR_FILENO);
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 34)
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
#endif
#endif
    ::posix_spawnattr_init(&attributes_);
    sigset_t usual;
    ::sigemptyset(&usual);
    ::posix_spawnattr_setsigmask(&attributes_, &usual);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::sigaddset(&usual, number);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnOrder(const SpawnOrder&) = delete;
  SpawnOrder& operator=(const SpawnOrder&) = delete;
  ~SpawnOrder() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  Result<pid_t> spawn(const std::string& program, std::vector<std::string> words) const {
    words.insert(words.begin(), program);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t pid = 0;
    const int number = ::posix_spawnp(&pid, program.c_str(), &actions_, &attributes_, pointers.data(), environ);
    if (number == 0) return pid;
    return fail_unreachable("cannot start " + program + ": " + std::strerror(number));
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// The last line that the log has got since `start`.
std::string last_line(const FileDescriptor& log, std::uint64_t start) {
  const auto end = static_cast<std::uint64_t>(std::max<std::int64_t>(harness::journal::file_size(log.get()), 0));
  const std::uint64_t from = std::max(start, end > kTailBytes ? end - kTailBytes : 0);
  std::array<char, kTailBytes> bytes{};
  const std::int64_t count = harness::journal::read_at(log.get(), bytes.data(), bytes.size(), from);
  std::string text(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  while (text.ends_with('\n')) text.pop_back();
  text.erase(0, text.rfind('\n') + 1);
  return text.starts_with(kError) ? text.substr(kError.size()) : text;
}

/// How a daemon ended that was to run.
harness::Error ended(int status, const std::string& said) {
  const std::string why = said.empty() ? std::string("it says nothing") : said;
  if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitStatus::usage)) {
    return fail(RuntimeErrorCode::configuration_invalid, "the daemon did not start: " + why).error();
  }
  return fail_unreachable("the daemon did not start: " + why).error();
}

bool is_ready(const std::string& folder, pid_t pid, DaemonRecord& into) {
  auto record = read_record(folder);
  if (!record || !*record || (*record)->pid != pid) return false;
  into = **record;
  auto client = DaemonClient::open(folder, **std::move(record));
  return client && client->ask("GET", "/readyz", {}, kReadyMs);
}

}  // namespace

std::string daemon_log(const std::string& folder) { return folder + "/log"; }

Result<DaemonRecord> start_daemon(const std::string& folder, const std::vector<std::string>& words) {
  auto log = open_log(folder);
  if (!log) return std::unexpected(std::move(log.error()));
  const auto begin = static_cast<std::uint64_t>(std::max<std::int64_t>(harness::journal::file_size(log->get()), 0));
  const SpawnOrder order(log->get());
  auto pid = order.spawn(daemon_program(), words);
  if (!pid) return std::unexpected(std::move(pid.error()));
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  DaemonRecord record;
  while (std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    if (::waitpid(*pid, &status, WNOHANG) == *pid) return std::unexpected(ended(status, last_line(*log, begin)));
    if (is_ready(folder, *pid, record)) return record;
    std::this_thread::sleep_for(kLookAgain);
  }
  ::kill(*pid, SIGTERM);
  return fail_unreachable("the daemon was not ready in time, and was ended; its log is " + daemon_log(folder));
}

Result<void> stop_daemon(const DaemonRecord& record) {
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  if (is_running(record) && ::kill(record.pid, SIGTERM) != 0 && errno != ESRCH) {
    return fail_unreachable("cannot end process " + std::to_string(record.pid) + ": " + std::strerror(errno));
  }
  while (is_running(record)) {
    if (std::chrono::steady_clock::now() >= deadline) {
      return fail_unreachable("the daemon (process " + std::to_string(record.pid) + ") does not end");
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  return {};
}

}  // namespace orchestrator::cli
