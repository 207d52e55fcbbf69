// SPDX-License-Identifier: Apache-2.0
#pragma once

// A policy's rules, compiled, and what they say of a text or call. Immutable; copies share it; any thread.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gates/stream_gate.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/safety.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness::codec {

/// A call that a run has made before.
struct EarlierCall {
  std::string tool;
  std::uint64_t at_us = 0;  // on the run's clock
};

/// What is judged. Views: valid for one call.
struct GateSubject {
  GatePhase phase = GatePhase::input;
  std::string_view text;                 // of an input or an answer
  std::string_view tool;                 // of a call, from here on
  std::string_view arguments;            // JSON
  std::span<const ToolTarget> targets;   // as its preparation found them
  std::string_view workspace;            // absolute; empty: there is none
  std::span<const EarlierCall> earlier;  // oldest first
  std::uint64_t now_us = 0;
};

/// Checks one rule by itself. Error: `configuration_invalid`, its `at` being the key that is wrong (`patterns[2]`,
/// `on`), or `name` for the rule as a whole.
[[nodiscard]] Result<void> check_gate_rule(const GateRule& rule);

class RuleSet {
 public:
  /// Error: as of `check_gate_rule`, with `rule[N].` before the key; more than 64 rules; a name that stands twice.
  [[nodiscard]] static Result<RuleSet> compile(SafetyPolicy policy);

  [[nodiscard]] const SafetyPolicy& policy() const;
  [[nodiscard]] bool has(GatePhase phase) const;
  /// What each rule says that is about this, in the order of the policy. Of an answer: all of it at once. Rules that
  /// are asked of others, models or code, are not among them: `asked`.
  [[nodiscard]] std::vector<GateVerdict> judge(const GateSubject& subject) const;

  /// The rules of answers that judge on the way: patterns, keywords and sizes. The others need all of it (`judge`).
  [[nodiscard]] StreamGate stream_gate() const;
  /// Those rules, in the order of the gate's findings.
  [[nodiscard]] std::vector<GateRule> streamed_rules() const;
  /// What the other rules of answers say of a whole one.
  [[nodiscard]] std::vector<GateVerdict> judge_whole(std::string_view answer) const;

  /// The rules of classifiers and of gates in C++ that are about this, in the order of the policy.
  [[nodiscard]] std::vector<GateRule> asked(GatePhase phase, std::string_view tool = {}) const;

  /// Of all that the policy says: the same for equal policies only.
  [[nodiscard]] Hash hash() const;

 private:
  struct Compiled;
  template <class Takes>
  std::vector<GateVerdict> judge_if(const GateSubject& subject, Takes takes) const;
  explicit RuleSet(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace orchestrator::harness::codec
