// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tool whose every execution leaves one durable line in a file outside of the harness: its idempotency key. What the
// file holds is what has happened to the world.

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::kills {

/// `verifies`: a look at the file tells whether a lost call has happened; otherwise nobody can say.
[[nodiscard]] std::shared_ptr<Tool> ledger_tool(std::string name, EffectClass effect_class, bool verifies,
                                                std::string ledger_path);

/// The keys in the file, in the order in which they were written.
[[nodiscard]] std::vector<std::string> read_ledger(const std::string& path);

}  // namespace orchestrator::harness::kills
