// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "evals/plot.hpp"
#include "evals/report_text.hpp"
#include "evals/results_json.hpp"
#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness {
namespace {

using evals::escaped;

constexpr std::size_t kCellBytes = 300;
constexpr std::size_t kRowsMost = 2'000;
constexpr std::size_t kTagBarsMost = 30;

// No script, nothing from outside: only the style below and the text of the page.
constexpr std::string_view kHead =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    ":root{--ink:#1c1e21;--paper:#fff;--soft:#6b7280;--line:#d8dbe0;--bar:#4472c4;--good:#1a7f4b;--bad:#b42318}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#16181c;--soft:#9aa1ab;--line:#363b43;"
    "--bar:#6c9bea;--good:#58c48c;--bad:#ff8a7a}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;"
    "margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\n"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--soft);font-weight:600}\n"
    "td.n,th.n{text-align:right;white-space:nowrap}.good{color:var(--good)}.bad{color:var(--bad)}"
    ".soft{color:var(--soft)}code{font-size:.85em}\n"
    "svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}"
    ".bar{fill:var(--bar)}.grid{stroke:var(--line)}.interval{stroke:var(--ink);stroke-width:1.5}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--soft)}dd{margin:0}\n"
    "</style>\n";

std::string fact(const std::string& name, const std::string& value) {
  return "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
}

std::string facts_of(const EvalResults& results, const EvalSummary& summary) {
  const EvalHeader& header = results.header;
  std::string text =
      "<dl>\n" + fact("model", evals::model_text(header)) +
      fact("dataset", header.dataset + ", " + std::to_string(header.cases) + " cases x " +
                          std::to_string(header.epochs) + " epochs") +
      fact("records", std::to_string(summary.records) + " of " + std::to_string(header.cases * header.epochs) + ", " +
                          std::to_string(summary.passed) + " passed by every scorer") +
      fact("failures", std::to_string(summary.run_failures) + " runs, " + std::to_string(summary.scorer_failures) +
                           " records not judged");
  if (summary.not_recorded > 0) text += fact("not recorded", std::to_string(summary.not_recorded) + " tool calls");
  return text +
         fact("tokens",
              evals::count_text(summary.input_tokens) + " in, " + evals::count_text(summary.output_tokens) + " out") +
         fact("cost", evals::money(summary.cost_micro_usd)) +
         fact("scoring",
              evals::count_text(summary.scoring_tokens) + " tokens, " + evals::money(summary.scoring_cost_micro_usd)) +
         fact("evaluation", header.eval_hash.str()) + fact("dataset hash", header.dataset_hash.str()) + "</dl>\n";
}

std::string plots_of(const EvalResults& results, const EvalSummary& summary) {
  std::vector<evals::Bar> rates;
  std::vector<evals::Bar> means;
  for (const ScorerSummary& scorer : summary.scorers) {
    if (scorer.judged == 0) continue;
    rates.push_back({scorer.scorer, scorer.pass_rate, scorer.pass_interval});
    means.push_back({scorer.scorer, scorer.mean, scorer.mean_interval});
  }
  std::string text = "<h2>Pass rate</h2>\n" + evals::bar_plot(rates) + "<h2>Mean score</h2>\n" + evals::bar_plot(means);
  for (const ScorerSummary& scorer : summary.scorers) {
    std::vector<double> values;
    for (const EvalRecord& record : results.records) {
      const auto found = std::ranges::find(record.scores, scorer.scorer, &ScoreRecord::scorer);
      if (found != record.scores.end() && found->score) values.push_back(found->score->value);
    }
    const bool is_graded = std::ranges::any_of(values, [](double value) { return value > 0 && value < 1; });
    if (is_graded) text += "<h2>Scores of " + escaped(scorer.scorer) + "</h2>\n" + evals::histogram(values);
  }
  return text;
}

/// Shares of passed records by the values of each tag that divides them.
std::string tags_of(const EvalResults& results) {
  std::map<std::string, std::map<std::string, std::pair<double, double>>> tags;  // passed and all
  for (const EvalRecord& record : results.records) {
    for (const auto& [name, value] : record.tags) {
      auto& [passed, all] = tags[name][value];
      passed += evals::is_passed(record) ? 1 : 0;
      all += 1;
    }
  }
  std::string text;
  for (const auto& [name, values] : tags) {
    if (values.size() < 2 || values.size() > kTagBarsMost) continue;
    std::vector<evals::Bar> bars;
    for (const auto& [value, counts] : values) {
      bars.push_back({value, counts.first / counts.second, std::nullopt});
    }
    text += "<h2>Passed by " + escaped(name) + "</h2>\n" + evals::bar_plot(bars);
  }
  return text;
}

std::string scorers_of(const EvalSummary& summary) {
  std::string text =
      "<h2>Scorers</h2>\n<table>\n<tr><th>scorer</th><th class=\"n\">judged</th><th class=\"n\">passed</th>"
      "<th class=\"n\">pass rate, 95 %</th><th class=\"n\">mean, 95 %</th><th class=\"n\">errors</th></tr>\n";
  for (const ScorerSummary& scorer : summary.scorers) {
    text += "<tr><td>" + escaped(scorer.scorer) + "</td><td class=\"n\">" + std::to_string(scorer.judged) +
            "</td><td class=\"n\">" + std::to_string(scorer.passed) + "</td><td class=\"n\">" +
            evals::with_interval(scorer.pass_rate, scorer.pass_interval) + "</td><td class=\"n\">" +
            evals::with_interval(scorer.mean, scorer.mean_interval) + "</td><td class=\"n\">" +
            std::to_string(scorer.errors) + "</td></tr>\n";
  }
  return text + "</table>\n";
}

std::string records_of(const EvalResults& results) {
  std::string text =
      "<h2>Records</h2>\n<table>\n<tr><th>case</th><th class=\"n\">epoch</th><th>verdict</th><th>answer</th>"
      "<th>why</th><th>run</th></tr>\n";
  std::size_t rows = 0;
  for (const EvalRecord& record : results.records) {
    if (++rows > kRowsMost) break;
    const bool passed = evals::is_passed(record);
    const std::string verdict = record.status != EvalStatus::scored ? std::string(evals::name_of(record.status))
                                : passed                            ? "passed"
                                                                    : "not passed";
    text += "<tr><td>" + evals::escaped_line(record.case_id, kCellBytes) + "</td><td class=\"n\">" +
            std::to_string(record.epoch) + "</td><td class=\"" + (passed ? "good" : "bad") + "\">" + verdict +
            "</td><td>" + evals::escaped_line(record.output, kCellBytes) + "</td><td>" +
            evals::escaped_line(evals::reason_of(record), kCellBytes) + "</td><td><code>" +
            (record.run_id ? record.run_id->str() : "") + "</code></td></tr>\n";
  }
  text += "</table>\n";
  if (results.records.size() > kRowsMost) {
    text +=
        "<p class=\"soft\">" + std::to_string(results.records.size() - kRowsMost) + " more are in the results.</p>\n";
  }
  return text;
}

}  // namespace

std::string html_report(const EvalResults& results) {
  const EvalSummary summary = summarise(results);
  const std::string title = "Evaluation " + results.header.name;
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" + std::string(kHead) + "<title>" +
         escaped(title) + "</title>\n</head>\n<body>\n<h1>" + escaped(title) + "</h1>\n" + facts_of(results, summary) +
         plots_of(results, summary) + tags_of(results) + scorers_of(summary) + records_of(results) +
         "</body>\n</html>\n";
}

}  // namespace orchestrator::harness
