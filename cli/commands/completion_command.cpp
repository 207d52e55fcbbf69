// SPDX-License-Identifier: Apache-2.0
// `orchestrator completion`

#include "cli/command_line/completion_script.hpp"
#include "cli/commands/commands.hpp"

namespace orchestrator::cli {

ExitStatus completion_command(CommandContext& context) {
  context.out.write(completion_script(context.invocation.arguments.front()));
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
