// SPDX-License-Identifier: Apache-2.0
#pragma once

// The small steps in which changes of files, and their undoing, put something in its place. All act on the descriptor
// of the path's folder. Functions; any thread.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "tools/files/file_state.hpp"
#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness::tools {

using Done = std::expected<void, ToolError>;

/// Equal but for the number of hard links: those may come and go without anything being another.
[[nodiscard]] bool is_same(FileState left, FileState right);

/// renameat2(2) from a name in one folder to a name in another; -1 and errno where it fails.
[[nodiscard]] int rename_at(const OpenPath& from, const std::string& name, const OpenPath& to,
                            const std::string& new_name, unsigned how);

/// Another name in the same folder.
[[nodiscard]] OpenPath sibling(const OpenPath& path, const std::string& name);

/// Writes and syncs all of `content`. Errors: `io_error`, naming `path`.
[[nodiscard]] Done write_all(int number, std::string_view content, const std::string& path);

/// Makes names in the path's folder last, after a change. Error: `tool_outcome_unknown`: a disk that fails now may have
/// the change or not.
[[nodiscard]] Done sync_folder(const OpenPath& path);

}  // namespace orchestrator::harness::tools
