// SPDX-License-Identifier: Apache-2.0
#pragma once

// A walk through the folders of a workspace, beneath its root, in the order of the names; links are shown, not
// followed. Bounded; for any thread.

#include <cstdint>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>

#include "orchestrator/harness/tools.hpp"
#include "tools/files/file_state.hpp"

namespace orchestrator::harness::tools {

inline constexpr std::uint64_t kWalkEntriesMax = 100'000;

struct WalkedEntry {
  std::string path;  // relative to the workspace
  FileKind kind = FileKind::file;
  std::uint64_t size_bytes = 0;
};

struct WalkOptions {
  std::uint32_t depth = 64;   // of folders below the first
  bool skips_ignored = true;  // what git ignores, and `.git`
  std::stop_token stop;       // ends the walk
  std::uint64_t entries_max = kWalkEntriesMax;
};

/// Calls `see` for each entry below `path`; false from it ends the walk. Returns false where the walk was cut short by
/// a bound or by `stop`. Errors: those of `open_path`.
[[nodiscard]] std::expected<bool, ToolError> walk(const Workspace& workspace, const std::string& path,
                                                  const WalkOptions& options,
                                                  const std::function<bool(const WalkedEntry&)>& see);

}  // namespace orchestrator::harness::tools
