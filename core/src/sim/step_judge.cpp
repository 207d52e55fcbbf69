// SPDX-License-Identifier: Apache-2.0
#include "sim/step_judge.hpp"

#include <algorithm>
#include <ranges>
#include <utility>
#include <variant>

#include "kernel/compaction.hpp"
#include "kernel/history_trim.hpp"

namespace orchestrator::harness::sim {
namespace {

// Whether every call of an answer has its result after it, in order, before anything else is said.
bool pairs_calls(const std::vector<event::ContextEntry>& context) {
  std::vector<std::string> open;
  for (const event::ContextEntry& entry : context) {
    const ItemValue& value = entry.item->value;
    if (const auto* call = std::get_if<ToolCallItem>(&value)) {
      open.push_back(call->call_id);
    } else if (const auto* result = std::get_if<ToolResultItem>(&value)) {
      if (open.empty() || open.front() != result->call_id) return false;
      open.erase(open.begin());
    } else if (const auto* message = std::get_if<MessageItem>(&value); message && message->role == Role::user) {
      if (!open.empty()) return false;
    }
  }
  return open.empty();
}

bool begins_with_pinned(const std::vector<event::ContextEntry>& context, const std::vector<PinnedText>& pinned) {
  if (context.size() < pinned.size()) return false;
  for (std::size_t i = 0; i < pinned.size(); ++i) {
    if (text_of(*context[i].item) != pinned[i].text) return false;
  }
  return true;
}

bool begins_with(const std::vector<event::ContextEntry>& context, const std::vector<Hash>& head) {
  if (context.size() < head.size()) return false;
  return std::ranges::equal(head, context | std::views::take(head.size()), {}, {}, &event::ContextEntry::hash);
}

}  // namespace

void StepJudge::fail(std::string_view rule, std::string what) {
  if (!failure_) failure_ = Failure{std::string(rule), std::move(what)};
}

void StepJudge::see_prefix(const event::Input& input, const std::vector<StreamEvent>& events) {
  for (const StreamEvent& event : events) {
    invariants_.add(event);
    const auto* finished = event.get_if<StreamEvent::AttemptFinished>();
    if (finished != nullptr) is_source_open_ = finished->finish_reason == FinishReason::pause;
  }
  see_trust(input, events);
}

void StepJudge::see_decision(const kernel::State& before, const event::Input& input, const kernel::Decision& decision) {
  const bool says_nothing = decision.events.empty();
  require(!says_nothing || decision.effects.empty(), "decision_shape", "effects without an event");
  require(!decision.refusal || says_nothing, "decision_shape", "a refusal with events");
  if (decision.refusal) {
    require(follows_mapping(*decision.refusal), "decision_shape", "the refusal is no row of the mapping table");
    require(decision.refusal->code != name_of(RuntimeErrorCode::internal), "decision_shape",
            "refused as a bug: " + decision.refusal->message);
  }
  if (std::holds_alternative<kernel::Ended>(before.phase)) {
    require(decision.refusal && decision.refusal->code == name_of(RuntimeErrorCode::run_not_active),
            "refused_after_end", "an input counted after the end");
  }
  for (const StreamEvent& event : decision.events) {
    require(event.meta.at == input.now.wall && event.meta.elapsed_us == input.now.elapsed_us, "event_time",
            "an event does not carry the time of its input");
  }
  const bool is_compacted = std::ranges::any_of(
      decision.events, [](const StreamEvent& event) { return event.get_if<StreamEvent::ContextTrimmed>() != nullptr; });
  // A crash may have taken the words with it that told of the last request.
  if (is_compacted || std::holds_alternative<event::inputs::Recover>(input.value)) sent_.clear();
  for (const event::Effect& effect : decision.effects) {
    if (const auto* call = std::get_if<event::effects::CallProvider>(&effect)) see_call(before, *call);
  }
}

void StepJudge::see_call(const kernel::State& before, const event::effects::CallProvider& call) {
  const events::RunStarted& spec = before.facts.spec;
  if (call.purpose == AttemptPurpose::summary) {  // it is of the items that go, not of the conversation
    require(call.context.size() == 1, "summary_call", "a summary is asked for with more than its one message");
    return;
  }
  require(begins_with(call.context, sent_), "context_prefix", "a request changed what an earlier one had sent");
  sent_.clear();
  for (const event::ContextEntry& entry : call.context) sent_.push_back(entry.hash);
  require(pairs_calls(call.context), "context_pairs", "a call and its result were parted in the context");
  if (const auto tokens_max = kernel::context_tokens_max(spec)) {
    const std::uint64_t tokens = kernel::total_tokens(call.context);
    require(tokens <= *tokens_max || tokens <= kernel::tokens_that_stay(call.context, spec), "context_fits",
            "the context is over its limit though something is left that may go");
  }
  require(begins_with_pinned(call.context, spec.context.pinned), "context_pinned", "a pinned text is not where it was");
  const auto& budget = spec.budgets.cost_micro_usd;
  require(!budget || before.facts.spent_micro_usd < *budget, "money", "a call though the budget is spent");
  const auto* waiting = std::get_if<kernel::Waiting>(&before.phase);
  const bool is_again = waiting != nullptr && !waiting->answer && waiting->next_attempt > 1;  // its call was lost
  const bool goes_on = is_again || std::exchange(is_source_open_, false) ||
                       (waiting != nullptr && waiting->answer == FinishReason::pause);
  require(goes_on || (!call.context.empty() && call.context.back().source != event::ContextSource::output),
          "context_asks", "a request that asks nothing new");
  require(
      !call.context.empty() && call.turn <= std::max<std::uint32_t>(1, spec.budgets.turns.value_or(spec.limits.turns)),
      "turn_bound", "a turn past the limit");
}

void StepJudge::see_step(const event::StoredStep& step, const kernel::State& after) {
  for (const StreamEvent& event : step.events) invariants_.add(event);
  if (!invariants_.violations().empty()) {
    const event::Violation& violation = invariants_.violations().front();
    fail("invariant_" + violation.invariant, violation.str());
  }
  require(std::holds_alternative<kernel::Ended>(after.phase) == invariants_.is_ended(), "ended_with_terminal",
          "the state and the journal do not agree on the end");
  see_bounds(after);
}

void StepJudge::see_trust(const event::Input& input, const std::vector<StreamEvent>& events) {
  if (auto wrong = trust_.see(input, events)) fail("trust", *std::move(wrong));
}

void StepJudge::see_bounds(const kernel::State& state) {
  const kernel::Facts& facts = state.facts;
  require(facts.hints.size() <= facts.spec.limits.hints_queued, "bounds", "more hints wait than may");
  require(facts.last_seq <= facts.spec.limits.run_events, "bounds", "more events than a run may have");
  require(facts.parked_us <= facts.last_elapsed_us, "bounds", "more time parked than there was");
  require(!facts.abort || !std::holds_alternative<kernel::Waiting>(state.phase), "liveness",
          "the run waits for something though an abort was asked for");
}

void StepJudge::see_end(const kernel::State& state) {
  if (std::holds_alternative<kernel::Ended>(state.phase)) {
    invariants_.check_complete();
    if (!invariants_.violations().empty()) fail("invariant", invariants_.violations().front().str());
    return;
  }
  require(kernel::is_parked(state), "liveness", "nothing more will happen, and the run has not ended");
}

}  // namespace orchestrator::harness::sim
