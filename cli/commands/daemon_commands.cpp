// SPDX-License-Identifier: Apache-2.0
// `orchestrator daemon start|stop|status|token|logs`

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <expected>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/daemon/daemon_client.hpp"
#include "cli/daemon/daemon_process.hpp"
#include "cli/daemon/daemon_token.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/run_json.hpp"
#include "journal/file_descriptor.hpp"

namespace orchestrator::cli {
namespace {

using harness::Result;
using harness::journal::FileDescriptor;

constexpr std::uint32_t kAskMs = 5'000;
constexpr int kFollowMs = 200;

Result<std::string> folder_of(const CommandContext& context) {
  return daemon_folder(find_user_folders(context.environment));
}

bool is_unreachable(const harness::Error& error) { return error.code == kDaemonUnreachable; }

void tell(CommandContext& context, std::string_view result, const DaemonRecord& record) {
  if (context.invocation.has("--json")) {
    context.out.write(json_line({{"result", result},
                                 {"address", record.address},
                                 {"pid", record.pid},
                                 {"store", record.store},
                                 {"version", record.version}}));
    return;
  }
  context.out.write("the daemon " + std::string(result) + "\n");
  context.out.write("address  http://" + escaped_line(record.address) + "\n");
  context.out.write("pid      " + std::to_string(record.pid) + "\n");
  context.out.write("store    " + escaped_line(record.store) + "\n");
  context.out.write("version  " + escaped_line(record.version) + "\n");
}

void tell_not_running(CommandContext& context) {
  boost::json::object line;
  line["result"] = "is not running";
  context.out.write(context.invocation.has("--json") ? json_line(line) : std::string("the daemon is not running\n"));
}

/// The daemon; where none runs that is told, and the command ends with `otherwise`.
std::expected<DaemonRecord, ExitStatus> running_daemon(CommandContext& context, const std::string& folder,
                                                       ExitStatus otherwise) {
  auto running = find_daemon(folder);
  if (running) {
    return *std::move(running);
  }
  if (!is_unreachable(running.error())) {
    return std::unexpected(report(context, running.error()));
  }
  tell_not_running(context);
  return std::unexpected(otherwise);
}

/// A log that is read as it grows.
class LogReader {
 public:
  explicit LogReader(std::string path) : path_(std::move(path)) {}

  /// Writes what there is beyond what was written; false where the log cannot be read, with errno.
  bool copy_to(Output& out) {
    if (!file_.is_open() && !open()) return false;
    if (!copy_rest(out)) return false;
    struct stat now{};
    if (::stat(path_.c_str(), &now) != 0 || (now.st_ino == inode_ && now.st_dev == device_)) return true;
    file_.close();  // a start has begun a new one
    return open() && copy_rest(out);
  }

 private:
  bool open() {
    file_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file_.is_open() || ::fstat(file_.get(), &status) != 0) return false;
    inode_ = status.st_ino;
    device_ = status.st_dev;
    return true;
  }

  bool copy_rest(Output& out) {
    std::array<char, 16'384> block{};
    while (!out.is_closed() && !out.error()) {
      const ssize_t count = ::read(file_.get(), block.data(), block.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      if (count == 0) break;
      out.write(std::string_view(block.data(), static_cast<std::size_t>(count)));
    }
    out.flush();
    return true;
  }

  std::string path_;
  FileDescriptor file_;
  ino_t inode_ = 0;
  dev_t device_ = 0;
};

/// Waits a moment; false once nobody reads stdout any more.
bool reader_stays() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, kFollowMs) <= 0 || (out.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

}  // namespace

ExitStatus daemon_start_command(CommandContext& context) {
  auto folder = folder_of(context);
  if (!folder) {
    return report(context, folder.error());
  }
  auto running = find_daemon(*folder);
  if (running) {
    tell(context, "runs already", *running);
    return ExitStatus::done;
  }
  if (!is_unreachable(running.error())) {
    return report(context, running.error());
  }
  std::vector<std::string> words;
  for (const auto* flag : {"--listen", "--socket", "--store", "--config"}) {
    if (auto value = context.invocation.value(flag); value) {
      words.insert(words.end(), {flag, *std::move(value)});
    }
  }
  auto started = start_daemon(*folder, words);
  if (!started) {
    return report(context, started.error());
  }
  tell(context, "runs", *started);
  return ExitStatus::done;
}

ExitStatus daemon_stop_command(CommandContext& context) {
  auto folder = folder_of(context);
  if (!folder) {
    return report(context, folder.error());
  }
  const auto running = running_daemon(context, *folder, ExitStatus::done);
  if (!running) {
    return running.error();
  }
  if (auto stopped = stop_daemon(*running); !stopped) {
    return report(context, stopped.error());
  }
  tell(context, "has stopped", *running);
  return ExitStatus::done;
}

ExitStatus daemon_status_command(CommandContext& context) {
  auto folder = folder_of(context);
  if (!folder) {
    return report(context, folder.error());
  }
  const auto running = running_daemon(context, *folder, ExitStatus::unreachable);
  if (!running) {
    return running.error();
  }
  auto client = DaemonClient::open(*folder, *running);
  if (!client) {
    return report(context, client.error());
  }
  if (auto ready = client->ask("GET", "/readyz", {}, kAskMs); !ready) {
    tell(context, "is not ready", *running);
    const ExitStatus status = report(context, ready.error());
    return status == ExitStatus::failed ? ExitStatus::unreachable : status;
  }
  tell(context, "runs", *running);
  return ExitStatus::done;
}

ExitStatus daemon_token_command(CommandContext& context) {
  auto folder = folder_of(context);
  if (!folder) {
    return report(context, folder.error());
  }
  auto token = read_token(*folder + "/token");
  if (!token) {
    return report(context, token.error());
  }
  if (!*token) {
    context.notes.error("there is no token yet: the first `orchestrator daemon start` makes it");
    return ExitStatus::not_found;
  }
  context.out.write(**token + "\n");
  return ExitStatus::done;
}

ExitStatus daemon_logs_command(CommandContext& context) {
  auto folder = folder_of(context);
  if (!folder) {
    return report(context, folder.error());
  }
  const std::string path = daemon_log(*folder);
  LogReader log(path);
  bool goes_on = true;
  while (goes_on) {
    if (!log.copy_to(context.out)) {
      const int number = errno;
      context.notes.error(number == ENOENT ? "there is no log: `orchestrator daemon start` writes one, to " + path
                                           : path + ": " + std::strerror(number));
      return number == ENOENT ? ExitStatus::not_found : ExitStatus::failed;
    }
    goes_on = context.invocation.has("--follow") && !context.out.is_closed() && !context.out.error() && reader_stays();
  }
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
