// SPDX-License-Identifier: Apache-2.0
#pragma once

// Starts one program with exactly the descriptors, the environment and the limits that are named, and nothing else of
// this process. The child dies with the thread that started it. Any thread.

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "tools/process/descriptor.hpp"

namespace orchestrator::harness::tools {

/// A soft and hard limit of setrlimit(2).
struct ResourceLimit {
  int resource = 0;
  std::uint64_t value = 0;
};

struct SpawnRequest {
  std::string program;                   // a path; no search
  std::vector<std::string> arguments;    // argv with argv[0]
  std::vector<std::string> environment;  // NAME=value; the whole of it
  std::vector<int> descriptors;          // becomes 0, 1, 2, ... of the child; all others are closed
  std::vector<ResourceLimit> limits;     // a limit above the present hard one is lowered to it
  std::vector<int> cgroups;              // open cgroup.procs files which the child enters
};

struct SpawnedChild {
  pid_t pid = -1;
  Descriptor handle;  // a pidfd: readable when the child has ended
};

/// Why nothing was started: `error` is an errno, `step` names what failed.
struct SpawnError {
  int error = 0;
  std::string step;
};

/// Starts the program in a session of its own, in the working folder of this process, and returns once it has been
/// executed. The caller waits for it (waitid with P_PIDFD).
[[nodiscard]] std::expected<SpawnedChild, SpawnError> spawn(const SpawnRequest& request);

/// The name of an errno: `ENOENT`.
[[nodiscard]] std::string errno_name(int error);

}  // namespace orchestrator::harness::tools
