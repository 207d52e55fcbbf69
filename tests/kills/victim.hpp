// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another process of this program, which carries out one of its tests and may kill itself. Blocking; any thread.

#include <cstdint>
#include <string>

namespace orchestrator::harness::kills {

enum class Fate : std::uint8_t { killed, ended, failed };

/// Runs the test that `filter` names, with ORCHESTRATOR_KILL_FOLDER and ORCHESTRATOR_KILL_STORE set; `kill_at` is the
/// point at which it dies
/// (`pass_point`), 0: it lives. What it says goes to the file `output` in the folder.
[[nodiscard]] Fate spawn_victim(const std::string& filter, const std::string& store_kind, const std::string& folder,
                                int kill_at);

}  // namespace orchestrator::harness::kills
