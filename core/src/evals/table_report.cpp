// SPDX-License-Identifier: Apache-2.0
// Reports for a terminal, and for programs.
#include <boost/json.hpp>

#include <algorithm>
#include <utility>

#include "evals/case_json.hpp"
#include "evals/report_text.hpp"
#include "evals/results_json.hpp"
#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness {
namespace {

namespace json = boost::json;

constexpr std::size_t kLineBytes = 160;
constexpr std::size_t kRowsMost = 50;

/// How many characters a text has, as long as each takes one column.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Lines of cells, padded to columns.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

json::value json_of(const std::optional<Interval>& interval) {
  return interval ? json::value(json::array{interval->low, interval->high}) : json::value(nullptr);
}

json::object json_of(const KnownSum& sum) {
  return {{"total", evals::number_or_null(sum.total())}, {"known", sum.known}, {"unknown", sum.unknown}};
}

json::object json_of(const ScorerSummary& scorer) {
  return {{"scorer", scorer.scorer},
          {"judged", scorer.judged},
          {"passed", scorer.passed},
          {"errors", scorer.errors},
          {"mean", scorer.mean},
          {"standard_error", scorer.standard_error ? json::value(*scorer.standard_error) : json::value(nullptr)},
          {"mean_interval", json_of(scorer.mean_interval)},
          {"pass_rate", scorer.pass_rate},
          {"pass_interval", json_of(scorer.pass_interval)}};
}

json::array json_of(const std::vector<Flip>& flips) {
  const auto id = [](const std::optional<RunId>& run) { return run ? json::value(run->str()) : json::value(nullptr); };
  json::array list;
  for (const Flip& flip : flips) {
    list.push_back({{"case_id", flip.case_id},
                    {"before", flip.before},
                    {"after", flip.after},
                    {"run_before", id(flip.run_before)},
                    {"run_after", id(flip.run_after)}});
  }
  return list;
}

void append_flips(std::string& text, const std::string& what, const std::vector<Flip>& flips) {
  if (flips.empty()) return;
  text += "\n" + what + ":\n";
  std::vector<std::vector<std::string>> rows;
  for (const Flip& flip : flips) {
    if (rows.size() == kRowsMost) break;
    rows.push_back(
        {"  " + evals::plain_line(flip.case_id, kLineBytes),
         evals::decimal(flip.before) + " -> " + evals::decimal(flip.after),
         (flip.run_before ? flip.run_before->str() : "-") + " -> " + (flip.run_after ? flip.run_after->str() : "-")});
  }
  text += aligned(rows);
  if (flips.size() > kRowsMost) text += "  ... and " + std::to_string(flips.size() - kRowsMost) + " more\n";
}

}  // namespace

std::string table_report(const EvalResults& results) {
  const EvalHeader& header = results.header;
  const EvalSummary summary = summarise(results);
  std::string text =
      aligned({{"eval", evals::plain_line(header.name, kLineBytes)},
               {"model", evals::plain_line(evals::model_text(header), kLineBytes)},
               {"dataset", evals::plain_line(header.dataset, kLineBytes) + ", " + std::to_string(header.cases) +
                               " cases x " + std::to_string(header.epochs) + " epochs"}});
  std::vector<std::vector<std::string>> rows{
      {"SCORER", "JUDGED", "PASSED", "PASS RATE [95 %]", "MEAN [95 %]", "ERRORS"}};
  for (const ScorerSummary& scorer : summary.scorers) {
    rows.push_back({scorer.scorer, std::to_string(scorer.judged), std::to_string(scorer.passed),
                    evals::with_interval(scorer.pass_rate, scorer.pass_interval),
                    evals::with_interval(scorer.mean, scorer.mean_interval), std::to_string(scorer.errors)});
  }
  text += "\n" + aligned(rows) + "\n";
  std::vector<std::vector<std::string>> facts{
      {"records", std::to_string(summary.records) + " of " + std::to_string(header.cases * header.epochs) + ", " +
                      std::to_string(summary.passed) + " passed by every scorer"}};
  if (summary.reused > 0) facts.push_back({"reused", std::to_string(summary.reused)});
  if (summary.run_failures + summary.scorer_failures > 0) {
    std::string codes;
    for (const auto& [code, count] : summary.failures) {
      codes += (codes.empty() ? "" : ", ") + code + " " + std::to_string(count);
    }
    facts.push_back({"failures", std::to_string(summary.run_failures) + " runs, " +
                                     std::to_string(summary.scorer_failures) + " records not judged (" + codes + ")"});
  }
  if (summary.not_recorded > 0) facts.push_back({"not recorded", std::to_string(summary.not_recorded) + " tool calls"});
  facts.push_back({"tokens", evals::count_text(summary.input_tokens) + " in, " +
                                 evals::count_text(summary.output_tokens) + " out"});
  facts.push_back({"cost", evals::money(summary.cost_micro_usd)});
  if (summary.scoring_tokens.known + summary.scoring_tokens.unknown > 0) {
    facts.push_back({"scoring", evals::count_text(summary.scoring_tokens) + " tokens, " +
                                    evals::money(summary.scoring_cost_micro_usd)});
  }
  text += aligned(facts);
  std::vector<std::vector<std::string>> bad;
  std::size_t not_passed = 0;
  for (const EvalRecord& record : results.records) {
    if (evals::is_passed(record)) continue;
    if (++not_passed > kRowsMost) continue;
    bad.push_back({"  " + evals::plain_line(record.case_id, kLineBytes) +
                       (header.epochs > 1 ? " #" + std::to_string(record.epoch) : ""),
                   evals::plain_line(evals::reason_of(record), kLineBytes)});
  }
  if (not_passed > 0) text += "\nnot passed:\n" + aligned(bad);
  if (not_passed > kRowsMost) text += "  ... and " + std::to_string(not_passed - kRowsMost) + " more\n";
  return text;
}

std::string json_report(const EvalResults& results) {
  const EvalSummary summary = summarise(results);
  json::array scorers;
  for (const ScorerSummary& scorer : summary.scorers) scorers.emplace_back(json_of(scorer));
  json::array records;
  for (const EvalRecord& record : results.records) records.emplace_back(evals::object_of(record));
  const json::object object{{"eval", evals::object_of(results.header)},
                            {"summary",
                             {{"scorers", std::move(scorers)},
                              {"records", summary.records},
                              {"complete", results.is_complete()},
                              {"passed", summary.passed},
                              {"run_failures", summary.run_failures},
                              {"scorer_failures", summary.scorer_failures},
                              {"failures", json::value_from(summary.failures)},
                              {"not_recorded", summary.not_recorded},
                              {"reused", summary.reused},
                              {"input_tokens", json_of(summary.input_tokens)},
                              {"output_tokens", json_of(summary.output_tokens)},
                              {"cost_micro_usd", json_of(summary.cost_micro_usd)},
                              {"scoring_tokens", json_of(summary.scoring_tokens)},
                              {"scoring_cost_micro_usd", json_of(summary.scoring_cost_micro_usd)}}},
                            {"records", std::move(records)}};
  return evals::canonical_line(object) + "\n";
}

std::string table_report(const EvalComparison& comparison) {
  std::string text = aligned(
      {{"before", evals::plain_line(comparison.before.name + ", " + evals::model_text(comparison.before), kLineBytes)},
       {"after", evals::plain_line(comparison.after.name + ", " + evals::model_text(comparison.after), kLineBytes)}});
  std::vector<std::vector<std::string>> rows{
      {"SCORER", "CASES", "BEFORE", "AFTER", "DIFFERENCE [95 %]", "TO PASS", "TO FAIL", "P (MCNEMAR)"}};
  for (const ScorerComparison& scorer : comparison.scorers) {
    rows.push_back({scorer.scorer, std::to_string(scorer.cases), evals::decimal(scorer.mean_before),
                    evals::decimal(scorer.mean_after), evals::with_interval(scorer.difference, scorer.interval),
                    std::to_string(scorer.to_pass.size()), std::to_string(scorer.to_fail.size()),
                    evals::decimal(scorer.p_value)});
  }
  text += "\n" + aligned(rows) + "\n";
  std::vector<std::vector<std::string>> facts{
      {"cost", evals::money(comparison.cost_before) + " -> " + evals::money(comparison.cost_after)},
      {"failures", std::to_string(comparison.failures_before) + " -> " + std::to_string(comparison.failures_after)}};
  if (comparison.not_recorded > 0)
    facts.push_back({"not recorded", std::to_string(comparison.not_recorded) + " tool calls"});
  if (!comparison.only_before.empty())
    facts.push_back({"only before", std::to_string(comparison.only_before.size()) + " cases"});
  if (!comparison.only_after.empty())
    facts.push_back({"only after", std::to_string(comparison.only_after.size()) + " cases"});
  if (!comparison.changed.empty()) facts.push_back({"changed", std::to_string(comparison.changed.size()) + " cases"});
  text += aligned(facts);
  for (const ScorerComparison& scorer : comparison.scorers) {
    append_flips(text, scorer.scorer + ", passes no more", scorer.to_fail);
    append_flips(text, scorer.scorer + ", passes now", scorer.to_pass);
  }
  return text;
}

std::string json_report(const EvalComparison& comparison) {
  json::array scorers;
  for (const ScorerComparison& scorer : comparison.scorers) {
    scorers.push_back({{"scorer", scorer.scorer},
                       {"cases", scorer.cases},
                       {"mean_before", scorer.mean_before},
                       {"mean_after", scorer.mean_after},
                       {"difference", scorer.difference},
                       {"interval", json_of(scorer.interval)},
                       {"to_pass", json_of(scorer.to_pass)},
                       {"to_fail", json_of(scorer.to_fail)},
                       {"p_value", scorer.p_value}});
  }
  const json::object object{{"before", evals::object_of(comparison.before)},
                            {"after", evals::object_of(comparison.after)},
                            {"scorers", std::move(scorers)},
                            {"only_before", json::value_from(comparison.only_before)},
                            {"only_after", json::value_from(comparison.only_after)},
                            {"changed", json::value_from(comparison.changed)},
                            {"cost_before", json_of(comparison.cost_before)},
                            {"cost_after", json_of(comparison.cost_after)},
                            {"failures_before", comparison.failures_before},
                            {"failures_after", comparison.failures_after},
                            {"not_recorded", comparison.not_recorded}};
  return evals::canonical_line(object) + "\n";
}

}  // namespace orchestrator::harness
