// SPDX-License-Identifier: Apache-2.0
#pragma once

// The workspace as it would be once some calls had been taken back. With nothing taken back it is the workspace as it
// is. Only looks. For one thread.

#include <expected>
#include <string>
#include <vector>

#include "orchestrator/harness/compensation.hpp"
#include "tools/files/path_record.hpp"

namespace orchestrator::harness::tools {

class PathsAhead {
 public:
  /// `workspace` outlives this.
  explicit PathsAhead(const Workspace& workspace) : workspace_(workspace) {}

  /// What is at a path. A folder on the way that is not there, or is no folder, means that nothing is. Errors: of
  /// `open_path` and `read_state`, and `stale_file` where a folder on the way has become a link.
  [[nodiscard]] std::expected<FileState, ToolError> read(const std::string& path) const;

  /// What a look at this record says, and what stands against it: also a path that cannot be looked at. Where the call
  /// can be taken back, or `consent` covers what stands against it, later looks take it as taken back.
  [[nodiscard]] CompensationLook take_back(const PathRecord& record, const UndoConsent& consent);

 private:
  // Something that was taken back: a path that has what it had before, or a move.
  struct Layer {
    std::string path;
    FileState before;
    std::string moved_to;  // of a move: where the path was, with all below it
  };

  [[nodiscard]] std::optional<FileState> above_world(std::string& path) const;
  [[nodiscard]] std::string place_in_world(std::string path) const;
  [[nodiscard]] std::expected<bool, ToolError> is_there(const std::string& path) const;
  [[nodiscard]] std::expected<std::string, ToolError> something_in(const std::string& folder) const;
  [[nodiscard]] std::expected<CompensationLook, ToolError> judge(const PathRecord& record, const UndoConsent& consent);
  [[nodiscard]] std::expected<CompensationLook, ToolError> judge_move(const PathRecord& record) const;
  [[nodiscard]] std::expected<void, ToolError> judge_entry(const PathEntry& entry, CompensationLook& look,
                                                           bool& is_changed);

  const Workspace& workspace_;
  std::vector<Layer> layers_;
};

}  // namespace orchestrator::harness::tools
