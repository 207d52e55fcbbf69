// SPDX-License-Identifier: Apache-2.0
// A provider's answer: its chunks, its end, and the calls it asks for.
#include <algorithm>
#include <set>

#include "event/item_value.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/gates.hpp"
#include "kernel/money.hpp"
#include "kernel/retry.hpp"
#include "kernel/summary_call.hpp"
#include "kernel/tool_loop.hpp"

namespace orchestrator::harness::kernel {
namespace {

class AnswerDecision {
 public:
  AnswerDecision(Decider& decider, const Attempt& attempt) : decider_(decider), attempt_(attempt) {}

  // False once the attempt has ended.
  bool take(const event::ProviderPart& part) {
    return std::visit([this](const auto& p) { return on(p); }, part);
  }
  // The process of the call is gone, and the answer with it. Whoever goes on with the run asks for it again; an abort
  // that waited for the end of the turn has its way.
  void lose(const Error& error) {
    if (is_journal_full(decider_.base().facts)) {
      fail_attempt(full_journal_error());
      return;
    }
    report_usage(false);
    const Remedy remedy = remedy_for_loss(decider_.facts(), attempt_now());
    close_attempt(error, remedy);
    if (std::holds_alternative<GiveUp>(remedy)) {
      advance(decider_);
    } else {
      apply(decider_, remedy, error);
    }
  }
  // What the provider said, with its failure, about another attempt.
  void advise(const std::optional<RetryAdvice>& advice) { advice_ = advice; }
  // A rule stops the answer, or null. Whatever else is wrong with it, it is not asked for again.
  void stop_by(const GateVerdict* blocked) { blocked_ = blocked; }

 private:
  // What this chunk has added to an item, on top of the state before it.
  struct Added {
    std::string item_id;
    ItemKind kind = ItemKind::text;
    std::string text;
    bool done = false;
  };

  const ItemProgress* known(const std::string& item_id) const {
    const auto found = std::ranges::find(attempt_.items, item_id, &ItemProgress::item_id);
    return found == attempt_.items.end() ? nullptr : &*found;
  }
  // What this chunk has for an item that was known before, or begins with `kind`.
  Added& added(const std::string& item_id, const ItemProgress* before, ItemKind kind) {
    const auto found = std::ranges::find(added_, item_id, &Added::item_id);
    if (found != added_.end()) return *found;
    if (before != nullptr) return added_.emplace_back(Added{item_id, before->kind, {}, before->done});
    return added_.emplace_back(Added{item_id, kind, {}, false});
  }
  // An item that has begun and not ended, or null.
  const std::string* open_item() const {
    for (const Added& item : added_) {
      if (!item.done) return &item.item_id;
    }
    for (const ItemProgress& item : attempt_.items) {
      if (!item.done && std::ranges::find(added_, item.item_id, &Added::item_id) == added_.end()) return &item.item_id;
    }
    return nullptr;
  }

  template <class Delta, class Piece>
  bool delta(const Piece& piece, ItemKind kind) {
    if (piece.text.empty()) return true;
    const ItemProgress* before = known(piece.item_id);
    Added& now = added(piece.item_id, before, kind);
    if (now.done) return violate("a piece of item " + piece.item_id + " came after its end");
    if (now.kind != kind) return violate("the pieces of item " + piece.item_id + " are of two kinds");
    const std::uint64_t offset = (before == nullptr ? 0 : before->text.size()) + now.text.size();
    now.text += piece.text;
    decider_.emit_in_attempt(attempt_.number, Delta{attempt_.number, attempt_.turn, piece.item_id, offset, piece.text});
    return true;
  }
  bool on(const event::TextPiece& piece) { return delta<events::OutputDelta>(piece, ItemKind::text); }
  bool on(const event::ReasoningPiece& piece) { return delta<events::ReasoningDelta>(piece, ItemKind::reasoning); }
  bool on(const event::ToolArgumentsPiece& piece) {
    return delta<events::ToolArgumentsDelta>(piece, ItemKind::tool_call);
  }

  bool on(const event::ItemDone& done) {
    const ItemProgress* before = known(done.item_id);
    const ItemKind kind = event::kind_of(done.item);
    Added& now = added(done.item_id, before, kind);
    if (now.done) return violate("item " + done.item_id + " ended twice");
    if (const auto* call = std::get_if<ToolCallItem>(&done.item.value); call != nullptr && call->call_id.empty()) {
      return violate("the tool call of item " + done.item_id + " has no id");
    }
    const std::string value = event::value_of(done.item);
    const std::string_view head = before == nullptr ? std::string_view() : std::string_view(before->text);
    const bool has_pieces = !head.empty() || !now.text.empty();
    const bool adds_up = value.size() == head.size() + now.text.size() && value.starts_with(head) &&
                         std::string_view(value).substr(head.size()) == now.text;
    const bool is_of_kind = now.kind == kind || (now.kind == ItemKind::text && kind == ItemKind::refusal);
    if (has_pieces && !(adds_up && is_of_kind)) {
      return violate("the pieces of item " + done.item_id + " do not add up to its value");
    }
    now.done = true;
    decider_.emit_in_attempt(
        attempt_.number, events::OutputItemCompleted{attempt_.number, attempt_.turn, done.item_id, kind, done.item});
    return true;
  }
  bool on(const event::UsageSeen& seen) {
    usage_ = seen.usage;
    return true;
  }
  bool on(const event::AnswerFinished& finished) {
    if (const std::string* item_id = open_item()) return violate("the answer ended inside item " + *item_id);
    const std::vector<ToolCallItem> asked = calls();
    if (auto error = bad_calls(asked)) return on(event::AnswerFailed{*std::move(error)});
    report_usage(true);
    decider_.emit_in_attempt(attempt_.number,
                             events::AttemptFinished{attempt_.number, finished.reason, finished.native_reason,
                                                     finished.provider_model, finished.provider_response_id});
    stop_turn_timer();
    if (attempt_.is_probe) decider_.emit(events::CircuitClosed{decider_.base().facts.model->model});
    step_calls(decider_);
    return false;
  }
  bool on(const event::AnswerFailed& failed) {
    fail_attempt(failed.error);
    return false;
  }

  bool violate(std::string message) {
    if (blocked_ == nullptr) decider_.effect(event::effects::CancelProvider{attempt_.number});
    fail_attempt(ProviderError{ProviderErrorCode::provider_protocol_violation, std::move(message), attempt_at(), {}});
    return false;
  }
  void fail_attempt(const Error& failure) {
    const Error error = blocked_ == nullptr ? failure : blocked_answer(*blocked_);
    report_usage(false);
    const Remedy remedy = remedy_for(decider_.facts(), attempt_now(), error, advice_, decider_.now_us());
    close_attempt(error, remedy);
    apply(decider_, remedy, error);
  }
  void close_attempt(const Error& error, const Remedy& remedy) {
    decider_.emit_in_attempt(attempt_.number,
                             events::AttemptFailed{attempt_.number, error, voided_items(attempt_now(), remedy)});
    stop_turn_timer();
  }
  void report_usage(bool is_whole) {
    const Attempt now = attempt_now();
    decider_.emit_in_attempt(attempt_.number, usage_report(decider_.facts(), now, usage_, is_whole));
  }
  // With what this chunk has brought.
  Attempt attempt_now() { return std::get<Calling>(decider_.state().phase).attempt; }
  void stop_turn_timer() {
    if (decider_.base().facts.spec.timeouts.turn_ms) decider_.effect(event::effects::StopTimer{TimerKind::turn});
  }
  std::string attempt_at() const { return "attempt " + std::to_string(attempt_.number); }

  std::vector<ToolCallItem> calls() {
    std::vector<ToolCallItem> calls;
    for (const event::ContextEntry& entry : std::get<Calling>(decider_.state().phase).attempt.outputs) {
      if (const auto* call = std::get_if<ToolCallItem>(&entry.item->value)) calls.push_back(*call);
    }
    return calls;
  }
  // Calls that no one could answer: too many, or one id for two.
  std::optional<Error> bad_calls(const std::vector<ToolCallItem>& asked) const {
    const std::uint32_t calls_max = decider_.base().facts.spec.limits.tool_calls_per_turn;
    if (asked.size() > calls_max) {
      return ToolError{ToolErrorCode::too_many_tool_calls,
                       "the answer asks for " + std::to_string(asked.size()) + " tool calls, the limit is " +
                           std::to_string(calls_max),
                       attempt_at(),
                       {}};
    }
    std::set<std::string> ids;
    for (const ToolCallItem& call : asked) {
      if (!ids.insert(call.call_id).second) {
        return ToolError{ToolErrorCode::duplicate_tool_call_id,
                         "two calls of one answer have the id " + call.call_id,
                         attempt_at(),
                         {}};
      }
    }
    return std::nullopt;
  }

  Decider& decider_;
  const Attempt& attempt_;  // as before this chunk
  std::vector<Added> added_;
  Usage usage_;
  std::optional<RetryAdvice> advice_;
  const GateVerdict* blocked_ = nullptr;
};

const Attempt* stopping_attempt(const State& state, std::uint32_t number) {
  const auto* stopping = std::get_if<Stopping>(&state.phase);
  return stopping != nullptr && stopping->attempt.number == number ? &stopping->attempt : nullptr;
}
const Attempt* calling_attempt(const State& state, std::uint32_t number) {
  const auto* calling = std::get_if<Calling>(&state.phase);
  return calling != nullptr && calling->attempt.number == number ? &calling->attempt : nullptr;
}

Error timeout_error(const Facts& facts, TimerKind timer) {
  if (timer == TimerKind::turn) {
    return RuntimeError{
        RuntimeErrorCode::turn_timeout,
        "the turn passed its limit of " + std::to_string(facts.spec.timeouts.turn_ms.value_or(0)) + " ms",
        "timeouts.turn_ms",
        {}};
  }
  return RuntimeError{RuntimeErrorCode::run_timeout,
                      "the run passed its limit of " + std::to_string(facts.spec.timeouts.run_ms.value_or(0)) + " ms",
                      "timeouts.run_ms",
                      {}};
}

// The call that was being cancelled is gone: the run ends as it was asked to.
void end_stopped(Decider& decider, const Stopping& stopping, const Error& error, const Usage& usage) {
  const std::uint32_t attempt = stopping.attempt.number;
  decider.emit_in_attempt(attempt, usage_report(decider.facts(), stopping.attempt, usage, false));
  decider.emit_in_attempt(attempt, events::AttemptFailed{attempt, error, {}});
  if (decider.base().facts.spec.timeouts.turn_ms) decider.effect(event::effects::StopTimer{TimerKind::turn});
  if (stopping.timer) {
    decider.end_with_error(timeout_error(decider.facts(), *stopping.timer));
  } else {
    decider.end_aborted(events::AbortRequested(*decider.facts().abort));
  }
}

}  // namespace

void on_provider_headers(Decider& decider, const event::inputs::ProviderHeaders& input) {
  const Attempt* attempt = calling_attempt(decider.base(), input.attempt);
  if (attempt == nullptr || attempt->responded) return;
  decider.emit_in_attempt(input.attempt,
                          events::ProviderResponded{input.attempt, input.provider_request_id, input.status,
                                                    decider.now_us() - attempt->requested_us});
}

void on_provider_chunk(Decider& decider, const event::inputs::ProviderChunk& input) {
  const Attempt* attempt = calling_attempt(decider.base(), input.attempt);
  if (attempt == nullptr) return;
  if (attempt->purpose == AttemptPurpose::summary) {
    take_summary(decider, *attempt, input);
    return;
  }
  const Facts& facts = decider.base().facts;
  AnswerDecision answer(decider, *attempt);
  const Limits& limits = facts.spec.limits;
  if (facts.last_seq + input.parts.size() + input.gates.size() + closing_events(facts.spec) > limits.run_events ||
      facts.text_bytes > limits.run_bytes) {
    const bool by_events = facts.text_bytes <= limits.run_bytes;
    const RuntimeError error{RuntimeErrorCode::limit_exceeded,
                             by_events ? "the run reached its limit of " + std::to_string(limits.run_events) + " events"
                                       : "the run reached its limit of " + std::to_string(limits.run_bytes) + " bytes",
                             by_events ? "limits.run_events" : "limits.run_bytes",
                             {}};
    answer.take(event::AnswerFailed{error});
    decider.effect(event::effects::CancelProvider{input.attempt});
    return;
  }
  // Before the parts: the last of them may end the attempt.
  for (const GateVerdict& verdict : input.gates) {
    decider.emit_in_attempt(input.attempt, events::GateEvaluated(verdict));
  }
  const GateVerdict* blocked = blocking(input.gates);
  if (blocked != nullptr) decider.effect(event::effects::CancelProvider{input.attempt});
  answer.stop_by(blocked);
  for (const event::ProviderPart& part : input.parts) {
    if (!answer.take(part)) return;
  }
}

void on_provider_ended(Decider& decider, const event::inputs::ProviderEnded& input) {
  if (stopping_attempt(decider.base(), input.attempt) != nullptr) {
    end_stopped(decider, std::get<Stopping>(decider.base().phase), input.error, input.usage);
    return;
  }
  const Attempt* attempt = calling_attempt(decider.base(), input.attempt);
  if (attempt == nullptr) return;
  const bool is_of_stream = input.timer && *input.timer != TimerKind::turn && *input.timer != TimerKind::run;
  if (is_of_stream) {
    decider.emit_in_attempt(input.attempt, events::TimeoutFired{*input.timer, input.timer_ms, input.attempt});
  }
  if (attempt->purpose == AttemptPurpose::summary) {
    fail_summary(decider, *attempt, input.error, input.usage);
    return;
  }
  for (const GateVerdict& verdict : input.gates) {
    decider.emit_in_attempt(input.attempt, events::GateEvaluated(verdict));
  }
  AnswerDecision answer(decider, *attempt);
  answer.take(event::UsageSeen{input.usage});
  answer.advise(input.advice);
  answer.stop_by(blocking(input.gates));
  answer.take(event::AnswerFailed{input.error});
}

// A lost call of the model has done nothing to the world: once its loss is journaled, it is made again.
void on_effect_lost(Decider& decider, const event::inputs::EffectLost& input) {
  if (!input.call_id.empty()) {
    lose_call(decider, input.call_id);
    return;
  }
  const ProviderError lost{ProviderErrorCode::provider_lost,
                           "the process that made the call is gone",
                           "attempt " + std::to_string(input.attempt),
                           {}};
  if (stopping_attempt(decider.base(), input.attempt) != nullptr) {
    end_stopped(decider, std::get<Stopping>(decider.base().phase), lost, Usage{});
    return;
  }
  const Attempt* attempt = calling_attempt(decider.base(), input.attempt);
  if (attempt == nullptr) return;
  if (attempt->purpose == AttemptPurpose::summary) {
    fail_summary(decider, *attempt, lost, Usage{});
    return;
  }
  AnswerDecision answer(decider, *attempt);
  if (has_behaviour(decider.base().facts.spec, Behaviour::of_0_1_0)) {
    answer.take(event::UsageSeen{Usage{}});
    answer.take(event::AnswerFailed{lost});
    return;
  }
  answer.lose(lost);
}

}  // namespace orchestrator::harness::kernel
