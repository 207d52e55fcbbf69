// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/gates_table.hpp"

#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kJson = {.name = "--json", .help = "JSON on stdout, one object a line"};
constexpr FlagSpec kHelp = {.name = "--help", .help = "show this help"};
constexpr ArgumentSpec kRules = {.name = "FILE", .help = "rules in TOML, such as gates.toml"};

}  // namespace

std::vector<CommandSpec> gates_commands() {
  return {
      {.name = "gates list",
       .summary = "the rules in force, or those of a file",
       .description = "In force are the rules of the file that safety.rules of the configuration names.",
       .arguments = {{.name = "FILE", .help = "rules in TOML, such as gates.toml", .required = false}},
       .flags = joined({kJson}, store_flags()),
       .examples = "orchestrator gates list\norchestrator gates list gates.toml"},
      {.name = "gates try",
       .summary = "try rules on past runs: what would they have denied, and what did that cost",
       .description = "Every rule counts as if it were enforced. Nothing is called, nothing is written.",
       .arguments = {kRules},
       .flags = joined({{.name = "--runs",
                         .value = "FILTER",
                         .help = "a run, or any of status=STATUS,session=ID,limit=N; default: all runs"},
                        kJson},
                       store_flags()),
       .examples = "orchestrator gates try gates.toml\n"
                   "orchestrator gates try gates.toml --runs status=completed,limit=100\n"
                   "orchestrator gates try gates.toml --runs @last --json | jq -r .rule"},
      {.name = "gates validate",
       .summary = "check a file of rules",
       .description = {},
       .arguments = {kRules},
       .flags = {kHelp},
       .examples = "orchestrator gates validate gates.toml"},
  };
}

}  // namespace orchestrator::cli
