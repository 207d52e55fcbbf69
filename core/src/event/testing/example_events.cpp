// SPDX-License-Identifier: Apache-2.0
#include "event/testing/example_events.hpp"

#include <limits>
#include <string>
#include <utility>

namespace orchestrator::harness::event {
namespace {

// 2026-11-22T14:45:56.123456Z
constexpr std::int64_t kStartUs = 1'795'358'756'123'456;

RunId run_id(std::uint64_t entropy) { return RunId::make(1'795'358'756'123, 7, entropy); }

Hash hash_of(std::string_view text) { return sha256(text); }

ModelRef model(std::string provider, std::string name) { return {ProviderId(std::move(provider)), std::move(name)}; }

Usage usage() {
  return {.input = 1'200,
          .cached_input = 1'024,
          .cache_write = 64,
          .output = 350,
          .reasoning = 128,
          .total = 1'550,
          .invalid = true,
          .unpriced = {"service_tier:flex", "hosted_tools"}};
}

Latencies latencies() {
  return {.queue_us = 150,
          .first_token_us = 412'000,
          .inter_token_p50_us = 9'800,
          .inter_token_p95_us = 21'500,
          .model_us = 2'400'000,
          .tool_us = 35'000,
          .total_us = 2'500'000};
}

Error provider_error() {
  ProviderError error{ProviderErrorCode::provider_rate_limited, "429: slow down", "api.openai.com", {}};
  error.cause = {{"rate_limit_exceeded", "30 requests a minute"}, {"http", "429 Too Many Requests"}};
  return error.to_error();
}

MediaSource media(std::string bytes, std::string media_type, std::string name) {
  return {SharedBytes(std::move(bytes)), "https://example.org/" + name, std::move(media_type), name};
}

RawJson echo() { return {R"({"id":"msg_1", "phase": "final" })"}; }

GenerationSettings settings() {
  GenerationSettings result;
  result.temperature = 0.1;
  result.top_p = 0.95;
  result.stop = {"\n\n", "END"};
  result.seed = std::numeric_limits<std::int64_t>::min();
  result.max_output_tokens = 4'096;
  result.max_input_tokens = 128'000;
  result.reasoning = ReasoningSettings{ReasoningEffort::high, 2'048, true};
  result.tool_choice = ToolChoice{ToolChoiceMode::named, "read_file"};
  result.parallel_tool_calls = true;
  result.output_schema = OutputSchema{"answer", {R"({"type":"object"})"}, false};
  result.metadata = {{"team", "blue"}, {"a \"quoted\" key", "and\ta tab"}};
  return result;
}

ToolSpec tool() {
  return {"read_file",
          "Reads a file.",
          {R"({"type":"object","properties":{"path":{"type":"string"}}})"},
          true,
          EffectClass::pure,
          {R"({"type":"string"})"},
          ApprovalNeed::require,
          5'000,
          4'096};
}

template <class Payload>
void append(std::vector<StreamEvent>& all, Payload payload) {
  all.push_back({example_meta(all.size() + 1), std::move(payload)});
}

void append_memory(std::vector<StreamEvent>& all) {
  append(all, events::ContextSummarised{2, 2, "Ada looks for her key."});
  append(all, events::MemoryRetrieved{"Where is the key?",
                                      {{MemoryId::make(1'795'358'756'123, 7, 9), MemoryLane::semantic, 0.0325, 7,
                                        "The key is under the mat."}},
                                      7,
                                      1'200,
                                      3,
                                      provider_error()});
  append(all, events::MemoryStored{MemoryId::make(1'795'358'756'123, 7, 8), MemoryLane::semantic, 40, 900, 5,
                                   provider_error()});
  append(all, events::LoopSuspected{9, "read_file", hash_of("arguments"), 3, 2});
}

GateVerdict verdict() {
  return {"no-keys", GatePhase::output,      GateMode::enforcing, false, GateAction::redact, 0.75,
          0.5,       "it matches at byte 4", provider_error(),    3,     "call_1",           12'000,
          41};
}

void append_requests(std::vector<StreamEvent>& all) {
  append(all, events::ModelSelected{model("openai", "gpt-5.6"),
                                    "responses",
                                    {{"seed", "unsupported"}},
                                    {{model("local", "smollm2"), {"too_small:context_tokens", "unknown:price"}}}});
  append(all,
         events::NegotiationFailed{{{model("chat", "qwen/qwen3"), {"unsupported:tools", "unsupported:input.image"}}}});
  append(all, events::ContextAssembled{2,
                                       14,
                                       {{hash_of("item"), "history", 31, ContextVerdict::trimmed, "history_turns"},
                                        {hash_of("hint"), "hint", 12, ContextVerdict::kept, "asap"}},
                                       900,
                                       1'000,
                                       hash_of("context")});
  append(all, events::ContextTrimmed{"history_tokens", {hash_of("a"), hash_of("b")}, 1'100, 900, 17, 1, "Earlier"});
  append_memory(all);
  append(all, events::GateEvaluated(verdict()));
  append(all, events::RedactionApplied{{{RedactionKind::secret, 2}, {RedactionKind::email, 1}}});
  append(all, events::ProviderRequested{3, 2, model("openai", "gpt-5.6"), hash_of("request"), 150, 2'000, true,
                                        AttemptPurpose::summary});
  append(all, events::ProviderResponded{3, "req_0123456789", 200, 84'000});
}

void append_answers(std::vector<StreamEvent>& all) {
  append(all, events::OutputDelta{3, 2, "0", 11, "H\u00e9llo \U0001F600\n"});
  append(all, events::ReasoningDelta{3, 2, "1", 5, "First \"think\"."});
  append(all, events::ToolArgumentsDelta{3, 2, "2", 8, R"({"path":)"});
  append(all, events::OutputItemCompleted{3, 2, "0", ItemKind::tool_call, example_items().at(3)});
  append(all, events::UsageReported{3, usage(), 4'210, "2026-11-01"});
  append(all, events::AttemptFinished{3, FinishReason::length, "max_output_tokens", "gpt-5.6-2026-10-01", "resp_1"});
  append(all, events::AttemptFailed{3, provider_error(), {"0", "1"}});
  append(all, events::TimeoutFired{TimerKind::tool, 300'000, 3, "call_1"});
  append(all, events::RetryScheduled{4, 2, "provider_overloaded", 1'250, RetryAfter::honoured, RetryMode::restart});
  append(all, events::FallbackSelected{4, 2, model("openai", "gpt-5.6"), model("chat", "qwen/qwen3"),
                                       "provider_quota_exhausted", RetryMode::continue_answer});
  append(all, events::CircuitOpened{model("openai", "gpt-5.6"), 30'000});
  append(all, events::CircuitClosed{model("openai", "gpt-5.6")});
  append(all, events::ToolCallRequested{"call_1", 2, "read_file", R"({"path":"a.txt"})", hash_of("arguments"),
                                        EffectClass::pure});
  const InterruptId interrupt = *InterruptId::parse("c0ffee0123456789");
  append(all, events::ToolCallStarted{"call_1", 2, "call_00112233445566778899aabbccddeeff", example_undo(),
                                      example_targets(), interrupt});
  append(all, events::ToolCallFinished{"call_1", ToolOutcome::denied, example_parts(),
                                       ToolError{ToolErrorCode::tool_denied, "not allowed", "call_1", {}}.to_error(),
                                       SharedBytes("all of the output"), 120, true});
  append(all,
         events::InterruptRaised{interrupt, InterruptKind::clarification, "call_1", "write_file", hash_of("arguments"),
                                 hash_of("tool"), hash_of("policy"), example_targets(), "+ a line\u202e",
                                 hash_of("shown"), 60'000'000, "after untrusted output of fetch_url"});
  append(all, events::InterruptResolved{interrupt, InterruptDecision::allow_run, "cli", "looks right"});
}

void append_derived(std::vector<StreamEvent>& all) {
  const UndoConflict conflict{"a.txt", hash_of("as the call left it"), hash_of("as it is"), "the content differs"};
  append(all, events::RunForked{{"model", "tool_result"},
                                {{"call_1", ToolOutcome::ok, {TextPart{"H\u00e9llo"}}}},
                                {{"no-keys", false}},
                                ForkWorkspace::not_restored,
                                {"b.txt was changed outside of the run"}});
  append(all, events::ReplayStarted{ReplayMode::compat, 41});
  append(all, events::ReplayMatched{12, 41, hash_of("head"), {"runtime version 0.2.1"}});
  append(all, events::ReplayDiverged{17, "/data/text", "H\u00e9llo", "Hallo"});
  append(all, events::ReplayTokenIssued{17, "otk1_0011", "cli"});
  append(all, events::UndoPlanned{
                  7, {{"call_1", "write_file", 19, UndoVerdict::conflict, {conflict}, true, "restore a.txt"}}});
  append(all, events::CompensationStarted{3, "call_1", "write_file", 2, "undo_1", example_undo(), example_targets()});
  append(all,
         events::CompensationFinished{3, "call_1", CompensationOutcome::conflict, {conflict}, provider_error(), 120});
}

void append_control(std::vector<StreamEvent>& all) {
  const HintId hint = HintId::make(1'795'358'757'000, 1, 2);
  append(all, events::HintQueued{hint, HintPriority::after_turn, "Be brief.", "cli", true, 60'000'000});
  append(all, events::HintDelivered{hint, 3, hash_of("hint")});
  append(all, events::HintDropped{hint, "expired"});
  append(all, events::CheckpointCreated{"before the edit", "cli"});
  append(all, events::AbortRequested{AbortMode::after_turn, "cli"});
  append(all, events::RunPaused{"operator"});
  append(all, events::RunResumed{"operator", 5'000'000, 2, 41, {"OutputDelta 42"}});
  append(all, events::Completed{FinishReason::length, "H\u00e9llo", usage(), 4'210, latencies()});
  append(all, events::Error{provider_error(), "H\u00e9l", usage(), 4'210, latencies()});
  append(all, events::Aborted{AbortMode::after_turn, "cli", "H\u00e9", usage(), 4'210, latencies()});
  append(all, events::Unknown{"TeleportRequested", {R"({"to":{"x":1.50,"y":[-1e3,null]}})"}});
  append_derived(all);
}

}  // namespace

EventMeta example_meta(std::uint64_t seq) {
  EventMeta meta;
  meta.run_id = run_id(1);
  meta.session_id = SessionId::make(1'795'358'000'000, 3, 9);
  meta.trace_id = *TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
  meta.span_id = *SpanId::parse("00f067aa0ba902b7");
  meta.parent_span_id = *SpanId::parse("53995c3f42cd8ad8");
  meta.seq = seq;
  meta.at.unix_us = kStartUs + static_cast<std::int64_t>(seq - 1) * 1'000'000;
  meta.elapsed_us = (seq - 1) * 1'000'000;
  return meta;
}

UndoRecord example_undo() { return {{R"({"path":"a.txt","mode":420})"}, {SharedBytes("as it was")}}; }

std::vector<ToolTarget> example_targets() { return {{"a.txt", hash_of("as it was")}, {"b.txt", std::nullopt}}; }

std::vector<ContentPart> example_parts() {
  return {TextPart{"What is this?"},
          ImagePart{media("png bytes", "image/png", "cat.png"), "low"},
          AudioPart{media("wav bytes", "audio/wav", "cat.wav")},
          VideoPart{media("mp4 bytes", "video/mp4", "cat.mp4")},
          FilePart{media("pdf bytes", "application/pdf", "cat.pdf")},
          JsonPart{{R"({"big":123456789012345678901234567890,"small":1.0})"}}};
}

std::vector<ConversationItem> example_items() {
  return {{MessageItem{Role::assistant, example_parts(), echo()}, "responses"},
          {ReasoningItem{"Cats have whiskers.", echo()}, "responses"},
          {RefusalItem{"I cannot say.", echo()}, "responses"},
          {ToolCallItem{"call_1", "read_file", R"({"path":"a.txt"})", true, echo()}, "responses"},
          {ToolResultItem{"call_1", example_parts(), true, true}, "chat"},
          {OtherItem{"web_search_call", echo()}, "responses"}};
}

ModelPrice example_price() {
  return {{1'250'000, 125'000, std::nullopt, 10'000'000},
          272'000,
          {2'500'000, 250'000, std::nullopt, 15'000'000},
          "2026-11-22"};
}

events::RunStarted example_run_started() {
  events::RunStarted run;
  run.kind = RunKind::fork;
  run.parent = events::ParentRef{run_id(2), 17, hash_of("parent")};
  run.input = example_parts();
  run.system = "You are terse.\u2028";
  run.model_plan = {
      model("openai", "gpt-5.6"), {model("chat", "qwen/qwen3"), model("local", "smollm2")}, OnUnsupported::drop};
  run.model_plan.needs = {{"tools", "input.image"}, 100'000, 8'000, "responses", {"eu"}, 5'000'000, 30'000'000};
  run.offers = {{model("openai", "gpt-5.6"), "responses", {"seed"}, 400'000, 128'000, {"eu", "us"}, example_price()}};
  run.settings = settings();
  run.tools = {tool()};
  run.tool_policy = {ApprovalMode::always, 4, 3, 600'000, InjectionStance::strict};
  run.workspace = "/home/u/project";
  run.limits.run_events = std::numeric_limits<std::uint64_t>::max();
  run.history_limits = {100, 50'000, 1 << 20};
  run.context = {50'000, 40, 70, 3, WhenFull::summarise, 500, {{"rules", "Answer in German."}}};
  run.memory = {"ada", 5, 2'000, 1'500, true};
  run.gates = {{"no-keys", GateMode::enforcing, {GatePhase::input, GatePhase::output}}};
  run.redaction = RedactionMode::reversible;
  run.is_history_untrusted = true;
  run.budgets = {.cost_micro_usd = 1'000'000, .tokens = 200'000, .turns = 8, .allow_unpriced = true};
  run.timeouts = {.connect_ms = 5'000,
                  .first_byte_ms = 60'000,
                  .idle_ms = 90'000,
                  .first_token_ms = 30'000,
                  .turn_ms = 300'000,
                  .run_ms = 900'000};
  run.retries = {4, 250, 4'000, 30'000, AfterOutput::restart};
  run.history = {run_id(3), 12, hash_of("history")};
  run.remember = false;
  run.pinned = {{"catalogue", hash_of("catalogue")}, {"prices", hash_of("prices")}};
  run.behaviours = {1, 4};
  run.seed = std::numeric_limits<std::uint64_t>::max() - 1;
  run.labels = {{"ticket", "ABC-1"}};
  run.runtime_version = "9.8.7";
  return run;
}

std::vector<StreamEvent> example_events() {
  std::vector<StreamEvent> all;
  append(all, example_run_started());
  append_requests(all);
  append_answers(all);
  append_control(all);
  return all;
}

}  // namespace orchestrator::harness::event
