// SPDX-License-Identifier: Apache-2.0
#pragma once

// Taking back one call that changed paths. Each path gets in one step what it had; a process that dies between two
// paths, or in the middle of one, leaves what the next attempt with the same key finishes. Blocks on the disk; any
// thread.

#include <string>

#include "orchestrator/harness/compensation.hpp"
#include "tools/files/path_record.hpp"

namespace orchestrator::harness::tools {

/// What a look right before the step found, with the record by which the step itself can be taken back.
[[nodiscard]] std::expected<CompensationLook, ToolError> look_at_record(const Workspace& workspace,
                                                                        const PathRecord& record);

/// Takes the call back. `agreed`: what may be overwritten, of the step's conflicts; empty: nothing.
[[nodiscard]] CompensationResult restore_record(const Workspace& workspace, const PathRecord& record,
                                                const std::vector<UndoConflict>& agreed, const std::string& key);

/// Why the record cannot be used at all, or empty: a path of it is one that tools never change.
[[nodiscard]] std::string reason_against(const Workspace& workspace, const PathRecord& record);

}  // namespace orchestrator::harness::tools
