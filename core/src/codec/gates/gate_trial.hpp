// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rules tried on a run that is over, or under way: what they would have objected to, had they been there. One run, one
// thread; nothing is called and nothing is written.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/gates/rule_set.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::codec {

/// A step of a run that rules object to.
struct TriedStep {
  std::uint64_t seq = 0;  // of the event that shows it: the start, the call's start or end, the item
  GatePhase phase = GatePhase::input;
  std::string tool;                     // of a call
  std::vector<GateVerdict> objections;  // of rules that did not pass it, in their order; at least one
};

class GateTrial {
 public:
  explicit GateTrial(RuleSet rules) : rules_(std::move(rules)) {}

  /// The run's events, in their order, all of them. Calls are judged with what their preparation found where they
  /// started; those that never did, by their arguments.
  void add(const StreamEvent& event);

  [[nodiscard]] const std::vector<TriedStep>& steps() const { return steps_; }
  [[nodiscard]] std::uint64_t judged() const { return judged_; }
  /// The first step whose denial would have ended the run: of its input, or of an answer. All rules count as if they
  /// were enforced.
  [[nodiscard]] std::optional<std::uint64_t> end_seq() const { return end_seq_; }

  /// What is known of a sum of costs.
  struct Cost {
    std::uint64_t micro_usd = 0;
    bool is_whole = true;  // false: there are attempts of unknown cost besides
  };
  /// Of the whole run: its attempts, and the embeddings of what it recalled and left.
  [[nodiscard]] Cost cost() const { return cost_; }
  /// What would not have been paid for: all of a run whose input is denied; else what was asked for after the end. The
  /// answer that a rule stops is paid for.
  [[nodiscard]] Cost saved() const { return saved_; }

 private:
  void judge(std::uint64_t seq, const GateSubject& subject);
  void pay(const std::optional<std::uint64_t>& micro_usd, bool is_saved);
  void judge_call(const StreamEvent& event, const std::string& call_id, const std::vector<ToolTarget>& targets);

  const RuleSet rules_;
  std::string workspace_;
  std::map<std::string, StreamEvent::ToolCallRequested> open_;  // not judged yet
  std::vector<EarlierCall> earlier_;
  std::vector<TriedStep> steps_;
  std::uint64_t judged_ = 0;
  std::optional<std::uint64_t> end_seq_;
  std::set<std::uint32_t> attempts_after_;  // the end
  Cost cost_;
  Cost saved_;
};

}  // namespace orchestrator::harness::codec
