// SPDX-License-Identifier: Apache-2.0
#include "tools/process/testing/marked_processes.hpp"

#include <dirent.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

namespace orchestrator::harness::tools::testing {

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

MarkedProcesses::MarkedProcesses() {
  static std::atomic<std::uint32_t> next{0};
  name_ = "MARK_" + std::to_string(::getpid()) + "_" + std::to_string(++next) + "_";
}

std::size_t MarkedProcesses::count() const {
  std::size_t found = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name[0] < '1' || name[0] > '9' || name == std::to_string(::getpid())) continue;
    const std::string path = "/proc/" + std::string(name);
    // Both are empty for a zombie.
    if (contents(path + "/environ").contains(name_) || contents(path + "/cmdline").contains(name_)) ++found;
  }
  return found;
}

}  // namespace orchestrator::harness::tools::testing
