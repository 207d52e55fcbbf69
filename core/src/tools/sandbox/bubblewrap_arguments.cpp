// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/bubblewrap_arguments.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>

namespace orchestrator::harness::tools {

namespace {

// Runs inside, before and after the command. First it looks whether the folders that were mounted by path are those
// that this process holds open; then it lets go of every descriptor but its report. TERM reaches the command, and is
// survived here so that the command has its grace. At the end it counts what the command has left running; it looks
// several times, as a child may be just about to end. The report comes first: where nobody reads it any more, because
// the harness is gone, SIGPIPE ends the script before the command. $1 workspace, $2 processes_max, then the command.
constexpr const char* kScript = R"sh(
[ "$1" -ef /proc/self/fd/7 ] && [ . -ef /proc/self/fd/8 ] || { echo moved >&5; exit 126; }
exec 3>&- 4<&- 6<&- 7<&- 8<&-
ulimit -u "$2" 2>/dev/null || ulimit -p "$2"
shift 2
trap : TERM INT HUP
echo started >&5
"$@" 5>&-
code=$?
echo "code $code" >&5
round=0
left=1
while [ "$left" -gt 0 ] && [ "$round" -lt 10 ]; do
  [ "$round" -eq 0 ] || sleep 0.02
  round=$((round + 1))
  left=0
  for process in /proc/[0-9]*; do
    case "${process#/proc/}" in 1 | $$) continue ;; esac
    while read -r name state _; do
      [ "$name" = State: ] || continue
      case "$state" in Z | X) ;; *) left=$((left + 1)) ;; esac
      break
    done 2>/dev/null <"$process/status"
  done
done
echo "left $left" >&5
exit "$code"
)sh";

void add(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

// Every folder above a path, so that none of them can be renamed away from under the mount: "a/b/c" has a and a/b.
std::vector<std::string> folders_above(const std::vector<std::string>& paths) {
  std::vector<std::string> folders;
  for (const std::string& path : paths) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      folders.push_back(path.substr(0, at));
    }
  }
  std::ranges::sort(folders);
  const auto repeated = std::ranges::unique(folders);
  folders.erase(repeated.begin(), repeated.end());
  return folders;
}

}  // namespace

std::vector<std::string> bubblewrap_arguments(const SandboxPlan& plan, const std::vector<std::string>& command) {
  std::vector<std::string> arguments{"bwrap"};
  add(arguments, {"--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid", "--unshare-uts",
                  "--unshare-cgroup-try"});
  if (!plan.network) add(arguments, {"--unshare-net"});
  add(arguments, {"--uid", "1000", "--gid", "1000", "--hostname", "sandbox"});
  add(arguments, {"--die-with-parent", "--new-session", "--cap-drop", "ALL"});
  for (const SystemFolder& folder : plan.system) {
    if (folder.link.empty()) {
      add(arguments, {"--ro-bind", folder.path, folder.path});
    } else {
      add(arguments, {"--symlink", folder.link, folder.path});
    }
  }
  for (const std::string& path : plan.masked) {
    if (path.ends_with('/')) {
      add(arguments, {"--perms", "0000", "--tmpfs", path.substr(0, path.size() - 1)});
    } else {
      add(arguments, {"--ro-bind", "/dev/null", path});
    }
  }
  add(arguments, {"--proc", "/proc", "--dev", "/dev"});
  // bubblewrap leaves these open to whoever owns them, which is this process's user where that is root.
  for (const std::string& path : plan.kernel_read_only) add(arguments, {"--ro-bind", path, path});
  for (const std::string& path : plan.kernel_masked) add(arguments, {"--ro-bind", "/dev/null", path});
  // Every place that is memory has its bound: /dev itself is a file system of its own.
  add(arguments,
      {"--size", std::to_string(plan.limits.temporary_bytes), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"});
  add(arguments, {"--size", std::to_string(plan.limits.temporary_bytes), "--tmpfs", "/tmp"});
  add(arguments, {"--bind", plan.workspace, plan.workspace});
  for (const std::string& folder : folders_above(plan.read_only)) {
    add(arguments, {"--bind", plan.workspace + "/" + folder, plan.workspace + "/" + folder});
  }
  for (const std::string& path : plan.read_only) {
    add(arguments, {"--ro-bind", plan.workspace + "/" + path, plan.workspace + "/" + path});
  }
  add(arguments, {"--remount-ro", "/", "--chdir", plan.folder});
  add(arguments, {"--json-status-fd", std::to_string(kStatusDescriptor), "--block-fd",
                  std::to_string(kReleaseDescriptor), "--seccomp", std::to_string(kFilterDescriptor)});
  add(arguments,
      {"--", "/bin/sh", "-c", kScript, "sandbox", plan.workspace, std::to_string(plan.limits.processes_max)});
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

std::vector<std::string> sandbox_environment(const std::string& language) {
  return {std::string("PATH=") + kSandboxPath,
          "HOME=/tmp",
          "TMPDIR=/tmp",
          "LANG=" + (language.empty() ? std::string("C.UTF-8") : language),
          "SHELL=/bin/sh",
          "TERM=dumb"};
}

}  // namespace orchestrator::harness::tools
