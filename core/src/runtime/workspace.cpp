// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

Result<std::shared_ptr<const Workspace>> Workspace::open(const std::string& directory) {
  const auto refuse = [&](const std::string& why) {
    return fail(RuntimeErrorCode::configuration_invalid, "the workspace " + directory + " cannot be used: " + why,
                "workspace");
  };
  if (directory.find('\0') != std::string::npos) return refuse("its name holds a zero byte");
  const int root = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return refuse(std::generic_category().message(errno));
  // Asked of the descriptor, so that the name is that of the folder which is open.
  const std::string link = "/proc/self/fd/" + std::to_string(root);
  std::array<char, PATH_MAX> name{};
  const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
  if (size <= 0 || name[0] != '/') {
    ::close(root);
    return refuse("its path cannot be told");
  }
  return std::shared_ptr<const Workspace>(
      new Workspace(std::string(name.data(), static_cast<std::size_t>(size)), root));
}

Workspace::~Workspace() { ::close(root_); }

}  // namespace orchestrator::harness
