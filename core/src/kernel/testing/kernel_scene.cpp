// SPDX-License-Identifier: Apache-2.0
#include "kernel/testing/kernel_scene.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "event/canonical_event.hpp"
#include "event/field_encoder.hpp"
#include "event/variant_names.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/fork_state.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::int64_t kWallStartUs = 1'700'000'000'000'000;
constexpr std::uint64_t kStepUs = 1'000;

// What the tests of whole decisions leave to others.
Payload without_detail(Payload payload) {
  if (auto* requested = std::get_if<events::ProviderRequested>(&payload)) requested->request_hash = {};
  if (auto* end = std::get_if<events::Completed>(&payload)) end->latencies = {};
  if (auto* end = std::get_if<events::Error>(&payload)) end->latencies = {};
  if (auto* end = std::get_if<events::Aborted>(&payload)) end->latencies = {};
  return payload;
}

std::string describe_context(const std::vector<event::ContextEntry>& context) {
  std::string out = "[";
  for (const event::ContextEntry& entry : context) {
    event::append_item(out, *entry.item);
    out += '@' + std::to_string(static_cast<int>(entry.source)) + ' ';
  }
  return out + "]";
}

testing::ScopedTrace trace(const std::source_location& where, const char* what) {
  return {where.file_name(), static_cast<int>(where.line()), what};
}

}  // namespace

events::RunStarted example_spec() {
  events::RunStarted spec;
  spec.input.emplace_back(TextPart{"Hi"});
  spec.model_plan.primary = {ProviderId("scripted"), "demo"};
  spec.seed = 7;
  spec.behaviours = present_behaviours();
  spec.runtime_version = "0.1.0";
  return spec;
}

event::RunIdentity example_identity() {
  return {.run_id = RunId::make(1'700'000'000'000, 1, 2),
          .session_id = SessionId::make(1'700'000'000'000, 3, 4),
          .trace_id = *TraceId::parse("0123456789abcdef0123456789abcdef"),
          .parent_span_id = {}};
}

ToolSpec example_tool(EffectClass effect_class, ApprovalNeed approval) {
  ToolSpec tool;
  tool.name = "act";
  tool.description = "Acts.";
  tool.input_schema = {R"({"type":"object"})"};
  tool.effect_class = effect_class;
  tool.approval = approval;
  return tool;
}

event::inputs::Start start_of(events::RunStarted spec, std::vector<event::ContextEntry> history) {
  spec.history.items = history.size();
  spec.history.hash = event::context_hash(history);
  return {example_identity(), std::move(spec), std::move(history)};
}

event::inputs::Start fork_of(const State& source, events::RunForked changes) {
  event::inputs::Start start;
  start.identity = source.facts.identity;
  start.identity.run_id = RunId::make(1'700'000'000'001, 5, 6);
  start.spec = source.facts.spec;
  start.spec.kind = RunKind::fork;
  start.spec.parent = events::ParentRef{source.facts.identity.run_id, 1, sha256("head")};
  start.spec.seed += 1;
  start.derivation = std::move(changes);
  return start;
}

event::effects::AcquireSlot acquire(std::uint32_t attempt) {
  return {.attempt = attempt, .model = {ProviderId("scripted"), "demo"}};
}

InputValue slot(std::uint32_t attempt) { return event::inputs::SlotGranted{attempt}; }
InputValue headers(std::uint32_t attempt) { return event::inputs::ProviderHeaders{attempt, 200, "req_1"}; }
InputValue chunk(std::uint32_t attempt, std::vector<event::ProviderPart> parts) {
  return event::inputs::ProviderChunk{attempt, std::move(parts)};
}
InputValue ended(std::uint32_t attempt, Error error, Usage usage) {
  return event::inputs::ProviderEnded{attempt, std::move(error), std::nullopt, 0, usage};
}
InputValue ended_by(std::uint32_t attempt, TimerKind timer, std::uint64_t timer_ms, Error error) {
  return event::inputs::ProviderEnded{attempt, std::move(error), timer, timer_ms, {}};
}
InputValue lost(std::uint32_t attempt) { return event::inputs::EffectLost{attempt, {}}; }
InputValue lost_call(std::string call_id) { return event::inputs::EffectLost{0, std::move(call_id)}; }
InputValue prepared(std::string call_id, ToolPreparation preparation) {
  return event::inputs::ToolPrepared{std::move(call_id), std::move(preparation), std::nullopt};
}
InputValue not_prepared(std::string call_id, ToolErrorCode code, std::string message) {
  const ToolError error{code, std::move(message), {}, {}};
  return event::inputs::ToolPrepared{std::move(call_id), {}, error.to_error()};
}
InputValue returned(std::string call_id, std::string text, std::uint32_t attempt) {
  event::inputs::ToolReturned input;
  input.call_id = std::move(call_id);
  input.attempt = attempt;
  input.result.emplace_back(TextPart{std::move(text)});
  return input;
}
InputValue returned_as(std::string call_id, ToolOutcome outcome, ToolErrorCode code) {
  event::inputs::ToolReturned input;
  input.call_id = std::move(call_id);
  input.outcome = outcome;
  input.error = ToolError{code, "as told", {}, {}}.to_error();
  return input;
}
InputValue verified(std::string call_id, VerifiedState state) {
  return event::inputs::ToolVerified{std::move(call_id), state, {}, "as seen"};
}
InputValue recovered() { return event::inputs::Recover{"me", 1, std::nullopt}; }
InputValue resolved(const State& state, InterruptDecision decision, std::string call_id) {
  event::inputs::Resolve input;
  input.decision = decision;
  input.by = "me";
  if (const auto* acting = std::get_if<Acting>(&state.phase)) {
    const ToolCallProgress* call = open_call(acting->calls, call_id);
    if (call != nullptr && call->interrupt) input.interrupt_id = call->interrupt->interrupt_id;
  }
  return input;
}
InputValue timer(TimerKind kind) { return event::inputs::TimerFired{kind}; }
InputValue abort(AbortMode mode, std::string by) { return event::inputs::Abort{mode, std::move(by), std::nullopt}; }
InputValue hint(std::uint64_t id, HintPriority priority, std::string text, std::optional<std::uint64_t> expires_us) {
  return event::inputs::Hint{hint_id(id), priority, std::move(text), "me", expires_us, std::nullopt};
}
InputValue pause() { return event::inputs::Pause{"me"}; }
InputValue resume() { return event::inputs::Resume{"me"}; }
InputValue checkpoint(std::string label) { return event::inputs::Checkpoint{std::move(label), "me"}; }

event::ProviderPart text(std::string item_id, std::string text) {
  return TextPiece{std::move(item_id), std::move(text)};
}
event::ProviderPart thought(std::string item_id, std::string text) {
  return ReasoningPiece{std::move(item_id), std::move(text)};
}
event::ProviderPart arguments(std::string item_id, std::string text) {
  return ToolArgumentsPiece{std::move(item_id), std::move(text)};
}
event::ProviderPart done(std::string item_id, ItemValue value) {
  return ItemDone{std::move(item_id), {std::move(value), "scripted"}};
}
event::ProviderPart used(std::uint64_t input, std::uint64_t output) { return UsageSeen{usage(input, output)}; }
event::ProviderPart finished(FinishReason reason) { return AnswerFinished{reason, "native", "demo-1", "resp_1"}; }
event::ProviderPart failed(Error error) { return AnswerFailed{std::move(error)}; }

ItemValue message(std::string text) {
  MessageItem item;
  item.role = Role::assistant;
  item.parts.emplace_back(TextPart{std::move(text)});
  return item;
}
ItemValue call(std::string call_id, std::string name, std::string arguments) {
  return ToolCallItem{.call_id = std::move(call_id), .name = std::move(name), .arguments = std::move(arguments)};
}
InputValue answer(std::uint32_t attempt, std::string whole, FinishReason reason) {
  return chunk(attempt, {text("a", whole), done("a", message(whole)), used(10, 5), finished(reason)});
}

HintId hint_id(std::uint64_t number) { return HintId::make(1'700'000'000'000, 0, number); }

Usage usage(std::uint64_t input, std::uint64_t output) {
  Usage usage;
  usage.input = input;
  usage.output = output;
  return usage;
}

Error provider_error(ProviderErrorCode code, std::string message) {
  return ProviderError{code, std::move(message), "scripted/demo", {}};
}

std::vector<event::ContextEntry> history_of(std::size_t exchanges, std::size_t bytes) {
  std::vector<event::ContextEntry> history;
  for (std::size_t i = 0; i < exchanges; ++i) {
    const std::string mark = std::to_string(i);
    const std::string padding(bytes > mark.size() ? bytes - mark.size() : 0, '.');
    history.push_back(event::make_context_entry(user_text(mark + padding), event::ContextSource::input));
    history.push_back(event::make_context_entry({message(mark + padding), "scripted"}, event::ContextSource::output));
  }
  for (event::ContextEntry& entry : history) entry.source = event::ContextSource::history;
  return history;
}

InputValue call_answer(std::uint32_t attempt, std::vector<std::string> call_ids) {
  std::vector<event::ProviderPart> parts;
  for (std::string& call_id : call_ids) {
    std::string item_id = "item_" + call_id;
    parts.push_back(done(std::move(item_id), call(std::move(call_id), "act", "{}")));
  }
  parts.push_back(finished(FinishReason::tool_calls));
  return chunk(attempt, std::move(parts));
}

std::string describe(const Payload& payload) {
  std::string out(event::name_of_index<Payload>(payload.index()));
  out += ' ';
  event::append_data(out, payload);
  return out;
}

std::string describe(const event::Effect& effect) {
  struct Visitor {
    std::string operator()(const event::effects::AcquireSlot& e) const {
      std::string out = "AcquireSlot " + std::to_string(e.attempt);
      if (e.not_before_us > 0) out += " from " + std::to_string(e.not_before_us);
      return e.is_retry ? out + " again" : out;
    }
    std::string operator()(const event::effects::ReleaseSlot& e) const {
      return "ReleaseSlot " + std::to_string(e.attempt);
    }
    std::string operator()(const event::effects::CallProvider& e) const {
      std::string out = "CallProvider " + std::to_string(e.attempt) + " turn " + std::to_string(e.turn) + " ";
      out += e.model.str() + " ";
      event::append_value(out, e.settings);
      if (e.purpose == AttemptPurpose::summary) out += " for a summary";
      return out + " " + describe_context(e.context);
    }
    std::string operator()(const event::effects::CancelProvider& e) const {
      return "CancelProvider " + std::to_string(e.attempt);
    }
    std::string operator()(const event::effects::PrepareTool& e) const {
      return "PrepareTool " + e.call_id + " " + e.tool + " " + e.arguments + " " + e.idempotency_key;
    }
    std::string operator()(const event::effects::RunTool& e) const {
      return "RunTool " + e.call_id + " " + e.tool + " " + e.arguments + " " + e.idempotency_key + " attempt " +
             std::to_string(e.attempt);
    }
    std::string operator()(const event::effects::CancelTool& e) const { return "CancelTool " + e.call_id; }
    std::string operator()(const event::effects::VerifyTool& e) const {
      return "VerifyTool " + e.call_id + " " + e.tool + " " + e.arguments;
    }
    std::string operator()(const event::effects::EvaluateGates&) const { return "EvaluateGates"; }
    std::string operator()(const event::effects::ReplaySource& e) const {
      return "ReplaySource to " + std::to_string(e.order.to_seq);
    }
    std::string operator()(const event::effects::PrepareCompensation& e) const {
      return "PrepareCompensation " + std::to_string(e.index) + " of " + e.step.call_id;
    }
    std::string operator()(const event::effects::Compensate& e) const {
      return "Compensate " + std::to_string(e.index) + " of " + e.step.call_id + " " + e.idempotency_key + " attempt " +
             std::to_string(e.attempt);
    }
    std::string operator()(const event::effects::RetrieveMemory& e) const {
      return "RetrieveMemory of " + e.user + ", " + std::to_string(e.hits_max) + " for " + e.query;
    }
    std::string operator()(const event::effects::StoreMemory& e) const {
      return "StoreMemory " + e.id.str() + " of " + e.user + ": " + e.text;
    }
    std::string operator()(const event::effects::StartTimer& e) const {
      return "StartTimer " + std::string(event::enum_name(e.timer)) + " at " + std::to_string(e.at_us);
    }
    std::string operator()(const event::effects::StopTimer& e) const {
      return "StopTimer " + std::string(event::enum_name(e.timer));
    }
  };
  return std::visit(Visitor{}, effect);
}

Scene::Scene(std::vector<event::ContextEntry> history)
    : history_(std::move(history)), state_(initial_state(history_)), folded_(state_) {}

Scene::Scene(const Scene& source, std::uint64_t at_seq) : prefix_(source.prefix_) {
  for (const StreamEvent& event : source.journal_) {
    if (event.meta.seq <= at_seq) prefix_.push_back(event);
  }
  state_ = initial_state(source.history_);
  for (const StreamEvent& event : prefix_) {
    evolve_prefix(state_, event);
    invariants_.add(event);
  }
  state_ = fork_base(std::move(state_));
  folded_ = state_;
}

Scene::Scene(events::RunStarted spec, std::vector<event::ContextEntry> history) : Scene(history) {
  given(start_of(std::move(spec), history_));
}

event::Input Scene::input(InputValue value) const {
  return {{WallTime{kWallStartUs + static_cast<std::int64_t>(now_us_)}, now_us_}, std::move(value)};
}

Scene& Scene::at(std::uint64_t elapsed_us) {
  now_us_ = elapsed_us;
  return *this;
}

Scene& Scene::given(InputValue value, std::source_location where) {
  when(std::move(value), where);
  const auto scope = trace(where, "given");
  if (decision_.refusal) {
    ADD_FAILURE() << "the input was refused: " << decision_.refusal->message;
  } else if (decision_.events.empty()) {
    ADD_FAILURE() << "the input led to nothing";
  }
  return *this;
}

Scene& Scene::when(InputValue value, std::source_location where) {
  const auto scope = trace(where, "when");
  const event::Input next = input(std::move(value));
  decision_ = decide(state_, next);
  EXPECT_FALSE(decision_.refusal && !(decision_.events.empty() && decision_.effects.empty()));
  EXPECT_FALSE(decision_.events.empty() && !decision_.effects.empty()) << "effects without an event";
  if (!decision_.events.empty()) store(next);
  now_us_ += kStepUs;
  return *this;
}

// Takes the step as the runtime would: bytes first, then the state, and beside it the state as a reader sees it.
void Scene::store(const event::Input& input) {
  const event::EncodedStep encoded = event::encode_step({input, decision_.events}, head_);
  const auto stored = event::decode_step(encoded.line, head_);
  ASSERT_TRUE(stored) << stored.error().message << "\n" << encoded.line;
  const auto rebuilt = event::input_of(*stored, history_);
  ASSERT_TRUE(rebuilt) << rebuilt.error().message << "\n" << encoded.line;
  EXPECT_TRUE(*rebuilt == input) << "the input does not come back: " << encoded.line;
  EXPECT_TRUE(stored->events == decision_.events) << "the events do not come back: " << encoded.line;
  head_ = stored->head;
  for (const StreamEvent& event : decision_.events) {
    evolve(state_, event);
    invariants_.add(event);
    journal_.push_back(event);
  }
  for (const StreamEvent& event : stored->events) evolve(folded_, event);
  EXPECT_TRUE(folded_ == state_) << "folding the stored events gives another state";
  for (const event::Violation& violation : invariants_.violations()) ADD_FAILURE() << violation.str();
}

void Scene::then(const Payloads& events, const Effects& effects, std::source_location where) const {
  const auto scope = trace(where, "then");
  if (decision_.refusal) ADD_FAILURE() << "the input was refused: " << decision_.refusal->message;
  std::vector<std::string> found;
  std::vector<std::string> expected;
  for (const StreamEvent& event : decision_.events) found.push_back(describe(without_detail(event.payload)));
  for (const Payload& payload : events) expected.push_back(describe(without_detail(payload)));
  EXPECT_EQ(found, expected);
  found.clear();
  expected.clear();
  for (const event::Effect& effect : decision_.effects) found.push_back(describe(effect));
  for (const event::Effect& effect : effects) expected.push_back(describe(effect));
  EXPECT_EQ(found, expected);
}

void Scene::then_nothing(std::source_location where) const { then({}, {}, where); }

void Scene::then_refused(RuntimeErrorCode code, const std::string& at, std::source_location where) const {
  const auto scope = trace(where, "then_refused");
  EXPECT_TRUE(decision_.events.empty() && decision_.effects.empty());
  if (!decision_.refusal) {
    ADD_FAILURE() << "the input was not refused";
    return;
  }
  EXPECT_EQ(decision_.refusal->code, name_of(code)) << decision_.refusal->message;
  EXPECT_EQ(decision_.refusal->at, at);
  EXPECT_FALSE(decision_.refusal->message.empty());
}

}  // namespace orchestrator::harness::kernel
