// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/command_cgroup.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string_view>
#include <utility>

namespace orchestrator::harness::tools {

namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";

// Names begin with the PID namespace, in which alone the number of the owner means something.
std::string prefix() {
  struct stat status{};
  ::stat("/proc/self/ns/pid", &status);
  return "orchestrator-" + std::to_string(status.st_ino) + "-";
}

// A bubblewrap whose parent was killed before it had asked to die with it waits for ever, and has run nothing.
void end_processes(const std::string& folder) {
  std::ifstream file(folder + "/cgroup.procs");
  // Processes of other PID namespaces show as 0, which kill(2) would take for this process's own group.
  for (pid_t process = 0; file >> process;) {
    if (process > 1) ::kill(process, SIGKILL);
  }
}

bool write_file(const std::string& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.is_open() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Where groups of commands may be made, one folder for each hierarchy that matters. In version 2 a group with processes
// has no children, so a sibling of this process's own group is made.
std::vector<std::string> parents() {
  std::vector<std::string> found;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t names = line.find(':');
    const std::size_t path = line.find(':', names + 1);
    if (names == std::string::npos || path == std::string::npos) continue;
    const std::string name = line.substr(names + 1, path - names - 1);
    std::string group = line.substr(path + 1);
    if (name == "pids" || name == "memory") {
      found.push_back(std::string(kRoot) + "/" + name + (group == "/" ? "" : group));
    } else if (name.empty() && ::access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
      group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
      found.push_back(kRoot + group);
    }
  }
  return found;
}

}  // namespace

CommandCgroup::CommandCgroup(const SandboxLimits& limits) {
  for (const std::string& parent : parents()) add(parent, limits);
}

bool CommandCgroup::add(const std::string& parent, const SandboxLimits& limits) {
  static constinit std::atomic<std::uint64_t> next{0};
  const std::string folder = parent + "/" + prefix() + std::to_string(::getpid()) + "-" + std::to_string(++next);
  if (::mkdir(folder.c_str(), 0755) != 0) return false;
  const std::string memory = std::to_string(limits.memory_bytes);
  const bool processes = write_file(folder + "/pids.max", std::to_string(limits.processes_max));
  const bool bounded =
      write_file(folder + "/memory.max", memory) || write_file(folder + "/memory.limit_in_bytes", memory);
  Descriptor entrance;
  if (processes || bounded) entrance = Descriptor(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!entrance.is_open()) {
    ::rmdir(folder.c_str());
    return false;
  }
  bounds_processes_ = bounds_processes_ || processes;
  bounds_memory_ = bounds_memory_ || bounded;
  folders_.push_back(folder);
  entrances_.push_back(std::move(entrance));
  return true;
}

void CommandCgroup::remove_abandoned() {
  const std::string ours = prefix();
  for (const std::string& parent : parents()) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(parent.c_str()), &::closedir);
    while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
      const std::string_view name = entry->d_name;
      pid_t owner = 0;
      if (!name.starts_with(ours)) continue;
      std::from_chars(name.data() + ours.size(), name.data() + name.size(), owner);
      if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) continue;
      const std::string folder = parent + "/" + std::string(name);
      end_processes(folder);
      ::rmdir(folder.c_str());
    }
  }
}

CommandCgroup::~CommandCgroup() {
  entrances_.clear();
  for (const std::string& folder : folders_) ::rmdir(folder.c_str());
}

std::vector<int> CommandCgroup::entrances() const {
  std::vector<int> numbers;
  for (const Descriptor& entrance : entrances_) numbers.push_back(entrance.get());
  return numbers;
}

}  // namespace orchestrator::harness::tools
