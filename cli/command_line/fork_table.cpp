// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/fork_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kJson = {.name = "--json", .help = "JSON on stdout, one object a line"};
constexpr FlagSpec kJsonEvents = {.name = "--json", .help = "one event a line on stdout, and nothing else"};
const ArgumentSpec kRun = {.name = "RUN", .help = "a run id, the beginning of one, or @last", .kind = ValueKind::run};

// Those of `run` that a fork has as well; they count in place of what the run had.
constexpr auto kOfRun =
    std::to_array<std::string_view>({"--model", "--fallback", "--system", "--hint", "--workspace", "--approve",
                                     "--gates", "--redact", "--output-schema", "--max-turns", "--max-output-tokens",
                                     "--budget-usd", "--allow-unpriced", "--timeout", "--set", "--label"});

// What a flag means in a fork where that is another thing than in a run.
struct ForkHelp {
  std::string_view name;
  std::string_view help;
};
constexpr auto kForkHelps = std::to_array<ForkHelp>({
    {"--model", "another model, in place of the run's and its fallbacks; default: those of the run"},
    {"--system", "another system text; default: that of the run"},
    {"--hint", "a message that goes with the next request"},
    {"--workspace", "the folder that the tools work in; default: that of the run"},
    {"--approve", "when to ask before a tool call; default: as in the run"},
    {"--output-schema", "a JSON Schema that the answer must satisfy; default: that of the run"},
    {"--max-turns", "answers of the model at most, those before the fork included, 1 to 1000; default: as in the run"},
    {"--max-output-tokens", "tokens of one answer at most; default: as in the run"},
    {"--budget-usd", "what the fork may cost in US dollars, such as 0.05; default: what the run was allowed"},
    {"--timeout", "time for the whole fork, such as 90s, 5m or 1h30m; default: that of the run"},
});

FlagSpec of_fork(FlagSpec flag) {
  const auto found = std::ranges::find(kForkHelps, flag.name, &ForkHelp::name);
  if (found != kForkHelps.end()) {
    flag.help = found->help;
  }
  return flag;
}

std::vector<FlagSpec> fork_flags() {
  std::vector<FlagSpec> flags = {
      {.name = "--at",
       .value = "SEQ|LABEL",
       .help = "the last event that the two share, or the label of a checkpoint; default: the run's last event"},
      {.name = "--prompt", .value = "TEXT", .help = "another input in place of the run's, where it stands"},
      {.name = "--tool-result",
       .value = "CALL=JSON",
       .help = "what a call shall have come to; a string is taken as text",
       .repeated = true},
      {.name = "--gate",
       .value = "RULE=pass|deny",
       .help = "what a rule shall say, whatever it finds",
       .repeated = true},
  };
  for (const FlagSpec& flag : run_flags()) {
    if (std::ranges::find(kOfRun, flag.name) != kOfRun.end()) {
      flags.push_back(of_fork(flag));
    }
  }
  flags.push_back(
      {.name = "--restore-workspace",
       .help = "first put the files in the run's folder back to that event, by an undo of what came after"});
  flags.push_back({.name = "--overwrite",
                   .value = "PATH",
                   .help = "with --restore-workspace: lose what others changed here since; 'all': everywhere",
                   .repeated = true});
  flags.push_back({.name = "--yes", .help = "with --restore-workspace: do it without asking"});
  flags.push_back(trust_imported_flag());
  flags.push_back(kJsonEvents);
  return flags;
}

}  // namespace

std::vector<CommandSpec> fork_commands() {
  return {
      {.name = "fork",
       .summary = "go on from any event of a run in a new one",
       .description =
           "The new run has what the run had up to that event, and goes on from there with what the flags put in its\n"
           "place. Nothing before it is paid or carried out again, and the run stays as it is. What was under way at\n"
           "that event is asked for again; a call that may have happened is looked at before it is made. Files stay "
           "as\n"
           "they are unless --restore-workspace is given; where they are not as they were, the command says so.",
       .arguments = {kRun},
       .flags = joined(fork_flags(), store_flags()),
       .examples = "orchestrator fork @last --at 12 --model openai/gpt-5-mini\n"
                   "orchestrator fork run_01K --at \"before the rewrite\" --hint \"Leave the tests alone\"\n"
                   "orchestrator fork @last --at 20 --restore-workspace\n"
                   "orchestrator fork run_01K --at 20 --tool-result 'call_1=\"the file is empty\"'"},
      {.name = "runs diff",
       .summary = "compare two runs step by step",
       .description =
           "Steps are the input, the answers and the calls. They are aligned by what they are: one that only\n"
           "one of the runs has does not shift the others. A fork is compared with what it has of its\n"
           "source.",
       .arguments = {{.name = "A", .help = kRun.help, .kind = ValueKind::run},
                     {.name = "B", .help = kRun.help, .kind = ValueKind::run}},
       .flags = joined({kJson}, store_flags()),
       .examples = "orchestrator runs diff run_01K @last\n"
                   "orchestrator runs diff run_01K run_01M --json | jq .first_divergence"},
      {.name = "runs timeline",
       .summary = "a run on a time axis",
       .description = "A row for each attempt at an answer and each call, with waits, retries and questions.",
       .arguments = {kRun},
       .flags = joined({kJson}, store_flags()),
       .examples = "orchestrator runs timeline @last\norchestrator runs timeline run_01K --json"},
  };
}

}  // namespace orchestrator::cli
