// SPDX-License-Identifier: Apache-2.0
#pragma once

// Folders that belong to one user: made with mode 0700, like those above them that are missing. Any thread.

#include <string>

namespace orchestrator::harness::runtime {

/// Makes the folder and those above it where they are absent; 0, or the errno. What is there keeps its mode.
[[nodiscard]] int make_private_folders(const std::string& path);

}  // namespace orchestrator::harness::runtime
