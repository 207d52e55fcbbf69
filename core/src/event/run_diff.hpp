// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two runs side by side, step by step: inputs, answers and calls are aligned by what they are, not by where they stand.
// Pure functions on values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/run_outline.hpp"

namespace orchestrator::harness::event {

enum class StepKind : std::uint8_t { input, answer, call };

/// One step of a run: what came in, an answer of the model, or a call of a tool.
struct RunStep {
  StepKind kind = StepKind::input;
  std::uint64_t seq = 0;   // of its first event
  std::uint32_t turn = 0;  // 0: the input
  bool is_shared = false;  // a fork has it from its source
  std::string name;        // of a tool; of an answer its model
  std::string request;     // what was asked: the input and system text, the hash of a context, a call's arguments
  std::string output;      // a text, or a result
  std::string outcome;     // a finish reason, an outcome, or an error's code
  std::optional<std::uint64_t> cost_micro_usd;
  std::optional<std::uint64_t> latency_us;
  std::uint32_t attempts = 0;
  bool operator==(const RunStep&) const = default;
};

/// What differs between two steps: `field` is one of model, request, arguments, input, system, output, outcome,
/// attempts, cost_micro_usd, latency_us.
struct FieldDifference {
  std::string field;
  std::string a;
  std::string b;
  bool is_measure = false;  // cost, latency, attempts: equal runs differ in them
  bool operator==(const FieldDifference&) const = default;
};

/// Two steps that belong together, or one that only one of the runs has.
struct StepPair {
  std::optional<RunStep> a;
  std::optional<RunStep> b;
  std::vector<FieldDifference> differences;
  /// True for a step that only one run has, and for two that differ in more than measures.
  [[nodiscard]] bool diverges() const;
};

struct RunDifference {
  std::vector<StepPair> pairs;                  // in the order of both runs
  std::optional<std::size_t> first_divergence;  // index into `pairs`
};

/// The steps of a run, in order.
[[nodiscard]] std::vector<RunStep> steps_of(const RunOutline& run);
/// Aligns the steps of two runs. Time and memory grow with the product of what lies between their common beginning and
/// their common end, up to 4,000,000 pairs of steps; beyond, steps there are aligned by their place.
[[nodiscard]] RunDifference compare(const RunOutline& a, const RunOutline& b);

}  // namespace orchestrator::harness::event
