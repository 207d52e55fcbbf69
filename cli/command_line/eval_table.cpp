// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line/eval_table.hpp"

#include "cli/command_line/run_flags.hpp"

namespace orchestrator::cli {
namespace {

constexpr FlagSpec kHelp = {.name = "--help", .help = "show this help"};

std::vector<FlagSpec> eval_run_flags() {
  return {
      {.name = "--dataset", .value = "FILE", .help = "the cases, one JSON object a line", .kind = ValueKind::file},
      {.name = "--runs",
       .value = "FILTER",
       .help = "run stored runs again, their tools answered from their journals: all, or any of "
               "status=, model=, session=, id=, label.KEY=, tools=yes, limit=N, joined by commas"},
      {.name = "--scorer",
       .value = "SPEC",
       .help = "exact, contains, regex:PATTERN, json_schema:FILE, numeric, trajectory:ORDER, similarity:THRESHOLD, "
               "judge:RUBRIC-FILE; options behind them as [OPTION,...]",
       .repeated = true},
      {.name = "--judge-model", .value = "P/M", .help = "the model that judges; default: that of the evaluation"},
      {.name = "--model", .value = "PROVIDER/MODEL", .help = "the model to evaluate"},
      {.name = "--system", .value = "TEXT", .help = "the system text of cases that have none; of stored runs: of all"},
      {.name = "--set", .value = "KEY=VALUE", .help = "a setting, as of 'run'", .repeated = true},
      {.name = "--context-tokens", .value = "N", .help = "tokens of a request's items at most, by estimate"},
      {.name = "--when-full",
       .value = "WHAT",
       .help = "what older items leave behind where that is passed; default: as configured, or as recorded",
       .kind = ValueKind::choice,
       .choices = "trim extract summarise"},
      {.name = "--drop-unsupported", .help = "leave out what the model does not take, instead of refusing the run"},
      {.name = "--tool",
       .value = "NAME",
       .help = "a tool the model may call, besides those of --workspace; nobody is asked",
       .repeated = true,
       .kind = ValueKind::tool},
      {.name = "--no-tools", .help = "give the model no tools, whatever the configuration says"},
      {.name = "--workspace",
       .value = "DIR",
       .help = "give the model the workspace tools on this folder",
       .kind = ValueKind::file},
      gates_flag(),
      redact_flag(),
      injection_flag(),
      {.name = "--budget-usd", .value = "X", .help = "what each run may cost in US dollars, such as 0.05"},
      {.name = "--allow-unpriced", .help = "with --budget-usd: let a model of unknown price run, counted as free"},
      {.name = "--name", .value = "NAME", .help = "what the evaluation is called; default: eval"},
      {.name = "--epochs", .value = "N", .help = "how often each case is run, 1 to 1000; default: 1"},
      {.name = "--concurrency", .value = "N", .help = "cases at once, 1 to 256; default: 4"},
      {.name = "--case-timeout", .value = "DUR", .help = "time of one run, and of its scorers; default: 10m"},
      {.name = "--sample", .value = "N", .help = "only N of the cases, chosen by --seed"},
      {.name = "--seed", .value = "N", .help = "of --sample; default: 0"},
      {.name = "--stratify", .value = "TAG", .help = "with --sample: keep the shares of this tag's values"},
      {.name = "--out",
       .value = "DIR",
       .help = "keep results there, and go on with those of the same evaluation",
       .kind = ValueKind::file},
      {.name = "--reuse",
       .value = "RESULTS",
       .help = "take over what these results have of the same content",
       .repeated = true,
       .kind = ValueKind::file},
      {.name = "--retry-failed", .help = "make failed runs and scores of --out again"},
      {.name = "--fail-under", .value = "X", .help = "exit 1 where a scorer's pass rate is below X, 0 to 1"},
      {.name = "--json", .help = "the report as JSON"},
  };
}

}  // namespace

std::vector<CommandSpec> eval_commands() {
  return {
      {.name = "eval run",
       .summary = "run the cases of a dataset, or stored runs again, and score the answers",
       .description =
           "FILE is TOML with the flags as its keys (dataset, scorers = [...], model, epochs, ...); flags go\n"
           "before it, and its paths are from its own folder. Exit status: 1 where a run or a scorer failed,\n"
           "or --fail-under is not met.",
       .arguments = {{.name = "FILE", .help = "an evaluation", .required = false, .kind = ValueKind::file}},
       .flags = joined(eval_run_flags(), store_flags()),
       .examples = "orchestrator eval run --dataset cases.jsonl --scorer exact --epochs 5 --out results\n"
                   "orchestrator eval run --dataset sums.jsonl --scorer numeric --sample 20 --fail-under 0.8\n"
                   "orchestrator eval run --runs label.suite=a,limit=50 --model chat/other --scorer exact --out rerun"},
      {.name = "eval report",
       .summary = "the report of an evaluation",
       .description = {},
       .arguments = {{.name = "RESULTS", .help = "a results file, or the folder of --out", .kind = ValueKind::file}},
       .flags = {{.name = "--format",
                  .value = "FORMAT",
                  .help = "default: table",
                  .kind = ValueKind::choice,
                  .choices = "table json junit html"},
                 kHelp},
       .examples = "orchestrator eval report results --format html > report.html\n"
                   "orchestrator eval report results --format junit > junit.xml"},
      {.name = "eval compare",
       .summary = "what differs between two evaluations, case by case",
       .description = "Cases are matched by their ids. Without a flag that sets a bound the exit status is 0.",
       .arguments = {{.name = "BEFORE", .help = "results, as of 'eval report'", .kind = ValueKind::file},
                     {.name = "AFTER", .help = "results to hold against them", .kind = ValueKind::file}},
       .flags = {{.name = "--format",
                  .value = "FORMAT",
                  .help = "default: table",
                  .kind = ValueKind::choice,
                  .choices = "table json"},
                 {.name = "--max-flips", .value = "N", .help = "exit 1 where more cases than N pass no more"},
                 {.name = "--fail-under", .value = "X", .help = "exit 1 where a scorer's mean in AFTER is below X"},
                 {.name = "--fail-significant",
                  .help = "exit 1 where a scorer has become worse and its p-value is below 0.05"},
                 kHelp},
       .examples = "orchestrator eval compare main branch --max-flips 0"},
  };
}

}  // namespace orchestrator::cli
