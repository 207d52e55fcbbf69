// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which tools a run of the command line may have: the built-in ones, and what flags and configuration choose of them.

#include <memory>
#include <string>
#include <vector>

#include "cli/command_line/invocation.hpp"
#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/memory_tools.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::cli {

/// The tools of a run, where they work, and when to ask.
struct ToolChoice {
  std::vector<std::string> names;
  std::string workspace;  // empty: none
  harness::ToolPolicy policy;
};

/// Every tool that comes with the program. Without a memory store those of memory only declare themselves.
[[nodiscard]] std::vector<std::shared_ptr<harness::Tool>> built_in_tools(const harness::BuiltInToolsConfig& config = {},
                                                                         const harness::MemoryToolsConfig& memory = {});

/// True for a tool that needs a memory store.
[[nodiscard]] bool is_memory_tool(const std::string& name);

/// What `sandbox.*` of the user's configuration grants to tools, and what it protects from them.
/// Error: `configuration_invalid` where a host is a URL or a path is not below the workspace, naming the place.
[[nodiscard]] harness::Result<harness::BuiltInToolsConfig> tools_config(const Configuration& configuration);

/// The declaration of the built-in tool of that name. Error: `invalid_argument` with a suggestion.
[[nodiscard]] harness::Result<harness::ToolSpec> find_built_in_tool(const std::string& name);

/// Reads --tool, --no-tools, --workspace, --approve, --injection and --parallel-tools, and what the user's
/// configuration says. Errors: `invalid_argument` naming the flag, `configuration_invalid` naming the place in the
/// file.
[[nodiscard]] harness::Result<ToolChoice> choose_tools(const Invocation& invocation,
                                                       const Configuration& configuration);

}  // namespace orchestrator::cli
