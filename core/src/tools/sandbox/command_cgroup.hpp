// SPDX-License-Identifier: Apache-2.0
#pragma once

// Control groups of one command, which bound the processes and the memory of all of it together. Made where this
// process may make them (as root, or in a delegated group); else there are none, and the limits of setrlimit(2) are
// all. Removed with the object, when the command is gone. One thread.

#include <string>
#include <vector>

#include "tools/process/descriptor.hpp"
#include "tools/sandbox/sandbox_limits.hpp"

namespace orchestrator::harness::tools {

class CommandCgroup final {
 public:
  explicit CommandCgroup(const SandboxLimits& limits);
  CommandCgroup(const CommandCgroup&) = delete;
  CommandCgroup& operator=(const CommandCgroup&) = delete;
  ~CommandCgroup();

  /// Removes the groups of harnesses that were killed, and ends what is still in them.
  static void remove_abandoned();
  /// Open cgroup.procs files, one for each hierarchy. Valid as long as this object.
  [[nodiscard]] std::vector<int> entrances() const;
  [[nodiscard]] bool bounds_processes() const { return bounds_processes_; }
  [[nodiscard]] bool bounds_memory() const { return bounds_memory_; }

 private:
  // Makes a group below `parent` with the bounds that can be set; false where there is none afterwards.
  bool add(const std::string& parent, const SandboxLimits& limits);

  std::vector<std::string> folders_;
  std::vector<Descriptor> entrances_;
  bool bounds_processes_ = false;
  bool bounds_memory_ = false;
};

}  // namespace orchestrator::harness::tools
