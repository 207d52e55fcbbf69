// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/later_commands.hpp"

#include <array>

namespace orchestrator::cli {
namespace {

struct Later {
  std::string_view name;
  std::string_view since;
  std::string_view summary;
};

constexpr auto kLater = std::to_array<Later>({
    {"mcp", "0.3.0", "serve the tools and runs over MCP"},
});

}  // namespace

std::vector<CommandSpec> later_commands() {
  std::vector<CommandSpec> commands;
  for (const Later& later : kLater) {
    commands.push_back({.name = later.name,
                        .summary = later.summary,
                        .description = {},
                        .arguments = {},
                        .flags = {},
                        .examples = {},
                        .since = later.since});
  }
  return commands;
}

}  // namespace orchestrator::cli
