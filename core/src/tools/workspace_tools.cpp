// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/tools.hpp"
#include "tools/built_in.hpp"
#include "tools/command/run_command.hpp"
#include "tools/todo/todo_tool.hpp"

namespace orchestrator::harness {

std::vector<std::shared_ptr<Tool>> workspace_tools(const BuiltInToolsConfig& config) {
  return {tools::make_read_file(config),  tools::make_write_file(config),   tools::make_edit_file(config),
          tools::make_move_file(config),  tools::make_delete_file(config),  tools::make_make_directory(config),
          tools::make_list_files(config), tools::make_search_files(config), tools::make_run_command(config),
          tools::make_todo(config)};
}

}  // namespace orchestrator::harness
