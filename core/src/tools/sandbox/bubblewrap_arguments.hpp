// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of bubblewrap for one command: what it sees and may do. Pure functions over plain values.

#include <string>
#include <vector>

#include "tools/sandbox/sandbox_limits.hpp"

namespace orchestrator::harness::tools {

/// A folder of the system as it is here: /bin may be a link to usr/bin.
struct SystemFolder {
  std::string path;
  std::string link;  // the link's text, or empty for a folder
  bool operator==(const SystemFolder&) const = default;
};

struct SandboxPlan {
  std::vector<SystemFolder> system;  // all that is seen of the machine, read-only
  std::vector<std::string> masked;   // files in them that cannot be opened, and folders (with a slash at the end)
  std::vector<std::string> kernel_read_only;  // paths in /proc that cannot be written
  std::vector<std::string> kernel_masked;     // files in /proc that cannot be opened
  std::string workspace;                      // absolute; writable, at its own path
  std::string folder;                         // absolute, the workspace or below it: where the command starts
  std::vector<std::string> read_only;         // existing paths in the workspace, relative to it
  bool network = false;
  SandboxLimits limits;
};

/// Numbers of the descriptors that bubblewrap and the script inside are given.
inline constexpr int kStatusDescriptor = 3;
inline constexpr int kReleaseDescriptor = 4;
inline constexpr int kReportDescriptor = 5;
inline constexpr int kFilterDescriptor = 6;
inline constexpr int kWorkspaceDescriptor = 7;
inline constexpr int kFolderDescriptor = 8;

/// argv of bubblewrap, from argv[0] on. `command` is the argv of the program inside, not empty.
[[nodiscard]] std::vector<std::string> bubblewrap_arguments(const SandboxPlan& plan,
                                                            const std::vector<std::string>& command);

/// The variables a command sees; nothing of this process's but `language`, its LANG.
[[nodiscard]] std::vector<std::string> sandbox_environment(const std::string& language);

/// Where programs are looked for, in this order.
inline constexpr const char* kSandboxPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace orchestrator::harness::tools
