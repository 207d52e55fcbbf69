// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness {
namespace {

constexpr double kZ = 1.959963984540054;  // of 95 %, two-sided

void add(KnownSum& sum, const std::optional<std::uint64_t>& part) {
  if (part) {
    sum.known += *part;
  } else {
    sum.unknown += 1;
  }
}

const ScoreRecord* find(const EvalRecord& record, const std::string& scorer) {
  const auto found = std::ranges::find(record.scores, scorer, &ScoreRecord::scorer);
  return found == record.scores.end() ? nullptr : &*found;
}

ScorerSummary summarise_scorer(const EvalResults& results, const std::string& scorer) {
  ScorerSummary summary;
  summary.scorer = scorer;
  std::map<std::string, std::vector<double>> by_case;
  double sum = 0;
  for (const EvalRecord& record : results.records) {
    const ScoreRecord* entry = find(record, scorer);
    if (entry == nullptr) continue;
    if (!entry->score) {
      summary.errors += 1;
      continue;
    }
    summary.judged += 1;
    summary.passed += entry->score->passed ? 1 : 0;
    sum += entry->score->value;
    by_case[record.case_id].push_back(entry->score->value);
  }
  if (summary.judged == 0) return summary;
  const auto judged = static_cast<double>(summary.judged);
  summary.mean = sum / judged;
  summary.pass_rate = static_cast<double>(summary.passed) / judged;
  const auto cases = static_cast<double>(by_case.size());
  summary.pass_interval = wilson_interval(summary.pass_rate * cases, cases);
  std::vector<std::vector<double>> values;
  for (auto& [id, of_case] : by_case) values.push_back(std::move(of_case));
  summary.standard_error = clustered_standard_error(values);
  if (summary.standard_error) {
    summary.mean_interval = Interval{std::max(0.0, summary.mean - kZ * *summary.standard_error),
                                     std::min(1.0, summary.mean + kZ * *summary.standard_error)};
  }
  return summary;
}

}  // namespace

Interval wilson_interval(double passed, double trials) {
  const double rate = passed / trials;
  const double square = kZ * kZ;
  const double middle = rate + square / (2 * trials);
  const double spread = kZ * std::sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials));
  const double scale = 1 + square / trials;
  return {std::max(0.0, (middle - spread) / scale), std::min(1.0, (middle + spread) / scale)};
}

std::optional<double> clustered_standard_error(const std::vector<std::vector<double>>& values_of_cases) {
  double sum = 0;
  double count = 0;
  double cases = 0;
  for (const std::vector<double>& values : values_of_cases) {
    for (const double value : values) sum += value;
    count += static_cast<double>(values.size());
    cases += values.empty() ? 0 : 1;
  }
  if (cases < 2) return std::nullopt;
  const double mean = sum / count;
  double squares = 0;
  for (const std::vector<double>& values : values_of_cases) {
    double deviation = 0;
    for (const double value : values) deviation += value - mean;
    squares += deviation * deviation;
  }
  return std::sqrt(cases / (cases - 1) * squares) / count;
}

EvalSummary summarise(const EvalResults& results) {
  EvalSummary summary;
  for (const std::string& scorer : results.header.scorers) {
    summary.scorers.push_back(summarise_scorer(results, scorer));
  }
  for (const EvalRecord& record : results.records) {
    summary.records += 1;
    summary.not_recorded += record.not_recorded;
    summary.reused += record.reused ? 1 : 0;
    add(summary.input_tokens, record.input_tokens);
    add(summary.output_tokens, record.output_tokens);
    add(summary.cost_micro_usd, record.cost_micro_usd);
    for (const ScoreRecord& entry : record.scores) {
      add(summary.scoring_tokens, entry.score ? entry.score->tokens : std::nullopt);
      add(summary.scoring_cost_micro_usd, entry.score ? entry.score->cost_micro_usd : std::nullopt);
      if (entry.error) summary.failures[entry.error->code] += 1;
    }
    if (record.status == EvalStatus::run_failed) {
      summary.run_failures += 1;
      summary.failures[record.error ? record.error->code : "unknown"] += 1;
      continue;
    }
    summary.scorer_failures += record.status == EvalStatus::scorer_failed ? 1 : 0;
    const bool is_passed =
        std::ranges::all_of(record.scores, [](const ScoreRecord& entry) { return entry.score && entry.score->passed; });
    summary.passed += is_passed ? 1 : 0;
  }
  return summary;
}

}  // namespace orchestrator::harness
