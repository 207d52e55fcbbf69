// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness {
namespace {

constexpr double kZ = 1.959963984540054;

/// One case under one scorer, over its epochs.
struct CaseVerdict {
  double sum = 0;
  std::uint64_t judged = 0;
  std::uint64_t passed = 0;
  std::optional<RunId> run_id;
  [[nodiscard]] double mean() const { return sum / static_cast<double>(judged); }
  [[nodiscard]] bool is_passed() const { return 2 * passed >= judged; }
};

std::map<std::string, CaseVerdict> verdicts_of(const EvalResults& results, const std::string& scorer) {
  std::map<std::string, CaseVerdict> verdicts;
  for (const EvalRecord& record : results.records) {
    const auto found = std::ranges::find(record.scores, scorer, &ScoreRecord::scorer);
    if (found == record.scores.end() || !found->score) continue;
    CaseVerdict& verdict = verdicts[record.case_id];
    verdict.sum += found->score->value;
    verdict.judged += 1;
    verdict.passed += found->score->passed ? 1 : 0;
    if (!verdict.run_id) verdict.run_id = record.run_id;
  }
  return verdicts;
}

ScorerComparison compare_scorer(const EvalResults& before, const EvalResults& after, const std::string& scorer) {
  ScorerComparison comparison;
  comparison.scorer = scorer;
  const auto old_verdicts = verdicts_of(before, scorer);
  const auto new_verdicts = verdicts_of(after, scorer);
  std::vector<double> differences;
  double sum_before = 0;
  double sum_after = 0;
  for (const auto& [id, old_verdict] : old_verdicts) {
    const auto found = new_verdicts.find(id);
    if (found == new_verdicts.end()) continue;
    const CaseVerdict& new_verdict = found->second;
    differences.push_back(new_verdict.mean() - old_verdict.mean());
    sum_before += old_verdict.mean();
    sum_after += new_verdict.mean();
    if (old_verdict.is_passed() == new_verdict.is_passed()) continue;
    Flip flip{id, old_verdict.mean(), new_verdict.mean(), old_verdict.run_id, new_verdict.run_id};
    (new_verdict.is_passed() ? comparison.to_pass : comparison.to_fail).push_back(std::move(flip));
  }
  comparison.cases = differences.size();
  if (differences.empty()) return comparison;
  const auto count = static_cast<double>(differences.size());
  comparison.mean_before = sum_before / count;
  comparison.mean_after = sum_after / count;
  comparison.difference = comparison.mean_after - comparison.mean_before;
  comparison.p_value = mcnemar_exact(comparison.to_fail.size(), comparison.to_pass.size());
  if (differences.size() < 2) return comparison;
  double squares = 0;
  for (const double difference : differences) {
    squares += (difference - comparison.difference) * (difference - comparison.difference);
  }
  const double spread = kZ * std::sqrt(squares / (count - 1) / count);
  comparison.interval =
      Interval{std::max(-1.0, comparison.difference - spread), std::min(1.0, comparison.difference + spread)};
  return comparison;
}

std::map<std::string, Hash> cases_of(const EvalResults& results) {
  std::map<std::string, Hash> cases;
  for (const EvalRecord& record : results.records) cases[record.case_id] = record.case_hash;
  return cases;
}

}  // namespace

double mcnemar_exact(std::uint64_t b, std::uint64_t c) {
  if (b == c) return 1;
  const auto all = static_cast<double>(b + c);
  double sum = 0;
  double log_term = -all * std::log(2.0);  // of i = 0; each next one is (all - i) / (i + 1) times as likely
  for (std::uint64_t i = 0; i <= std::min(b, c); ++i) {
    sum += std::exp(log_term);
    log_term += std::log((all - static_cast<double>(i)) / (static_cast<double>(i) + 1));
  }
  return std::min(1.0, 2 * sum);
}

Result<EvalComparison> compare(const EvalResults& before, const EvalResults& after) {
  EvalComparison comparison;
  comparison.before = before.header;
  comparison.after = after.header;
  bool has_judged = false;
  for (const std::string& scorer : before.header.scorers) {
    if (std::ranges::find(after.header.scorers, scorer) == after.header.scorers.end()) continue;
    comparison.scorers.push_back(compare_scorer(before, after, scorer));
    has_judged = has_judged || comparison.scorers.back().cases > 0;
  }
  if (comparison.scorers.empty()) {
    return fail(RuntimeErrorCode::invalid_argument, "the two evaluations have no scorer in common", "scorers");
  }
  if (!has_judged) {
    return fail(RuntimeErrorCode::invalid_argument, "no case was judged by the same scorer in both evaluations",
                "cases");
  }
  const auto old_cases = cases_of(before);
  const auto new_cases = cases_of(after);
  for (const auto& [id, hash] : old_cases) {
    const auto found = new_cases.find(id);
    if (found == new_cases.end()) {
      comparison.only_before.push_back(id);
    } else if (found->second != hash) {
      comparison.changed.push_back(id);
    }
  }
  for (const auto& [id, hash] : new_cases) {
    if (!old_cases.contains(id)) comparison.only_after.push_back(id);
  }
  const EvalSummary old_summary = summarise(before);
  const EvalSummary new_summary = summarise(after);
  comparison.cost_before = old_summary.cost_micro_usd;
  comparison.cost_after = new_summary.cost_micro_usd;
  comparison.failures_before = old_summary.run_failures + old_summary.scorer_failures;
  comparison.failures_after = new_summary.run_failures + new_summary.scorer_failures;
  comparison.not_recorded = new_summary.not_recorded;
  return comparison;
}

}  // namespace orchestrator::harness
