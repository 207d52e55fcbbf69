// SPDX-License-Identifier: Apache-2.0
#pragma once

// What must hold after every single step of a simulated run: the invariants of its journal, every bound, and requests
// that a provider could answer. One judge for one run; keeps the first failure.

#include <optional>
#include <string>
#include <string_view>

#include "event/journal_invariants.hpp"
#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "kernel/state.hpp"
#include "sim/trust_oracle.hpp"

namespace orchestrator::harness::sim {

/// Why a simulation failed: which rule, and what was found. The rule stays the same while a scenario is made smaller.
struct Failure {
  std::string rule;
  std::string what;
};

class StepJudge {
 public:
  /// What came before a fork in the run that it was made of.
  void see_prefix(const event::Input& input, const std::vector<StreamEvent>& events);
  /// Looks at a decision, before anything comes of it.
  void see_decision(const kernel::State& before, const event::Input& input, const kernel::Decision& decision);
  /// Looks at the events as they were read back, and the state that they led to.
  void see_step(const event::StoredStep& step, const kernel::State& after);
  /// Looks at what was stored of an input once more: whether it was to start what it has started.
  void see_trust(const event::Input& input, const std::vector<StreamEvent>& events);
  /// Looks at the end: the run is over, or was left paused.
  void see_end(const kernel::State& state);
  /// The first thing that was wrong.
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
  void fail(std::string_view rule, std::string what);
  void require(bool holds, std::string_view rule, std::string_view what) {
    if (!holds) fail(rule, std::string(what));
  }

 private:
  void see_bounds(const kernel::State& state);
  void see_call(const kernel::State& before, const event::effects::CallProvider& call);

  event::JournalInvariants invariants_;
  TrustOracle trust_;
  std::optional<Failure> failure_;
  std::vector<Hash> sent_;       // the items of the last request, while nothing was compacted since
  bool is_source_open_ = false;  // a fork goes on, or calls again, where its source's model had only paused
};

}  // namespace orchestrator::harness::sim
