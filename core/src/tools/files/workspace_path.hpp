// SPDX-License-Identifier: Apache-2.0
#pragma once

// Paths of a workspace, opened beneath its root by the kernel itself (openat2, RESOLVE_BENEATH): no comparison of names
// decides what is inside. What comes after is done on the descriptor of the folder, so that a path which is swapped
// afterwards changes nothing. Values; for any thread.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/tools.hpp"
#include "tools/process/descriptor.hpp"

namespace orchestrator::harness::tools {

/// The folder that holds a path, open, and the path's last part.
struct OpenPath {
  Descriptor folder;  // O_PATH
  std::string name;   // `.` for the workspace itself
  std::string path;   // relative to the workspace, links of its folders resolved; `.` for the workspace itself
};

/// Opens the folder of `path`, which is relative to the workspace, or absolute and below its directory. Links in it may
/// lead anywhere inside. Errors: `path_invalid`, `path_outside_workspace`, `not_found`, `not_a_directory`, `io_error`.
[[nodiscard]] std::expected<OpenPath, ToolError> open_path(const Workspace& workspace, const std::string& path);

/// The file or folder itself, links followed as far as they stay inside; `flags` as of open(2). Errors as above.
[[nodiscard]] std::expected<Descriptor, ToolError> open_beneath(const Workspace& workspace, const std::string& path,
                                                                int flags);

/// Where `path` leads, through all links, as a path in the workspace: `.` is the workspace. Nothing where it leads
/// nowhere, or outside.
[[nodiscard]] std::optional<std::string> place_behind(const Workspace& workspace, const std::string& path);

/// True where `path` looks as if it held secrets (`may_hold_secrets`), or leads through links to one that does.
[[nodiscard]] bool leads_to_secrets(const Workspace& workspace, const std::string& path);

/// True for what tools never change: what steers this harness or programs that people run, and `more`. `path` is one
/// of `OpenPath`. Case does not matter, since on some file systems it does not.
[[nodiscard]] bool is_protected(std::string_view path, const std::vector<std::string>& more);

/// True where one of `more` is below the folder `path`: moved away, the folder would take the protection with it.
[[nodiscard]] bool holds_protected(std::string_view path, const std::vector<std::string>& more);

/// Where the workspace's repository lies if that is elsewhere in the workspace: `.git` as a link, or as a file that
/// names the folder. As in `OpenPath`; empty where it is `.git` itself, outside, or not there.
[[nodiscard]] std::optional<std::string> git_folder(const Workspace& workspace);

/// How the names of files begin that are written before they take their place: 16 hexadecimal digits follow.
inline constexpr std::string_view kTemporaryPrefix = ".orchestrator-";

/// The error for errno, naming the path.
[[nodiscard]] ToolError file_error(int error, const std::string& path);

}  // namespace orchestrator::harness::tools
