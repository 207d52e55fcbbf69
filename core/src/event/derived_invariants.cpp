// SPDX-License-Identifier: Apache-2.0
#include "event/derived_invariants.hpp"

#include <utility>
#include <variant>

namespace orchestrator::harness::event {

struct DerivedInvariants::Check {
  DerivedInvariants& at;

  void operator()(const events::RunStarted& event) const {
    at.kind_ = event.kind;
    const bool needs_parent = event.kind != RunKind::live;
    at.require(!needs_parent || (event.parent && event.parent->seq > 0 && !event.parent->hash.is_zero()),
               "derived_parent", "a run that is made out of another one names no point of it");
    at.require(!event.parent || event.parent->run_id != at.run_id_, "derived_parent", "a run is made out of itself");
  }
  void operator()(const events::RunForked&) const { derive(RunKind::fork); }
  void operator()(const events::ReplayStarted& event) const {
    derive(RunKind::replay);
    at.require(event.to_seq > 0, "required_fields", "a replay that goes nowhere");
  }
  void operator()(const events::UndoPlanned& event) const {
    derive(RunKind::undo);
    at.steps_ = event.steps;
  }
  void operator()(const events::ReplayMatched& event) const {
    report(true);
    at.require(event.events > 0 && !event.head.is_zero(), "required_fields", "a replay of nothing matched");
  }
  void operator()(const events::ReplayDiverged& event) const {
    report(false);
    at.require(event.seq > 0, "required_fields", "a replay diverged at no event");
  }
  void operator()(const events::ReplayTokenIssued& event) const {
    at.require(event.to_seq > 0 && event.to_seq < at.seen_ && !event.token.empty(), "required_fields",
               "a token without text, or for an event that is not there");
  }
  void operator()(const events::CompensationStarted& event) const {
    at.require(event.index == at.finished_ && event.index < at.steps_.size(), "compensation_order",
               "a step of an undo began out of its order");
    at.require(event.attempt == at.attempts_ + 1, "compensation_order", "a step's attempts are not dense");
    at.require(!event.idempotency_key.empty(), "required_fields", "a step without a key");
    at.attempts_ = event.attempt;
  }
  void operator()(const events::CompensationFinished& event) const {
    at.require(event.index == at.finished_ && event.index < at.steps_.size(), "compensation_order",
               "a step of an undo ended out of its order, or twice");
    at.require(event.outcome != CompensationOutcome::failed || event.error.has_value(), "required_fields",
               "a step failed without an error");
    at.require(event.outcome != CompensationOutcome::conflict || !event.conflicts.empty(), "required_fields",
               "a conflict that names nothing");
    at.finished_ = event.index + 1;
    at.attempts_ = 0;
    at.is_whole_ = at.is_whole_ && event.outcome == CompensationOutcome::restored;
  }
  void operator()(const events::ProviderRequested&) const {
    at.require(at.kind_ == RunKind::live || at.kind_ == RunKind::fork, "derived_alone",
               "a replay or an undo asked a model");
  }
  void operator()(const events::ToolCallStarted&) const {
    at.require(at.kind_ == RunKind::live || at.kind_ == RunKind::fork, "derived_alone",
               "a replay or an undo began a call");
  }
  void operator()(const events::Completed& event) const {
    const bool is_matched = event.finish_reason == FinishReason::matched;
    const bool is_undone = event.finish_reason == FinishReason::undone;
    at.require(is_matched == (at.kind_ == RunKind::replay) && is_matched == (at.matched_ == true), "derived_end",
               "a run ended as matched that is no replay that matched, or the other way round");
    at.require(
        is_undone == (at.kind_ == RunKind::undo) && (!is_undone || (at.is_whole_ && at.finished_ == at.steps_.size())),
        "derived_end", "a run ended as undone that has not restored all of its plan, or the other way round");
  }
  void operator()(const events::Error& event) const {
    at.require((event.error.code == name_of(RuntimeErrorCode::replay_diverged)) == (at.matched_ == false),
               "derived_end", "a replay that diverged ended otherwise, or the other way round");
  }
  void operator()(const auto&) const {}

  void derive(RunKind kind) const {
    at.require(at.kind_ == kind && at.seen_ == 2 && !at.has_derivation_, "derived_second",
               "what a run has to do with another one stands elsewhere than right after its start");
    at.has_derivation_ = true;
  }
  void report(bool matched) const {
    at.require(at.kind_ == RunKind::replay && !at.matched_, "derived_end", "a replay reported twice, or another run");
    at.matched_ = matched;
  }
};

void DerivedInvariants::require(bool holds, std::string_view invariant, std::string_view what) {
  if (!holds) breaches_.push_back({invariant, what});
}

std::vector<DerivedInvariants::Breach> DerivedInvariants::see(const StreamEvent& event) {
  breaches_.clear();
  seen_ += 1;
  run_id_ = event.meta.run_id;
  std::visit(Check{*this}, event.payload);
  return std::exchange(breaches_, {});
}

}  // namespace orchestrator::harness::event
