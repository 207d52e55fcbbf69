// SPDX-License-Identifier: Apache-2.0
// A run that replays another one: it asks for the comparison, and ends with what that shows.
#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {

void start_replay(Decider& decider, const event::inputs::Start& start) {
  const auto* order = std::get_if<events::ReplayStarted>(&start.derivation);
  if (order == nullptr || !start.spec.parent) {
    decider.refuse(RuntimeErrorCode::invalid_argument, "a replay needs another run and how far it goes", "parent");
    return;
  }
  decider.emit_start(start);
  decider.emit(*order);
  decider.effect(event::effects::ReplaySource{*start.spec.parent, *order});
}

void on_replay_reported(Decider& decider, const event::inputs::ReplayReported& input) {
  if (!std::holds_alternative<Replaying>(decider.base().phase)) return;
  if (input.matched) {
    decider.emit(*input.matched);
    decider.end_completed(FinishReason::matched);
  } else if (input.diverged) {
    const events::ReplayDiverged& diverged = *input.diverged;
    decider.emit(diverged);
    decider.end_with_error(RuntimeError{
        RuntimeErrorCode::replay_diverged,
        "event " + std::to_string(diverged.seq) + " came out differently" +
            (diverged.field.empty() ? "" : " at " + diverged.field),
        "event " + std::to_string(diverged.seq),
        {}}.to_error());
  } else if (input.error) {
    decider.end_with_error(*input.error);
  }
}

void on_issue_token(Decider& decider, const event::inputs::IssueToken& input) {
  const Facts& facts = decider.base().facts;
  if (input.to_seq == 0 || input.to_seq > facts.last_seq || input.token.empty()) {
    decider.refuse(RuntimeErrorCode::invalid_argument,
                   "a token is for one of the events 1 to " + std::to_string(facts.last_seq), "to_seq");
    return;
  }
  if (facts.last_seq + 1 + closing_events(facts.spec) > facts.spec.limits.run_events) {
    decider.refuse(RuntimeErrorCode::limit_exceeded,
                   "the run reached its limit of " + std::to_string(facts.spec.limits.run_events) + " events",
                   "limits.run_events");
    return;
  }
  decider.emit(events::ReplayTokenIssued{input.to_seq, input.token, input.by});
}

}  // namespace orchestrator::harness::kernel
