// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/tools.hpp"
#include "tools/command/run_command.hpp"
#include "tools/todo/todo_tool.hpp"

namespace orchestrator::harness {

std::vector<std::shared_ptr<Tool>> workspace_tools(const BuiltInToolsConfig& config) {
  return {tools::make_run_command(config), tools::make_todo(config)};
}

}  // namespace orchestrator::harness
