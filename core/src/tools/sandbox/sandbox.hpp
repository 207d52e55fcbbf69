// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs commands confined by bubblewrap: the system read-only, the workspace writable but for its protected paths, no
// network unless granted, nothing else of the machine. Never runs anything unconfined. Its coroutines belong to the
// thread that they run on; the object may be shared by several.

#include "runtime/compiler_check.hpp"

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/tools.hpp"
#include "tools/process/child_process.hpp"
#include "tools/sandbox/protected_paths.hpp"
#include "tools/sandbox/sandbox_limits.hpp"
#include "tools/sandbox/system_view.hpp"

namespace orchestrator::harness::tools {

struct SandboxSettings {
  std::vector<std::string> protected_paths;  // further ones, relative to the workspace
  SandboxLimits limits;
  std::string language;                    // LANG of commands; empty: C.UTF-8
  std::chrono::milliseconds grace{1'000};  // between TERM and KILL
  OutputBounds out;
  OutputBounds err;
};

struct SandboxedCommand {
  std::vector<std::string> argv;  // argv[0] is the path of a program
  std::shared_ptr<const Workspace> workspace;
  std::string folder;  // relative to the workspace; empty: the workspace
  bool network = false;
  std::chrono::steady_clock::time_point deadline;
};

struct SandboxOutcome {
  std::shared_ptr<ChildOutcome> child;  // `started` is false where the command itself never ran
  std::size_t left_running = 0;         // processes that had outlived the command and were killed
};

class Sandbox final {
 public:
  explicit Sandbox(SandboxSettings settings);

  /// Runs the command to its end; see `run_child` for cancellation. Errors, with nothing run: `sandbox_unavailable`
  /// (with what to install or to permit), `cwd_missing`, `not_a_directory`, `path_invalid`, `path_outside_workspace`,
  /// `protected_path`, `spawn_failed`. The object must outlive the coroutine.
  Awaitable<std::expected<SandboxOutcome, ToolError>> run(SandboxedCommand command, std::stop_token stop);

  /// What of the machine commands see; looked at when it is first asked for. Valid as long as this object.
  [[nodiscard]] const SystemView& system() const;

 private:
  std::expected<void, ToolError> check_workspace(const std::string& path) const;

  SandboxSettings settings_;
  mutable std::once_flag looked_;
  mutable SystemView system_;                                                          // set under looked_
  std::shared_ptr<PlaceholderCounts> counts_ = std::make_shared<PlaceholderCounts>();  // with its running commands
};

/// Opens a folder beneath the workspace, O_PATH. Errors as `Sandbox::run`.
[[nodiscard]] std::expected<Descriptor, ToolError> open_folder(const Workspace& workspace, const std::string& folder);

/// The present path of an open file, checked to lead to it; nothing where it has been removed.
[[nodiscard]] std::string path_of(int descriptor);

}  // namespace orchestrator::harness::tools
