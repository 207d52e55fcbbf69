// SPDX-License-Identifier: Apache-2.0
// `orchestrator eval run|report|compare`

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/eval_order.hpp"
#include "cli/commands/eval_scorer_spec.hpp"
#include "cli/commands/eval_stop.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/eval_progress.hpp"
#include "cli/store/blocking_wait.hpp"
#include "orchestrator/harness/evals.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::cli {
namespace {

using harness::Dataset;
using harness::Eval;
using harness::EvalResults;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using Scorers = std::vector<std::shared_ptr<harness::Scorer>>;

constexpr double kSignificant = 0.05;
constexpr std::uint64_t kFlipsMost = 1'000'000;

Result<Dataset> dataset_of(const EvalOrder& order, const harness::Harness& harness) {
  auto dataset =
      order.cohort ? wait_for(harness::dataset_of_runs(harness.store(), *order.cohort)) : Dataset::load(*order.dataset);
  if (!dataset || !order.sample) {
    return dataset;
  }
  return order.stratify.empty() ? dataset->sample(*order.sample, order.seed)
                                : dataset->stratified_sample(order.stratify, *order.sample, order.seed);
}

/// Makes the folder of --out, and gives the file of that name in it; empty without --out.
Result<std::string> results_path(const EvalOrder& order, const std::string& name) {
  if (!order.out) {
    return std::string();
  }
  if (::mkdir(order.out->c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(RuntimeErrorCode::storage_failed,
                "--out: the folder " + *order.out + " cannot be made: " + std::strerror(errno), *order.out);
  }
  return *order.out + "/" + name;
}

/// What stored runs themselves said, by the same scorers: what their re-runs are held against.
Result<EvalResults> judge_recorded(const EvalOrder& order, const Dataset& dataset, const Scorers& scorers,
                                   harness::Harness& harness, const EvalStop& stop) {
  auto path = results_path(order, "recorded.jsonl");
  if (!path) {
    return std::unexpected(std::move(path.error()));
  }
  harness::EvalConfig config;
  config.name = order.config.name;
  config.mode = harness::EvalMode::recorded;
  config.concurrency = order.config.concurrency;
  config.case_timeout_ms = order.config.case_timeout_ms;
  config.results_file = *std::move(path);
  auto eval = Eval::make(dataset, scorers, std::move(config));
  return eval ? eval->run(harness, {}, stop.token()) : std::unexpected(std::move(eval.error()));
}

/// What is said of results that are all there.
ExitStatus judge_results(CommandContext& context, const EvalOrder& order, const EvalResults& results) {
  const harness::EvalSummary summary = harness::summarise(results);
  ExitStatus status = ExitStatus::done;
  if (summary.run_failures + summary.scorer_failures > 0) {
    context.notes.note(std::to_string(summary.run_failures) + " runs failed, and " +
                       std::to_string(summary.scorer_failures) + " answers could not be judged");
    status = ExitStatus::failed;
  }
  for (const harness::ScorerSummary& scorer : summary.scorers) {
    if (order.fail_under && scorer.pass_rate < *order.fail_under) {
      context.notes.note("--fail-under: the pass rate of " + scorer.scorer + " is below it");
      status = ExitStatus::failed;
    }
  }
  return status;
}

/// A failure that is a matter of the command line here: the status 1 says that a bound is not met.
ExitStatus refuse(CommandContext& context, const harness::Error& error) {
  report(context, error);
  return ExitStatus::usage;
}

ExitStatus run_order(CommandContext& context, const EvalOrder& order, const Scorers& scorers,
                     harness::Harness& harness) {
  auto dataset = dataset_of(order, harness);
  if (!dataset) {
    return report(context, dataset.error());
  }
  auto path = results_path(order, "results.jsonl");
  if (!path) {
    return report(context, path.error());
  }
  harness::EvalConfig config = order.config;
  config.results_file = *std::move(path);
  auto eval = Eval::make(*dataset, scorers, std::move(config));
  if (!eval) {
    return report(context, eval.error());
  }
  EvalStop stop(harness.executor(), context.notes);
  EvalProgressLine line(STDERR_FILENO, context.terminal);
  auto results =
      eval->run(harness, [&line](const harness::EvalProgress& progress) { line.show(progress); }, stop.token());
  line.clear();
  if (!results) {
    const bool is_other = results.error().code == harness::name_of(RuntimeErrorCode::precondition_failed);
    const ExitStatus status = is_other ? refuse(context, results.error()) : report(context, results.error());
    if (stop.is_stopped() && order.out) {
      context.notes.note("the same command goes on with what is in " + *order.out);
    }
    return stop.is_stopped() ? ExitStatus::aborted : status;
  }
  const bool json = context.invocation.has("--json");
  context.out.write(json ? harness::json_report(*results) : harness::table_report(*results));
  if (order.cohort) {
    auto recorded = judge_recorded(order, *dataset, scorers, harness, stop);
    auto comparison = recorded ? harness::compare(*recorded, *results) : std::unexpected(recorded.error());
    if (!comparison) {
      context.notes.note("not compared with what is recorded: " + comparison.error().message);
    } else {
      context.out.write(json ? harness::json_report(*comparison) : "\n" + harness::table_report(*comparison));
    }
  }
  return judge_results(context, order, *results);
}

/// A results file, or the one in a folder.
Result<EvalResults> load(const std::string& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  return harness::load_eval_results(is_folder ? path + "/results.jsonl" : path);
}

/// The bounds that flags set, as what is said of each that is not met. Error: `invalid_argument`.
Result<std::vector<std::string>> missed_bounds(const Invocation& invocation,
                                               const harness::EvalComparison& comparison) {
  std::vector<std::string> missed;
  std::optional<std::uint64_t> flips_most;
  std::optional<double> least;
  if (const auto text = invocation.value("--max-flips"); text) {
    const auto count = parse_count(*text, 0, kFlipsMost);
    if (!count) {
      return fail(RuntimeErrorCode::invalid_argument, "--max-flips " + count.error(), "--max-flips");
    }
    flips_most = *count;
  }
  if (const auto text = invocation.value("--fail-under"); text) {
    auto share = read_share("--fail-under", *text);
    if (!share) {
      return std::unexpected(std::move(share.error()));
    }
    least = *share;
  }
  for (const harness::ScorerComparison& scorer : comparison.scorers) {
    if (flips_most && scorer.to_fail.size() > *flips_most) {
      missed.push_back("--max-flips: " + std::to_string(scorer.to_fail.size()) + " cases pass " + scorer.scorer +
                       " no more");
    }
    if (least && scorer.mean_after < *least) {
      missed.push_back("--fail-under: the mean of " + scorer.scorer + " is below it");
    }
    const bool is_worse = scorer.to_fail.size() > scorer.to_pass.size() && scorer.p_value < kSignificant;
    if (invocation.has("--fail-significant") && is_worse) {
      missed.push_back("--fail-significant: " + scorer.scorer + " has become worse");
    }
  }
  return missed;
}

}  // namespace

ExitStatus eval_run_command(CommandContext& context) {
  auto words = EvalWords::read(context.invocation);
  if (!words) {
    return report(context, words.error());
  }
  // The configuration and the harness know the command line alone.
  const Invocation invocation = words->on_command_line(context.invocation, {"--redact", "--injection"});
  const CommandContext asked{invocation, context.environment, context.terminal, context.out, context.notes};
  auto configuration = load_configuration(asked);
  if (!configuration) {
    return report(context, configuration.error());
  }
  auto order = read_eval_order(*words, invocation, *configuration);
  if (!order) {
    return report(context, order.error());
  }
  auto scorers = make_scorers(*order, *words, *configuration, context.environment);
  if (!scorers) {
    return report(context, scorers.error());
  }
  auto harness = make_harness(asked, *configuration, words->path("--gates"));
  if (!harness) {
    return report(context, harness.error());
  }
  return run_order(context, *order, *scorers, *harness);
}

ExitStatus eval_report_command(CommandContext& context) {
  auto results = load(context.invocation.arguments.front());
  if (!results) {
    return refuse(context, results.error());
  }
  const std::string format = context.invocation.value("--format").value_or("table");
  context.out.write(format == "json"    ? harness::json_report(*results)
                    : format == "junit" ? harness::junit_report(*results)
                    : format == "html"  ? harness::html_report(*results)
                                        : harness::table_report(*results));
  if (!results->is_complete()) {
    context.notes.note("not all records are there: the evaluation was stopped, or still goes on");
  }
  return ExitStatus::done;
}

ExitStatus eval_compare_command(CommandContext& context) {
  auto before = load(context.invocation.arguments[0]);
  auto after = before ? load(context.invocation.arguments[1]) : before;
  if (!after) {
    return refuse(context, after.error());
  }
  auto comparison = harness::compare(*before, *after);
  if (!comparison) {
    return refuse(context, comparison.error());
  }
  auto missed = missed_bounds(context.invocation, *comparison);
  if (!missed) {
    return refuse(context, missed.error());
  }
  const bool json = context.invocation.value("--format") == "json";
  context.out.write(json ? harness::json_report(*comparison) : harness::table_report(*comparison));
  for (const std::string& what : *missed) {
    context.notes.note(what);
  }
  return missed->empty() ? ExitStatus::done : ExitStatus::failed;
}

}  // namespace orchestrator::cli
