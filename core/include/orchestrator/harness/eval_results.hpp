// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an evaluation found: one record for each case and epoch, kept as JSONL while it goes on, and what follows from
// them. Values and pure functions, safe on any thread, where not said otherwise.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/eval_scorer.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness {

/// What one scorer said of one record: a score, or why there is none.
struct ScoreRecord {
  std::string scorer;
  std::optional<Score> score;
  std::optional<Error> error;
};

/// How a case ended in one epoch.
enum class EvalStatus : std::uint8_t {
  scored,        // every scorer has judged it
  run_failed,    // the run gave no answer: an error of the model or the machine, not a wrong answer
  scorer_failed  // the run answered, and at least one scorer could not judge it
};

/// One case in one epoch.
struct EvalRecord {
  Hash key;  // of all that it depends on: configuration, model, case and epoch
  std::string case_id;
  Hash case_hash;
  std::uint64_t place = 0;  // of the case in its dataset, from 0
  std::uint32_t epoch = 1;
  std::map<std::string, std::string> tags;
  EvalStatus status = EvalStatus::scored;
  std::optional<RunId> run_id;  // empty where the run was refused
  std::optional<RunId> source;  // of a re-run
  std::string output;           // at most 16 KiB of it
  std::optional<Error> error;   // of a failed run
  std::vector<ScoreRecord> scores;
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> cost_micro_usd;  // of the run; that of scoring is with the scores
  std::optional<std::uint64_t> latency_us;
  std::uint32_t tool_calls = 0;
  std::uint32_t not_recorded = 0;  // tool calls of a re-run that its source has no result for
  bool reused = false;             // taken over from earlier results
};

/// What was evaluated.
struct EvalHeader {
  Hash eval_hash;  // of configuration, model, scorers, dataset and epochs
  std::string name;
  std::string dataset;
  Hash dataset_hash;
  std::uint64_t cases = 0;
  std::uint32_t epochs = 1;
  std::string model;
  RawJson config;                    // a JSON object
  std::vector<std::string> scorers;  // in order
};

/// A header, and the records in the order of dataset and epochs.
struct EvalResults {
  EvalHeader header;
  std::vector<EvalRecord> records;
  /// True when there is a record for each case and epoch.
  [[nodiscard]] bool is_complete() const { return records.size() == header.cases * header.epochs; }
};

/// One line each, without line end. A record that is read back is equal in all that reports use.
[[nodiscard]] std::string json_of(const EvalHeader& header);
[[nodiscard]] std::string json_of(const EvalRecord& record);
/// Reads a results file: at most 1 GiB; of two records with one key the later counts; a torn last line is left out.
/// Blocking. Errors: `storage_failed`, `invalid_argument` naming file and line, `version_too_new`.
[[nodiscard]] Result<EvalResults> load_eval_results(const std::string& path);

/// An interval of 95 %.
struct Interval {
  double low = 0;
  double high = 0;
};

/// A sum over what is known, and how often it was not known.
struct KnownSum {
  std::uint64_t known = 0;
  std::uint64_t unknown = 0;
  /// The whole, or nothing where a part is unknown.
  [[nodiscard]] std::optional<std::uint64_t> total() const {
    return unknown == 0 ? std::optional(known) : std::nullopt;
  }
};

/// What one scorer found over all records that it has judged.
struct ScorerSummary {
  std::string scorer;
  std::uint64_t judged = 0;
  std::uint64_t passed = 0;
  std::uint64_t errors = 0;
  double mean = 0;                        // of the values
  std::optional<double> standard_error;   // of the mean; empty with fewer than two cases
  std::optional<Interval> mean_interval;  // mean +- 1.96 standard errors, within 0 and 1
  double pass_rate = 0;
  std::optional<Interval> pass_interval;  // empty where nothing was judged
};

/// An evaluation in numbers.
struct EvalSummary {
  std::vector<ScorerSummary> scorers;  // in the header's order
  std::uint64_t records = 0;
  std::uint64_t run_failures = 0;
  std::uint64_t scorer_failures = 0;  // records with at least one
  std::uint64_t passed = 0;           // records that every scorer passed
  std::uint64_t not_recorded = 0;     // tool calls
  std::uint64_t reused = 0;           // records
  KnownSum input_tokens;
  KnownSum output_tokens;
  KnownSum cost_micro_usd;  // of the runs
  KnownSum scoring_tokens;
  KnownSum scoring_cost_micro_usd;
  std::map<std::string, std::uint64_t> failures;  // by error code, of runs and scorers
};

/// Wilson's score interval for `passed` of `trials` (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, p. 209), z = 1.96:
/// (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Both may be fractions. REQUIRES: 0 <= passed <= trials >
/// 0.
[[nodiscard]] Interval wilson_interval(double passed, double trials);

/// The standard error of the mean of all values where those of one case belong together: sqrt(G/(G-1)) / n *
/// sqrt(sum over cases of (sum over its values of (value - mean))^2). For G cases of one value each it is s/sqrt(n).
/// E. Miller, Adding Error Bars to Evals, arXiv:2411.00640 (2024), on clustered standard errors; the factor G/(G-1) as
/// of A. C. Cameron and D. L. Miller, J. Human Resources 50 (2015). Empty for fewer than two cases.
[[nodiscard]] std::optional<double> clustered_standard_error(const std::vector<std::vector<double>>& values_of_cases);

/// Sums up. The interval of a pass rate takes each case as one trial, since epochs of one case are not independent; so
/// it is rather too wide than too narrow.
[[nodiscard]] EvalSummary summarise(const EvalResults& results);

/// A case whose verdict differs between two evaluations. A case passes where at least half of its judged epochs do.
struct Flip {
  std::string case_id;
  double before = 0;  // mean values
  double after = 0;
  std::optional<RunId> run_before;  // of the first epoch
  std::optional<RunId> run_after;
};

/// One scorer in two evaluations, over the cases that both have judged.
struct ScorerComparison {
  std::string scorer;
  std::uint64_t cases = 0;
  double mean_before = 0;
  double mean_after = 0;
  double difference = 0;             // after - before
  std::optional<Interval> interval;  // of the difference, paired by case: d +- 1.96 s_d/sqrt(cases),
                                     // within -1 and 1; Miller 2024
  std::vector<Flip> to_pass;
  std::vector<Flip> to_fail;
  /// McNemar's exact test of the flips, two-sided: how likely flips this uneven are where each way is as likely as the
  /// other (binomial with 1/2; Q. McNemar, Psychometrika 12, 1947). 1 without flips.
  double p_value = 1;
};

/// Two evaluations side by side. Costs are of the runs.
struct EvalComparison {
  EvalHeader before;
  EvalHeader after;
  std::vector<ScorerComparison> scorers;  // those that both have
  std::vector<std::string> only_before;   // ids of cases
  std::vector<std::string> only_after;
  std::vector<std::string> changed;  // ids whose case has another hash; they are compared all the same
  KnownSum cost_before;
  KnownSum cost_after;
  std::uint64_t failures_before = 0;
  std::uint64_t failures_after = 0;
  std::uint64_t not_recorded = 0;  // tool calls of `after`
};

/// Compares by case id. Error: `invalid_argument` where no scorer or no judged case is in both.
[[nodiscard]] Result<EvalComparison> compare(const EvalResults& before, const EvalResults& after);
/// Probability of the exact two-sided test of McNemar for `b` flips one way and `c` the other; 1 where both are 0.
[[nodiscard]] double mcnemar_exact(std::uint64_t b, std::uint64_t c);

/// Reports. Each is the whole text with its last line end; `html` needs no other file and loads nothing.
[[nodiscard]] std::string table_report(const EvalResults& results);
[[nodiscard]] std::string json_report(const EvalResults& results);
/// One test suite for each scorer, one test case for each record: a verdict that is not a pass is a failure, what was
/// not judged an error.
[[nodiscard]] std::string junit_report(const EvalResults& results);
[[nodiscard]] std::string html_report(const EvalResults& results);
[[nodiscard]] std::string table_report(const EvalComparison& comparison);
[[nodiscard]] std::string json_report(const EvalComparison& comparison);

}  // namespace orchestrator::harness
