// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs one program to its end and returns when nothing of it is left: reads its output as it comes, and ends the whole
// tree of its processes at a deadline, a cancellation, or when the program itself has ended.
// Belongs to the thread of its coroutine; `stop` may be asked from any.

#include "runtime/compiler_check.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "tools/process/descriptor.hpp"
#include "tools/process/output_capture.hpp"
#include "tools/process/spawn.hpp"

namespace orchestrator::harness::tools {

/// How the tree of the program is known.
enum class ChildKind : std::uint8_t {
  /// Its descendants by parentage, and its process group: who leaves both is not found.
  plain,
  /// bubblewrap: all of its PID namespace, whose first process it reports. It must be told to write its status to
  /// descriptor 3 and to wait for descriptor 4; what is started inside may write to descriptor 5.
  bubblewrap
};

struct ChildRequest {
  ChildKind kind = ChildKind::plain;
  std::string program;                   // a path; no search
  std::vector<std::string> arguments;    // argv with argv[0]
  std::vector<std::string> environment;  // the whole of it
  std::vector<int> descriptors;          // further ones: from 3 on, or from 6 on for bubblewrap. Not owned
  std::vector<ResourceLimit> limits;
  std::vector<int> cgroups;  // open cgroup.procs files which the child enters. Not owned
  OutputBounds out;
  OutputBounds err;
  std::chrono::steady_clock::time_point deadline;
  std::chrono::milliseconds grace{1'000};  // between TERM and KILL
};

/// Why the tree was ended, if it was.
enum class ChildEnd : std::uint8_t { by_itself, deadline, cancelled };

struct ChildOutcome {
  ChildEnd end = ChildEnd::by_itself;
  bool started = true;  // false: the cancellation came first
  int exit_code = -1;   // -1: a signal ended it
  int signal = 0;
  OutputCapture out;
  OutputCapture err;
  std::string report;         // what came on descriptor 5, at most 4 KiB
  bool left_running = false;  // its output was still held open, or a process was still there, after it had ended
};

/// Runs the program; standard input is /dev/null. Asio cancellation of any type and `stop` act alike: TERM to the
/// tree, KILL after `grace`, and the outcome says `cancelled`. An error means that nothing was started.
[[nodiscard]] Awaitable<std::expected<std::shared_ptr<ChildOutcome>, SpawnError>> run_child(ChildRequest request,
                                                                                            std::stop_token stop);

}  // namespace orchestrator::harness::tools
