// SPDX-License-Identifier: Apache-2.0
#include "tools/process/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/process/descriptor.hpp"

namespace orchestrator::harness::tools {

namespace {

// The parent of a living process, out of /proc/PID/stat: "PID (NAME) STATE PPID ...", where NAME may hold anything.
std::optional<pid_t> parent_of(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/stat";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  std::array<char, 512> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos || name_end + 4 >= text.size()) return std::nullopt;
  if (text[name_end + 2] == 'Z' || text[name_end + 2] == 'X') return std::nullopt;
  pid_t parent = 0;
  const std::string_view rest = text.substr(name_end + 4);
  if (std::from_chars(rest.data(), rest.data() + rest.size(), parent).ec != std::errc()) return std::nullopt;
  return parent;
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> children;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  if (!folder) return children;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    if (const auto parent = parent_of(process)) children.emplace(*parent, process);
  }
  return children;
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t root) {
  const std::multimap<pid_t, pid_t> children = children_by_parent();
  std::vector<pid_t> found;
  const auto add_children = [&](pid_t parent) {
    const auto [begin, end] = children.equal_range(parent);
    for (auto it = begin; it != end; ++it) found.push_back(it->second);
  };
  add_children(root);
  for (std::size_t i = 0; i < found.size(); ++i) add_children(found[i]);
  return found;
}

void signal_descendants(pid_t root, int signal) {
  for (const pid_t process : descendants_of(root)) {
    const auto before = parent_of(process);
    const Descriptor held(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    // The descriptor holds one process for good; that it is still the same one is told by its parent.
    if (!before || !held.is_open() || parent_of(process) != before) continue;
    ::syscall(SYS_pidfd_send_signal, held.get(), signal, nullptr, 0);
  }
}

}  // namespace orchestrator::harness::tools
