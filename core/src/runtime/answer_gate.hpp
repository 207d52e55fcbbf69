// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rules of one answer, between decoder and run: what a rule masks or stops never becomes a part of a chunk. One
// answer, one thread.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "codec/gates/rule_set.hpp"
#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::runtime {

class AnswerGate {
 public:
  /// `earlier` is the text that the answer goes on from, shown by attempts before.
  AnswerGate(codec::RuleSet rules, std::uint32_t attempt, std::string earlier)
      : rules_(std::move(rules)), attempt_(attempt), text_(std::move(earlier)) {}

  /// Appends to `out` what may be shown of `part`. Where a rule stops the answer, its last part is `AnswerFailed` with
  /// `gate_blocked`, and nothing comes any more.
  void take(ProviderPart part, std::vector<ProviderPart>& out);
  /// The text of the answer so far, as it was shown.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// True once a rule has stopped the answer.
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }
  /// Takes what others say of the whole answer, right before its end is taken.
  void take_verdicts(std::vector<GateVerdict> verdicts) { asked_ = std::move(verdicts); }
  /// What each rule of the output says of all that came, in the order of the rules.
  [[nodiscard]] std::vector<GateVerdict> verdicts() const;

 private:
  struct Item {
    codec::StreamGate gate;
    std::string shown;
    bool has_pieces = false;
  };
  Item& item_of(const std::string& item_id);
  void take_piece(const TextPiece& piece, std::vector<ProviderPart>& out);
  void finish_item(ItemDone done, std::vector<ProviderPart>& out);
  void stop(std::vector<ProviderPart>& out);

  const codec::RuleSet rules_;
  const std::uint32_t attempt_;
  std::map<std::string, Item> items_;
  std::string text_;                   // of the items that ended, as it was shown
  std::vector<GateVerdict> of_whole_;  // by the rules that need all of it
  std::vector<GateVerdict> asked_;     // by the rules that others answer
  bool goes_on_ = false;               // it has calls, or is a pause: no answer yet
  bool is_stopped_ = false;
};

}  // namespace orchestrator::harness::runtime
