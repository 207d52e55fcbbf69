// SPDX-License-Identifier: Apache-2.0
#pragma once

// The undo records of calls that change paths, as `record_paths`, `record_move` and the file tools write them, read
// back. Values; any thread.

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/compensation.hpp"
#include "tools/files/file_state.hpp"

namespace orchestrator::harness::tools {

/// One path of a record: what was there, and what the call should have left.
struct PathEntry {
  std::string path;
  FileState before;
  std::optional<FileState> after;  // empty: not known
  bool is_mode_known = true;       // of `after`: what is new gets the mode that the process's mask leaves
};

struct PathRecord {
  bool is_move = false;            // two entries, from and to: all below goes with them
  std::vector<PathEntry> entries;  // in the order in which the call changes them
  std::vector<SharedBytes> contents;

  /// The bytes with this hash, or null. Valid as long as this.
  [[nodiscard]] const SharedBytes* content(const Hash& hash) const;
};

/// Empty where the record is none of these.
[[nodiscard]] std::optional<PathRecord> read_record(const UndoRecord& undo);

/// `{"action":"change","paths":[{"path":...,"before":{...},"after":{...}|null}]}`, or `"action":"move"`.
[[nodiscard]] UndoRecord write_record(const PathRecord& record);

/// True where what is found is `wanted`: hard links and, where it is not known, the mode do not count.
[[nodiscard]] bool is_as(const FileState& found, const FileState& wanted, bool is_mode_known = true);

/// True where `path` lies below the folder `folder`.
[[nodiscard]] bool is_below(const std::string& path, const std::string& folder);

}  // namespace orchestrator::harness::tools
