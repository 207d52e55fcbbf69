// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run's hashes are taken from, in the form that its release wrote it: later members would change the hashes of
// older runs. Pure.

#include <string>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// Append the JSON of a declaration, of all declarations of `run`, and of its policy.
void append_hashed_tool(std::string& out, const events::RunStarted& run, const ToolSpec& tool);
void append_hashed_tools(std::string& out, const events::RunStarted& run);
void append_hashed_policy(std::string& out, const events::RunStarted& run);

}  // namespace orchestrator::harness::kernel
