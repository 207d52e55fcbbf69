// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "evals/report_text.hpp"
#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::size_t kMessageBytes = 1'000;
constexpr std::size_t kOutputBytes = 4'000;
constexpr double kMicro = 1e6;

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
};

std::string attribute(const char* name, const std::string& text) {
  return std::string(" ") + name + "=\"" + evals::escaped_line(text, kMessageBytes) + "\"";
}

std::string element(const char* name, const std::string& type, const std::string& message, const std::string& output) {
  return std::string("      <") + name + attribute("type", type) + attribute("message", message) + ">" +
         evals::escaped(output) + "</" + name + ">\n";
}

std::string test_case(const EvalResults& results, const EvalRecord& record, const std::string& scorer, Counts& counts) {
  counts.tests += 1;
  const double seconds = static_cast<double>(record.latency_us.value_or(0)) / kMicro;
  std::string text =
      "    <testcase" + attribute("classname", results.header.name + "." + scorer) +
      attribute("name", record.case_id + (results.header.epochs > 1 ? "#" + std::to_string(record.epoch) : "")) +
      attribute("time", evals::decimal(seconds)) + ">\n";
  const auto found = std::ranges::find(record.scores, scorer, &ScoreRecord::scorer);
  const bool is_judged = found != record.scores.end() && found->score;
  const std::string output(evals::plain_line(record.output, kOutputBytes));
  if (!is_judged) {
    counts.errors += 1;
    const Error error = record.error ? *record.error
                        : found != record.scores.end() && found->error
                            ? *found->error
                            : fail(RuntimeErrorCode::internal, "not judged").error();
    text += element("error", error.code, error.message, output);
  } else if (!found->score->passed) {
    counts.failures += 1;
    const std::string value = "score " + evals::decimal(found->score->value);
    text += element("failure", scorer, found->score->explanation.empty() ? value : found->score->explanation, output);
  }
  if (record.run_id) text += "      <system-out>" + record.run_id->str() + "</system-out>\n";
  return text + "    </testcase>\n";
}

std::string counts_of(const Counts& counts) {
  return attribute("tests", std::to_string(counts.tests)) + attribute("failures", std::to_string(counts.failures)) +
         attribute("errors", std::to_string(counts.errors));
}

}  // namespace

std::string junit_report(const EvalResults& results) {
  Counts all;
  std::string suites;
  for (const std::string& scorer : results.header.scorers) {
    Counts counts;
    std::string cases;
    for (const EvalRecord& record : results.records) cases += test_case(results, record, scorer, counts);
    suites += "  <testsuite" + attribute("name", results.header.name + "." + scorer) + counts_of(counts) + ">\n" +
              cases + "  </testsuite>\n";
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + attribute("name", results.header.name) +
         counts_of(all) + ">\n" + suites + "</testsuites>\n";
}

}  // namespace orchestrator::harness
