// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/runs_table.hpp"

#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kJsonLines = {.name = "--json", .help = "JSON on stdout, one object a line"};
constexpr FlagSpec kDryRun = {.name = "--dry-run", .help = "only say what would go"};
constexpr FlagSpec kYes = {.name = "--yes", .help = "do it"};

}  // namespace

std::vector<FlagSpec> run_filter_flags() {
  return {
      {.name = "--status",
       .value = "STATUS",
       .help = "only runs that are active, completed, failed or aborted",
       .kind = ValueKind::choice,
       .choices = "active completed failed aborted"},
      {.name = "--session", .value = "ID", .help = "only runs of this session", .kind = ValueKind::session},
      {.name = "--kind",
       .value = "KIND",
       .help = "only runs of this kind: live, replay, fork or undo",
       .kind = ValueKind::choice,
       .choices = "live replay fork undo"},
      {.name = "--parent",
       .value = "RUN",
       .help = "only runs that were made out of this one: forks, replays, undos and runs of it again",
       .kind = ValueKind::run},
      {.name = "--of-model", .value = "TEXT", .help = "only runs whose model has this in its name"},
      {.name = "--error", .value = "CODE", .help = "only runs that failed with this code"},
      {.name = "--older-than", .value = "DUR", .help = "only runs that began longer ago, such as 30d or 12h"},
      {.name = "--newer-than", .value = "DUR", .help = "only runs that began since then"},
      {.name = "--min-cost", .value = "USD", .help = "only runs whose known cost is at least this"},
  };
}

std::vector<CommandSpec> runs_commands() {
  return {
      {.name = "runs search",
       .summary = "find runs by the text of their input and output",
       .description = "Finds runs, newest first, that hold every word of TEXT anywhere in their input or output;\n"
                      "capitals do not matter. What a model said before its last answer is not looked at.",
       .arguments = {{.name = "TEXT", .help = "words, all of which must occur"}},
       .flags = joined(joined({{.name = "--limit", .value = "N", .help = "how many at most, 1 to 100000; default 20"}},
                              run_filter_flags()),
                       joined({kJsonLines}, store_flags())),
       .examples = "orchestrator runs search \"connection refused\"\n"
                   "orchestrator runs search invoice --newer-than 7d --json | jq -r .run_id"},
      {.name = "runs delete",
       .summary = "remove runs; cannot be taken back",
       .description = "A run on which others build, as forks or as what came after it in its session, is refused\n"
                      "unless these go with it. Removes all of the runs, or none.",
       .arguments =
           {{.name = "RUN", .help = "run ids, beginnings of them, or @last", .kind = ValueKind::run, .repeated = true}},
       .flags =
           joined({{.name = "--with-forks", .help = "remove what builds on them as well"}, kDryRun, kYes, kJsonLines},
                  store_flags()),
       .examples = "orchestrator runs delete run_01K --dry-run\norchestrator runs delete run_01K run_01M --yes"},
      {.name = "runs prune",
       .summary = "remove old runs; cannot be taken back",
       .description =
           "Removes runs that have ended and break any of the bounds that are given. A run on which one that\n"
           "stays builds, stays as well, so that sessions and forks go on. With --erase-content the runs stay in\n"
           "lists and their hashes verify, but what was said in them is gone: they cannot be replayed, forked or\n"
           "taken back any more.",
       .arguments = {},
       .flags = joined(
           {{.name = "--older-than", .value = "DUR", .help = "runs whose last event is older, such as 30d, go"},
            {.name = "--keep", .value = "N", .help = "all but the newest N runs go"},
            {.name = "--max-bytes", .value = "SIZE", .help = "the newest runs stay as long as they fit, such as 2GiB"},
            {.name = "--session", .value = "ID", .help = "only runs of this session", .kind = ValueKind::session},
            {.name = "--erase-content", .help = "erase what was said in these runs, and keep the rest of them"},
            kDryRun,
            kYes,
            kJsonLines},
           store_flags()),
       .examples = "orchestrator runs prune --older-than 90d --dry-run\n"
                   "orchestrator runs prune --older-than 30d --erase-content --yes\n"
                   "orchestrator runs prune --keep 1000 --max-bytes 2GiB --yes"},
  };
}

}  // namespace orchestrator::cli
