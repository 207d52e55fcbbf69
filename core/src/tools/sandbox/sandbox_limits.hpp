// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one command of a sandbox may use. Plain values: copied, owned by nobody else, safe to read on any thread.

#include <cstdint>

namespace orchestrator::harness::tools {

struct SandboxLimits {
  std::uint64_t processes_max = 512;                         // threads too; of the whole command
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;       // of the whole command by cgroup, else of each process
  std::uint64_t file_bytes = std::uint64_t{2} << 30;         // of one file, holes counted
  std::uint64_t open_files = 4'096;                          // of each process
  std::uint64_t cpu_s = 3'600;                               // of each process
  std::uint64_t temporary_bytes = std::uint64_t{512} << 20;  // of /tmp, which is memory
  bool operator==(const SandboxLimits&) const = default;
};

}  // namespace orchestrator::harness::tools
