// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/replay_table.hpp"

#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {

std::vector<CommandSpec> replay_commands() {
  const ArgumentSpec run = {.name = "RUN",
                            .help = "a run id, the beginning of one, or @last; or a token of `runs token`",
                            .kind = ValueKind::run};
  const ArgumentSpec run_only = {
      .name = "RUN", .help = "a run id, the beginning of one, or @last", .kind = ValueKind::run};
  return {
      {.name = "replay",
       .summary = "run a journal again without touching the network",
       .description = "Every input of the run is decided again, and every event that comes of it is compared with the "
                      "stored one,\n"
                      "byte for byte. No model, tool or network is touched. The replay is a run of its own. Exit 6 "
                      "where an event\n"
                      "came out differently, which is named with its field, or where the journal is damaged.",
       .arguments = {run},
       .flags = joined({{.name = "--mode",
                         .value = "MODE",
                         .help = "strict (default): made by this version; compat: by any version, which is told",
                         .kind = ValueKind::choice,
                         .choices = "strict compat"},
                        {.name = "--to", .value = "SEQ", .help = "only up to this event"},
                        {.name = "--quiet", .help = "nothing on stdout: the exit status tells"},
                        {.name = "--json", .help = "the replay's events on stdout, one a line, and nothing else"}},
                       store_flags()),
       .examples = "orchestrator replay @last\n"
                   "orchestrator replay run_01K --to 40 --mode compat\n"
                   "orchestrator replay \"$(orchestrator runs token @last)\""},
      {.name = "runs token",
       .summary = "a token that names a point of a run, and what led there",
       .description =
           "Whoever keeps it can tell later whether the journal is still the same: `replay` takes it in place\n"
           "of a run.",
       .arguments = {run_only},
       .flags = joined({{.name = "--at", .value = "SEQ", .help = "of this event; default: the last one"},
                        {.name = "--json", .help = "JSON on stdout, one object a line"}},
                       store_flags()),
       .examples = "orchestrator runs token @last\norchestrator runs token run_01K --at 12 --json"},
  };
}

}  // namespace orchestrator::cli
