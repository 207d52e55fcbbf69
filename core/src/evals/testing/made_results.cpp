// SPDX-License-Identifier: Apache-2.0
#include "evals/testing/made_results.hpp"

#include <utility>

namespace orchestrator::harness::evals::testing {

EvalResults made_results(const std::string& name, const std::vector<std::vector<double>>& values,
                         std::uint32_t epochs) {
  EvalResults results;
  results.header.eval_hash = sha256(name);
  results.header.name = name;
  results.header.dataset = "made.jsonl";
  results.header.dataset_hash = sha256("made");
  results.header.cases = values.size();
  results.header.epochs = epochs;
  results.header.model = "scripted/" + name;
  results.header.config = {"{}"};
  results.header.scorers = {"exact"};
  for (std::size_t c = 0; c < values.size(); ++c) {
    for (std::size_t e = 0; e < values[c].size(); ++e) {
      EvalRecord record;
      record.case_id = "c" + std::to_string(c + 1);
      record.place = c;
      record.epoch = static_cast<std::uint32_t>(e + 1);
      record.key = sha256(name + "/" + record.case_id + "/" + std::to_string(record.epoch));
      record.case_hash = sha256(record.case_id);
      record.run_id = RunId::make(1'000 + results.records.size(), 1, 2);
      record.output = "answer";
      record.input_tokens = 5;
      record.output_tokens = 2;
      record.cost_micro_usd = 10;
      record.latency_us = 1'000;
      Score score;
      score.value = values[c][e];
      score.passed = values[c][e] >= 1;
      score.explanation = score.passed ? "" : "expected \"x\"";
      ScoreRecord scored;
      scored.scorer = "exact";
      scored.score = std::move(score);
      record.scores.push_back(std::move(scored));
      results.records.push_back(std::move(record));
    }
  }
  return results;
}

}  // namespace orchestrator::harness::evals::testing
