// SPDX-License-Identifier: Apache-2.0
// Two policies, each in shadow and enforcing: one that the answer keeps, one that it breaks. A rule in shadow only says
// what it would have done; an enforcing one does it.
#include <iostream>
#include <string>
#include <utility>

#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

namespace {

constexpr const char* kScript = R"({"turns":[{"text":"The launch code is 7-7-7, keep it safe.","delta_chars":4}]})";

oh::SafetyPolicy policy_of(std::string keyword, oh::GateMode mode) {
  oh::GateRule rule;
  rule.name = "words";
  rule.phases = {oh::GatePhase::output};
  rule.mode = mode;
  rule.check = oh::KeywordCheck{{std::move(keyword)}};
  return {{std::move(rule)}};
}

struct Outcome {
  std::string shown;   // what a reader of the stream got
  std::string ending;  // the run's last event
  oh::GateVerdict verdict;
};

oh::Result<Outcome> try_out(const oh::SafetyPolicy& policy) {
  auto model = oh::scripted_provider({{"talkative", kScript}});
  if (!model) return std::unexpected(model.error());
  auto harness = oh::HarnessBuilder().provider(*model).default_model("scripted/talkative").safety(policy).build();
  if (!harness) return std::unexpected(harness.error());
  auto run = harness->session().run("What do you know?").start();
  if (!run) return std::unexpected(run.error());
  Outcome outcome;
  for (const oh::StreamEvent& event : run->events()) {
    if (const auto* delta = event.get_if<oh::StreamEvent::OutputDelta>()) outcome.shown += delta->text;
    if (const auto* verdict = event.get_if<oh::StreamEvent::GateEvaluated>()) outcome.verdict = *verdict;
    if (event.is_terminal()) outcome.ending = event.type();
  }
  return outcome;
}

bool is_as_expected(const Outcome& outcome, bool breaks, oh::GateMode mode) {
  const bool stops = breaks && mode == oh::GateMode::enforcing;
  const bool leaks = outcome.shown.find("launch code") != std::string::npos;
  return outcome.verdict.passed != breaks && outcome.ending == (stops ? "Error" : "Completed") && leaks != stops;
}

}  // namespace

int main() {
  bool all = true;
  for (const bool breaks : {false, true}) {
    for (const oh::GateMode mode : {oh::GateMode::shadow, oh::GateMode::enforcing}) {
      auto outcome = try_out(policy_of(breaks ? "launch code" : "password", mode));
      if (!outcome) {
        std::cerr << outcome.error().message << "\n";
        return 1;
      }
      std::cout << (breaks ? "a policy that the answer breaks, " : "a policy that the answer keeps, ")
                << oh::name_of(mode) << ": the rule " << (outcome->verdict.passed ? "passes" : "objects")
                << ", the run ends with " << outcome->ending << ", shown was \"" << outcome->shown << "\"\n";
      all = all && is_as_expected(*outcome, breaks, mode);
    }
  }
  return all ? 0 : 1;
}
