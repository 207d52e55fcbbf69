// SPDX-License-Identifier: Apache-2.0
#include "runtime/private_folder.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace orchestrator::harness::runtime {

int make_private_folders(const std::string& path) {
  constexpr mode_t kFolderMode = 0700;
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), kFolderMode) != 0 && errno != EEXIST) {
      // On a read-only file system only the last one must be missing for this to matter.
      struct stat status{};
      const int error = errno;
      if (::stat(part.c_str(), &status) != 0) return error;
    }
    if (at == std::string::npos) return 0;
  }
}

}  // namespace orchestrator::harness::runtime
