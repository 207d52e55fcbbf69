// SPDX-License-Identifier: Apache-2.0
// `orchestrator run`

#include "cli/commands/commands.hpp"
#include "cli/commands/detached_run.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/redaction_choice.hpp"
#include "cli/commands/run_drive.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/commands/session_choice.hpp"
#include "cli/input/prompt.hpp"

namespace orchestrator::cli {

ExitStatus run_command(CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  auto request = make_run_request(context.invocation, *configuration);
  if (!request) {
    return report(context, request.error());
  }
  PromptSource source;
  source.argument = context.invocation.argument(0);
  source.in_is_terminal = context.terminal.in_is_terminal;
  source.bytes_max = request->limits.input_bytes;
  auto prompt = read_prompt(source);
  if (!prompt) {
    return report(context, prompt.error());
  }
  if (context.invocation.has("--detach")) {
    return detach_run(context, *configuration, *request, *prompt);
  }
  auto harness = make_harness(context, *configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  auto session = choose_session(context, *configuration, *harness);
  if (!session) {
    return report(context, session.error());
  }
  StopSignals signals(harness->executor(), context.notes);
  const DriveOptions options{harness->executor(),
                             configuration->folders(),
                             false,
                             is_lasting(*configuration),
                             {},
                             {},
                             display_vault(context, *configuration)};
  return drive_run(context, build_run(*request, *session, *std::move(prompt)).start(), signals, options);
}

}  // namespace orchestrator::cli
