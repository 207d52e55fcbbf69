// SPDX-License-Identifier: Apache-2.0
// `orchestrator version`

#include <boost/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/display/run_json.hpp"
#include "event/runtime_version.hpp"

namespace orchestrator::cli {

ExitStatus version_command(CommandContext& context) {
  if (context.invocation.has("--json")) {
    context.out.write(json_line({{"name", "orchestrator"}, {"version", harness::event::runtime_version()}}));
  } else {
    context.out.write("orchestrator " + std::string(harness::event::runtime_version()) + "\n");
  }
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
