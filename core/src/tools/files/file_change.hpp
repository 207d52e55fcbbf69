// SPDX-License-Identifier: Apache-2.0
#pragma once

// A change of files that was planned by only looking: what is there, what shall be there, and the undo record of the
// difference. Carrying it out checks once more that nothing has changed since. Values; for any thread.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/tools.hpp"
#include "tools/files/file_state.hpp"

namespace orchestrator::harness::tools {

/// One path of a change.
struct PathChange {
  std::string path;  // as in `OpenPath`
  FileRead before;
  FileState after;
};

/// What is done, on which paths.
struct FileChange {
  enum class Action : std::uint8_t { write, move, remove, make_folder };
  Action action = Action::write;
  std::vector<PathChange> paths;  // of a move: from, then to
  std::string content;            // of a write
  std::string preview;            // for a person
  std::string done;               // for the model
};

/// `{"action":...,"paths":[{"path":...,"before":{...},"after":{...}}]}`, with the bytes of files that are replaced.
[[nodiscard]] UndoRecord undo_record(const FileChange& change);
/// The paths with what is there now.
[[nodiscard]] std::vector<ToolTarget> targets_of(const FileChange& change);

/// `stale_file`, naming what was expected and what is found, where the call is planned otherwise now than its record
/// says. Hard links may come and go.
[[nodiscard]] std::optional<ToolError> planned_otherwise(const UndoRecord& undo, const FileChange& now);

/// Carries the change out: a file appears whole or not at all. Error `stale_file` where something is no longer what the
/// change was planned on; then nothing is done. Error `tool_outcome_unknown` where it is done and the disk failed.
[[nodiscard]] std::expected<void, ToolError> carry_out(const Workspace& workspace, const FileChange& change);

/// Whether a change that was begun has happened, by comparing what is there with before and after.
[[nodiscard]] ToolVerdict verify_change(const Workspace& workspace, const UndoRecord& undo);

}  // namespace orchestrator::harness::tools
