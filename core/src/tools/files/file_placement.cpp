// SPDX-License-Identifier: Apache-2.0
#include "tools/files/file_placement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace orchestrator::harness::tools {

bool is_same(FileState left, FileState right) {
  left.links = right.links = 0;
  return left == right;
}

int rename_at(const OpenPath& from, const std::string& name, const OpenPath& to, const std::string& new_name,
              unsigned how) {
  return ::renameat2(from.folder.get(), name.c_str(), to.folder.get(), new_name.c_str(), how);
}

OpenPath sibling(const OpenPath& path, const std::string& name) {
  return {Descriptor(::openat(path.folder.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC)), name, name};
}

Done write_all(int number, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(number, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(file_error(errno, path));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(number) != 0) return std::unexpected(file_error(errno, path));
  return {};
}

Done sync_folder(const OpenPath& path) {
  const Descriptor folder(::openat(path.folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open() && ::fsync(folder.get()) == 0) return {};
  ToolError error = file_error(errno, path.path);
  error.code = ToolErrorCode::tool_outcome_unknown;
  error.message = "it is done, but the disk may not keep it: " + error.message;
  return std::unexpected(std::move(error));
}

}  // namespace orchestrator::harness::tools
