// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/journal_table.hpp"

#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kJson = {.name = "--json", .help = "JSON on stdout, one object a line"};
const ArgumentSpec kRun = {.name = "RUN", .help = "a run id, the beginning of one, or @last", .kind = ValueKind::run};

}  // namespace

std::vector<CommandSpec> journal_commands() {
  return {
      {.name = "runs verify",
       .summary = "check that runs are what was written",
       .description =
           "Checks every line, the chain of hashes, what holds in every run, and the contents that a run refers to;\n"
           "with --all the records of the store as well. Runs may be written meanwhile. What a run alone cannot tell,\n"
           "that its end was cut off or all of it made anew, shows against a head that was kept elsewhere.\n"
           "Exit 6 where something is not as it was written.",
       .arguments = {{.name = "RUN",
                      .help = "run ids, beginnings of them, or @last",
                      .required = false,
                      .kind = ValueKind::run,
                      .repeated = true}},
       .flags = joined({{.name = "--all", .help = "all runs, and the store itself"},
                        {.name = "--file",
                         .value = "FILE",
                         .help = "an exported file instead of a store; '-' is stdin",
                         .kind = ValueKind::file},
                        {.name = "--head",
                         .value = "HEAD",
                         .help = "a hash, SEQ:HASH, or an exported file that the one run must agree with",
                         .repeated = true},
                        kJson},
                       store_flags()),
       .examples = "orchestrator runs verify @last\norchestrator runs verify --all\n"
                   "orchestrator runs verify --file run.orun\n"
                   "orchestrator runs verify run_01K --head run.orun"},
      {.name = "runs salvage",
       .summary = "save what is good of a damaged run",
       .description =
           "Copies the run from its first step to the last one before the damage, and says what is lost. The\n"
           "damaged run stays as it is, and marked as damaged, but with --in-place: that cuts off what is lost, so\n"
           "that the run can be gone on with. Without any of these it only says what could be saved.",
       .arguments = {kRun},
       .flags = joined({{.name = "--to", .value = "STORE", .help = "into this store, under the same id"},
                        {.name = "--out", .value = "FILE", .help = "into a new file", .kind = ValueKind::file},
                        {.name = "--in-place", .help = "in the store that it is in; needs --yes"},
                        {.name = "--yes", .help = "do it"},
                        kJson},
                       store_flags()),
       .examples = "orchestrator runs salvage run_01K\norchestrator runs salvage run_01K --to jsonl:saved\n"
                   "orchestrator runs salvage run_01K --out saved.orun\n"
                   "orchestrator runs salvage run_01K --in-place --yes"},
      {.name = "runs export",
       .summary = "one run as one file",
       .description =
           "Writes the run, the runs that it goes on from, and their contents. The last line is a receipt with the\n"
           "SHA-256 of the file and the head of the run. Without --output, or with '-', it goes to stdout, but not to\n"
           "a terminal.",
       .arguments = {kRun},
       .flags = joined({{.name = "--output", .value = "FILE", .help = "a new file", .kind = ValueKind::file},
                        {.name = "--alone", .help = "without the runs that it goes on from"},
                        {.name = "--redact",
                         .value = "WHAT",
                         .help = "content: digests in place of what was said; the chain still verifies",
                         .kind = ValueKind::choice,
                         .choices = "content"},
                        kJson},
                       store_flags()),
       .examples = "orchestrator runs export @last --output run.orun\n"
                   "orchestrator runs export run_01K --redact content > shareable.orun"},
      {.name = "runs import",
       .summary = "store the runs of an exported file",
       .description =
           "The whole file is checked before anything is stored; damage is named with its line. Each run is stored\n"
           "whole or not at all. A run that the store has already stays as it is, or goes on where the file has more\n"
           "of it; another one of the same id is refused with the first event that differs.",
       .arguments = {{.name = "FILE",
                      .help = "what `runs export` has written; '-' reads it from stdin",
                      .kind = ValueKind::file}},
       .flags = joined({kJson}, store_flags()),
       .examples = "orchestrator runs import run.orun\norchestrator runs import run.orun --store jsonl:elsewhere"},
  };
}

}  // namespace orchestrator::cli
