// SPDX-License-Identifier: Apache-2.0
#include "event/testing/step_generators.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "event/testing/example_events.hpp"

namespace orchestrator::harness::event {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 63));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 63));
    byte(0x80 | (code & 63));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 63));
    byte(0x80 | (code >> 6 & 63));
    byte(0x80 | (code & 63));
  }
}

rc::Gen<std::uint32_t> any_code_point() {
  return rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0x800),
                        rc::gen::inRange<std::uint32_t>(0x800, 0xD800),
                        rc::gen::inRange<std::uint32_t>(0xE000, 0x10000),
                        rc::gen::inRange<std::uint32_t>(0x10000, 0x110000),
                        rc::gen::element<std::uint32_t>('"', '\\', '\n', 0, 0x7F, 0x2028, 0xFEFF));
}

template <class T>
T any() {
  return *rc::gen::arbitrary<T>();
}
template <class T>
std::optional<T> maybe() {
  return any<bool>() ? std::optional<T>(any<T>()) : std::nullopt;
}
template <class T>
T one_of(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

// Numbers are drawn from their whole range, whatever the size of the case: big ones are where JSON goes wrong.
std::uint64_t any_count() {
  return *rc::gen::oneOf(rc::gen::arbitrary<std::uint64_t>(),
                         rc::gen::element<std::uint64_t>(0, 1ULL << 53, (1ULL << 53) + 1, 1ULL << 63,
                                                         std::numeric_limits<std::uint64_t>::max()));
}

Usage any_usage() {
  const auto count = [] { return any<bool>() ? std::optional(any_count()) : std::nullopt; };
  Usage usage{count(), count(), count(), count(), count(), count(), any<bool>(), {}};
  if (any<bool>()) usage.unpriced = {*any_text()};
  return usage;
}

Error any_error() {
  const std::string message = *any_text();
  const std::vector<ErrorCause> cause = {{*any_text(), *any_text()}};
  if (any<bool>()) return ProviderError{ProviderErrorCode::provider_stalled, message, *any_text(), cause}.to_error();
  return RuntimeError{RuntimeErrorCode::limit_exceeded, message, {}, cause}.to_error();
}

ConversationItem any_item() { return one_of(example_items()); }

ProviderPart any_part() {
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return TextPiece{*any_text(), *any_text()};
    case 1:
      return ReasoningPiece{*any_text(), *any_text()};
    case 2:
      return ToolArgumentsPiece{*any_text(), *any_text()};
    case 3:
      return ItemDone{*any_text(), any_item()};
    case 4:
      return UsageSeen{any_usage()};
    case 5:
      return AnswerFinished{FinishReason::refusal, *any_text(), *any_text(), *any_text()};
    default:
      return AnswerFailed{any_error()};
  }
}

struct ToPayload {
  std::uint32_t attempt;
  using Payload = StreamEvent::Payload;
  Payload operator()(const TextPiece& piece) const {
    return events::OutputDelta{attempt, 1, piece.item_id, 0, piece.text};
  }
  Payload operator()(const ReasoningPiece& piece) const {
    return events::ReasoningDelta{attempt, 1, piece.item_id, 0, piece.text};
  }
  Payload operator()(const ToolArgumentsPiece& piece) const {
    return events::ToolArgumentsDelta{attempt, 1, piece.item_id, 0, piece.text};
  }
  Payload operator()(const ItemDone& done) const {
    return events::OutputItemCompleted{attempt, 1, done.item_id, ItemKind::text, done.item};
  }
  Payload operator()(const UsageSeen& seen) const { return events::UsageReported{attempt, seen.usage, {}, {}}; }
  Payload operator()(const AnswerFinished& end) const {
    return events::AttemptFinished{attempt, end.reason, end.native_reason, end.provider_model,
                                   end.provider_response_id};
  }
  Payload operator()(const AnswerFailed& end) const { return events::AttemptFailed{attempt, end.error, {}}; }
};

RetryAdvice any_advice() { return {maybe<std::uint64_t>(), any<bool>(), maybe<bool>()}; }

std::vector<GateVerdict> any_gates() {
  std::vector<GateVerdict> gates;
  for (int left = *rc::gen::inRange(0, 3); left > 0; --left) {
    GateVerdict verdict;
    verdict.gate = *any_text();
    verdict.phase = one_of<GatePhase>({GatePhase::input, GatePhase::tool, GatePhase::output});
    verdict.mode = one_of<GateMode>({GateMode::shadow, GateMode::enforcing});
    verdict.passed = any<bool>();
    verdict.action = one_of<GateAction>({GateAction::allow, GateAction::deny, GateAction::redact});
    verdict.reason = *any_text();
    if (any<bool>()) verdict.score = 0.25;
    if (any<bool>()) verdict.error = any_error();
    verdict.attempt = maybe<std::uint32_t>();
    gates.push_back(std::move(verdict));
  }
  return gates;
}

Input::Value any_provider_input(int kind) {
  const auto attempt = any<std::uint32_t>();
  switch (kind) {
    case 1:
      return inputs::SlotGranted{attempt, any<bool>()};
    case 2:
      return inputs::ProviderHeaders{attempt, any<std::uint32_t>(), *any_text()};
    case 3: {
      inputs::ProviderChunk chunk{attempt, {}, any_gates()};
      for (int left = *rc::gen::inRange(0, 5); left > 0; --left) chunk.parts.push_back(any_part());
      return chunk;
    }
    case 4:
      return inputs::ProviderEnded{
          attempt,     any_error(), any<bool>() ? std::optional(TimerKind::first_byte) : std::nullopt,
          any_count(), any_usage(), any<bool>() ? std::optional(any_advice()) : std::nullopt,
          any_gates()};
    case 5:
      return inputs::TimerFired{one_of<TimerKind>({TimerKind::turn, TimerKind::run})};
    default:
      return inputs::EffectLost{attempt, any<bool>() ? *any_text() : std::string()};
  }
}

Input::Value any_tool_input(int kind) {
  const std::string call_id = *any_text();
  const auto error = any<bool>() ? std::optional(any_error()) : std::nullopt;
  switch (kind) {
    case 7: {
      ToolPreparation preparation;
      if (any<bool>()) preparation.undo = example_undo();
      if (any<bool>()) preparation.targets = example_targets();
      if (any<bool>()) preparation.approval = ApprovalNeed::require;
      if (any<bool>()) preparation.preview = *any_text();
      return inputs::ToolPrepared{call_id, std::move(preparation), error, any_gates()};
    }
    case 8:
      return inputs::ToolReturned{call_id,
                                  *rc::gen::inRange<std::uint32_t>(1, 4),
                                  one_of<ToolOutcome>({ToolOutcome::ok, ToolOutcome::unknown, ToolOutcome::cancelled}),
                                  any<bool>() ? example_parts() : std::vector<ContentPart>(),
                                  error,
                                  any<bool>() ? std::optional(SharedBytes("output")) : std::nullopt};
    default:
      return inputs::ToolVerified{call_id, one_of<VerifiedState>({VerifiedState::happened, VerifiedState::unknown}),
                                  any<bool>() ? example_parts() : std::vector<ContentPart>(), *any_text()};
  }
}

MemoryId any_memory_id() { return MemoryId::make(any_count(), any_count(), any_count()); }

std::vector<UndoConflict> any_conflicts() {
  if (any<bool>()) return {};
  return {{*any_text(), std::nullopt, Hash(), *any_text()}};
}

inputs::ReplayReported any_replay_report() {
  inputs::ReplayReported reported;
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      reported.matched = events::ReplayMatched{any_count(), any_count(), Hash(), {*any_text()}};
      break;
    case 1:
      reported.diverged = events::ReplayDiverged{any_count(), *any_text(), *any_text(), *any_text()};
      break;
    default:
      reported.error = any_error();
  }
  return reported;
}

Input::Value any_command(int kind) {
  switch (kind) {
    case 10:
      return inputs::Abort{one_of<AbortMode>({AbortMode::now, AbortMode::after_turn}), *any_text(),
                           maybe<std::uint32_t>()};
    case 11:
      return inputs::Hint{HintId::make(any_count(), any_count(), any_count()),
                          HintPriority::after_turn,
                          *any_text(),
                          *any_text(),
                          maybe<std::uint64_t>(),
                          maybe<std::uint32_t>()};
    case 12:
      return inputs::Pause{*any_text()};
    case 13:
      return inputs::Resume{*any_text()};
    case 14:
      return inputs::Recover{*any_text(), any_count(), maybe<std::uint64_t>()};
    case 17: {
      inputs::MemoryReturned returned{{}, any_count(), maybe<std::uint64_t>(), {}};
      for (int left = *rc::gen::inRange(0, 3); left > 0; --left) {
        returned.hits.push_back({any_memory_id(), MemoryLane::episodic, 0.015625, any_count(), *any_text()});
      }
      if (any<bool>()) returned.error = any_error();
      return returned;
    }
    case 18:
      return inputs::MemoryKept{any_memory_id(), any_count(), any_count(), maybe<std::uint64_t>(),
                                any<bool>() ? std::optional(any_error()) : std::nullopt};
    case 19:
      return inputs::GateReturned{any_gates()};
    case 16:
      return inputs::SlotRefused{
          *rc::gen::inRange<std::uint32_t>(1, 9),
          one_of<inputs::SlotRefusal>({inputs::SlotRefusal::circuit_open, inputs::SlotRefusal::retry_budget}),
          any_count()};
    case 15:
      return inputs::Resolve{*InterruptId::parse("c0ffee0123456789"),
                             one_of<InterruptDecision>({InterruptDecision::allow_run, InterruptDecision::deny}),
                             *any_text(), *any_text()};
    case 20:
      return inputs::IssueToken{any_count(), *any_text(), *any_text()};
    case 21:
      return any_replay_report();
    case 22:
      return inputs::CompensationPrepared{*rc::gen::inRange<std::uint32_t>(0, 9),
                                          any<bool>() ? std::optional(example_undo()) : std::nullopt,
                                          example_targets(),
                                          one_of<UndoVerdict>({UndoVerdict::restorable, UndoVerdict::conflict}),
                                          any_conflicts(),
                                          any<bool>() ? std::optional(any_error()) : std::nullopt};
    case 23:
      return inputs::Compensated{
          *rc::gen::inRange<std::uint32_t>(0, 9), *rc::gen::inRange<std::uint32_t>(1, 4),
          one_of<CompensationOutcome>({CompensationOutcome::restored, CompensationOutcome::conflict}), any_conflicts(),
          any<bool>() ? std::optional(any_error()) : std::nullopt};
    default:
      return inputs::Checkpoint{*any_text(), *any_text()};
  }
}

inputs::Start any_start() {
  inputs::Start start;
  const EventMeta meta = example_meta(1);
  start.identity = {meta.run_id, meta.session_id, meta.trace_id, any<bool>() ? meta.parent_span_id : std::nullopt};
  start.spec = example_run_started();
  start.spec.system = *any_text();
  start.spec.settings.temperature = *any_setting();
  start.spec.settings.top_p = *any_setting();
  start.spec.settings.seed = any<std::int64_t>();
  start.spec.seed = any_count();
  start.spec.settings.metadata = {{*any_text() + "1", *any_text()}, {*any_text() + "2", *any_text()}};
  for (ConversationItem& item : example_items()) {
    if (any<bool>()) start.history.push_back(make_context_entry(item, ContextSource::history));
  }
  start.derivation = one_of<inputs::Derivation>(
      {std::monostate{},
       events::RunForked{{"hint", "model"}, {{"c1", ToolOutcome::ok, example_parts()}}, {{"pii", false}}, {}, {}},
       events::ReplayStarted{ReplayMode::compat, 40},
       events::UndoPlanned{7,
                           {{"c1", "write_file", 9, UndoVerdict::conflict, any_conflicts(), true, "restore a.txt"}}}});
  return start;
}

// What a kernel would answer by, if the events held all of the input.
struct ToEvents {
  using Payloads = std::vector<StreamEvent::Payload>;
  static Payloads gates(const std::vector<GateVerdict>& gates) { return {gates.begin(), gates.end()}; }
  Payloads operator()(const inputs::Start& start) const {
    Payloads payloads{start.spec};
    std::visit(
        [&](const auto& derivation) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(derivation)>, std::monostate>) {
            payloads.emplace_back(derivation);
          }
        },
        start.derivation);
    return payloads;
  }
  Payloads operator()(const inputs::SlotGranted& in) const {
    events::ProviderRequested requested{in.attempt, 1, {ProviderId("chat"), "m"}, {}, {}};
    requested.is_probe = in.is_probe;
    return {events::ContextAssembled{}, std::move(requested)};
  }
  Payloads operator()(const inputs::SlotRefused& in) const {
    return {events::CircuitOpened{{ProviderId("chat"), "m"}, in.open_ms}};
  }
  Payloads operator()(const inputs::ProviderHeaders& in) const {
    return {events::ProviderResponded{in.attempt, in.provider_request_id, in.status, 0}};
  }
  Payloads operator()(const inputs::ProviderChunk& in) const {
    Payloads payloads = gates(in.gates);
    for (const ProviderPart& part : in.parts) payloads.push_back(std::visit(ToPayload{in.attempt}, part));
    return payloads;
  }
  Payloads operator()(const inputs::ProviderEnded& in) const {
    Payloads payloads = gates(in.gates);
    payloads.emplace_back(events::UsageReported{in.attempt, in.usage, {}, {}});
    if (in.timer) payloads.push_back(events::TimeoutFired{*in.timer, in.timer_ms, in.attempt});
    payloads.push_back(events::AttemptFailed{in.attempt, in.error, {"0"}});
    return payloads;
  }
  Payloads operator()(const inputs::ToolPrepared& in) const {
    events::ToolCallStarted started;
    started.call_id = in.call_id;
    started.undo = in.preparation.undo;
    started.targets = in.preparation.targets;
    Payloads payloads = gates(in.gates);
    payloads.emplace_back(started);
    return payloads;
  }
  Payloads operator()(const inputs::ToolReturned& in) const {
    return {events::ToolCallFinished{in.call_id, in.outcome, in.result, in.error, in.full_output, 5}};
  }
  Payloads operator()(const inputs::ToolVerified& in) const {
    events::ToolCallFinished finished;
    finished.call_id = in.call_id;
    finished.result = in.result;
    return {finished};
  }
  Payloads operator()(const inputs::GateReturned& in) const { return gates(in.gates); }
  Payloads operator()(const inputs::MemoryReturned& in) const {
    return {events::MemoryRetrieved{*any_text(), in.hits, any_count(), in.latency_us, in.cost_micro_usd, in.error}};
  }
  Payloads operator()(const inputs::MemoryKept& in) const {
    return {events::MemoryStored{in.id, MemoryLane::episodic, in.tokens, in.latency_us, in.cost_micro_usd, in.error}};
  }
  Payloads operator()(const inputs::TimerFired& in) const { return {events::TimeoutFired{in.timer, 5, {}}}; }
  Payloads operator()(const inputs::EffectLost& in) const {
    return {events::AttemptFailed{in.attempt, any_error(), {}}};
  }
  Payloads operator()(const inputs::Abort& in) const { return {events::AbortRequested{in.mode, in.by}}; }
  Payloads operator()(const inputs::Hint& in) const {
    return {events::HintQueued{in.hint_id, in.priority, in.text, in.by, false, in.expires_us}};
  }
  Payloads operator()(const inputs::Pause& in) const { return {events::RunPaused{in.by}}; }
  Payloads operator()(const inputs::Resume& in) const { return {events::RunResumed{in.by, 0, {}, {}, {}}}; }
  Payloads operator()(const inputs::Recover& in) const {
    return {events::RunResumed{in.by, 0, in.epoch, in.discarded_after, {}}};
  }
  Payloads operator()(const inputs::Resolve& in) const {
    return {events::InterruptResolved{in.interrupt_id, in.decision, in.by, in.reason}};
  }
  Payloads operator()(const inputs::Checkpoint& in) const { return {events::CheckpointCreated{in.label, in.by}}; }
  Payloads operator()(const inputs::IssueToken& in) const {
    return {events::ReplayTokenIssued{in.to_seq, in.token, in.by}};
  }
  Payloads operator()(const inputs::ReplayReported& in) const {
    if (in.matched) return {*in.matched};
    if (in.diverged) return {*in.diverged};
    return {events::Error{in.error.value_or(Error()), {}, {}, {}, {}}};
  }
  Payloads operator()(const inputs::CompensationPrepared& in) const {
    events::CompensationStarted started;
    started.index = in.index;
    started.undo = in.undo;
    started.targets = in.targets;
    return {started};
  }
  Payloads operator()(const inputs::Compensated& in) const {
    return {events::CompensationFinished{in.index, {}, in.outcome, in.conflicts, in.error, 5}};
  }
};

Step make_step(const JournalHead& before) {
  Step step;
  const int kind = *rc::gen::inRange(0, static_cast<int>(std::variant_size_v<Input::Value::variant>));
  step.input.value = kind == 0   ? any_start()
                     : kind < 7  ? any_provider_input(kind)
                     : kind < 10 ? any_tool_input(kind)
                                 : any_command(kind);
  std::vector<StreamEvent::Payload> payloads;
  if (kind == 0 || any<bool>()) payloads = std::visit(ToEvents{}, step.input.value);
  std::vector<StreamEvent> others = example_events();
  // A start says once at most what the run has to do with another one.
  std::erase_if(others, [&](const StreamEvent& event) {
    const bool is_derivation = event.get_if<events::RunForked>() != nullptr ||
                               event.get_if<events::ReplayStarted>() != nullptr ||
                               event.get_if<events::UndoPlanned>() != nullptr;
    return kind == 0 && is_derivation;
  });
  for (int extra = *rc::gen::inRange(payloads.empty() ? 1 : 0, 3); extra > 0; --extra) {
    payloads.push_back(one_of(others).payload);
  }
  for (StreamEvent::Payload& payload : payloads) {
    EventMeta meta = example_meta(before.seq + 1 + step.events.size());
    if (const auto* start = std::get_if<inputs::Start>(&step.input.value))
      meta.parent_span_id = start->identity.parent_span_id;
    step.events.push_back({meta, std::move(payload)});
  }
  const EventMeta& first = step.events.front().meta;
  step.input.now = {first.at, first.elapsed_us};
  if (*rc::gen::inRange(0, 4) == 0) step.input.now.elapsed_us = any_count();
  return step;
}

}  // namespace

rc::Gen<std::string> any_text() {
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(any_code_point()),
                      [](const std::vector<std::uint32_t>& codes) {
                        std::string text;
                        for (const std::uint32_t code : codes) append_utf8(text, code);
                        return text;
                      });
}

rc::Gen<double> any_setting() {
  const auto decimals = rc::gen::map(rc::gen::inRange<std::int64_t>(0, 2'000'001),
                                     [](std::int64_t millionths) { return static_cast<double>(millionths) / 1e6; });
  const auto bits = rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t seed) {
    // Spread the small numbers that rapidcheck likes over all bits (the finaliser of splitmix64).
    seed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9ULL;
    seed = (seed ^ seed >> 27) * 0x94D049BB133111EBULL;
    return std::ldexp(static_cast<double>((seed ^ seed >> 31) >> 11), -52);
  });
  return rc::gen::oneOf(decimals, bits, rc::gen::element(0.0, -0.0, 5e-324, 2.0, 1.0 / 3));
}

rc::Gen<Step> any_step(JournalHead before) {
  return rc::gen::exec([before] { return make_step(before); });
}

}  // namespace orchestrator::harness::event
