// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of the machine a sandboxed command sees: the folders of the system, without the files in /etc that are not for
// everyone. Looked at once; plain values, any thread.

#include <string>
#include <string_view>
#include <vector>

#include "tools/sandbox/bubblewrap_arguments.hpp"

namespace orchestrator::harness::tools {

struct SystemView {
  std::vector<SystemFolder> folders;
  std::vector<std::string> masked;            // files and folders below /etc that others may not read
  std::vector<std::string> kernel_read_only;  // what of /proc acts on the whole machine when written
  std::vector<std::string> kernel_masked;     // and what tells of it when read
  std::string name_servers;                   // where /etc/resolv.conf leads outside of /etc, or empty

  static SystemView look();
  /// True for a path in one of the folders.
  [[nodiscard]] bool shows(std::string_view path) const;
};

/// True where `path` is `folder` or below it. Both absolute, without a slash at the end.
[[nodiscard]] bool is_beneath(std::string_view path, std::string_view folder);

/// The path of bubblewrap, or empty where it is not installed in a folder of the system.
[[nodiscard]] std::string find_bubblewrap();

}  // namespace orchestrator::harness::tools
