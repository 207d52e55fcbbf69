// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/daemon_table.hpp"

namespace orchestrator::cli {

std::vector<CommandSpec> daemon_commands() {
  const FlagSpec json = {.name = "--json", .help = "JSON on stdout, one object a line"};
  const FlagSpec help = {.name = "--help", .help = "show this help"};
  return {
      {.name = "daemon start",
       .summary = "start the daemon in the background",
       .description =
           "Waits until it is ready, and says where it listens. One that runs already stays as it is. It runs in\n"
           "this folder and with this environment, and writes to the log that `daemon logs` shows.",
       .arguments = {},
       .flags = {{.name = "--listen", .value = "HOST:PORT", .help = "where to listen; default: 127.0.0.1:7717"},
                 {.name = "--socket",
                  .value = "PATH",
                  .help = "listen on this Unix socket as well",
                  .kind = ValueKind::file},
                 {.name = "--store",
                  .value = "URL",
                  .help = "where runs are kept: sqlite:FILE, jsonl:DIR, postgres://HOST/DB or memory:"},
                 {.name = "--config",
                  .value = "FILE",
                  .help = "read this file instead of the user's config.toml",
                  .kind = ValueKind::file},
                 json,
                 help},
       .examples = "orchestrator daemon start\norchestrator daemon start --listen 127.0.0.1:0 --json"},
      {.name = "daemon stop",
       .summary = "stop the daemon, and wait until it is gone",
       .description = "Runs under way are left as they are; the next start goes on with them. Where no daemon runs,\n"
                      "nothing is done.",
       .arguments = {},
       .flags = {json, help},
       .examples = "orchestrator daemon stop"},
      {.name = "daemon status",
       .summary = "is the daemon running, where, and with which store",
       .description = "Exit 69 where it does not run, or does not answer.",
       .arguments = {},
       .flags = {json, help},
       .examples = "orchestrator daemon status"},
      {.name = "daemon token",
       .summary = "the daemon's access token",
       .description = "Whoever has it may do everything that the daemon can.",
       .arguments = {},
       .flags = {help},
       .examples = "curl -H \"Authorization: Bearer $(orchestrator daemon token)\" http://127.0.0.1:7717/v1/runs"},
      {.name = "daemon logs",
       .summary = "the daemon's log",
       .description = {},
       .arguments = {},
       .flags = {{.name = "--follow", .help = "go on with what comes (also -f)"}, help},
       .examples = "orchestrator daemon logs\norchestrator daemon logs -f"},
  };
}

}  // namespace orchestrator::cli
