// SPDX-License-Identifier: Apache-2.0
// `orchestrator version`

#include <boost/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/display/run_json.hpp"

namespace orchestrator::cli {

ExitStatus version_command(CommandContext& context) {
  if (context.invocation.has("--json")) {
    context.out.write(json_line({{"name", "orchestrator"}, {"version", ORCHESTRATOR_VERSION}}));
  } else {
    context.out.write("orchestrator " ORCHESTRATOR_VERSION "\n");
  }
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
