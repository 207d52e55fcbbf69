// SPDX-License-Identifier: Apache-2.0
#include "sim/testing/named_scenarios.hpp"

#include <utility>

#include "kernel/behaviours.hpp"

namespace orchestrator::harness::sim {
namespace {

namespace inputs = event::inputs;
using Parts = std::vector<ProviderPart>;

RunPlan run_asking(std::string question, std::uint64_t number) {
  RunPlan run;
  run.identity.run_id = RunId::make(1'700'000'000'000, 0, number);
  run.identity.session_id = SessionId::make(1'700'000'000'000, 0, 1);
  run.identity.trace_id = *TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
  run.spec.input.emplace_back(TextPart{std::move(question)});
  run.spec.model_plan.primary = {ProviderId("scripted"), "demo"};
  run.spec.seed = number;
  run.spec.behaviours = kernel::present_behaviours();
  run.spec.runtime_version = "0.1.0";
  run.slot_delays_us = {150};
  return run;
}

ItemDone done(std::string item_id, ItemValue value) { return {std::move(item_id), {std::move(value), "chat"}}; }
ItemDone message_done(std::string item_id, std::string text) {
  MessageItem message;
  message.role = Role::assistant;
  message.parts.emplace_back(TextPart{std::move(text)});
  return done(std::move(item_id), std::move(message));
}
UsageSeen used(std::uint64_t input, std::uint64_t output) {
  Usage usage;
  usage.input = input;
  usage.output = output;
  usage.total = input + output;
  return {usage};
}
AnswerFinished finished(FinishReason reason, std::string native) {
  return {reason, std::move(native), "demo-2026-11-01", "resp_1"};
}
AnswerPlan answer(std::vector<Parts> chunks) {
  AnswerPlan plan;
  plan.headers_after_us = 80'000;
  plan.cancel_after_us = 2'000;
  plan.end.error = ProviderError{ProviderErrorCode::provider_stream_truncated, "the stream ended early", "demo"};
  for (Parts& parts : chunks) plan.chunks.push_back({20'000, std::move(parts)});
  return plan;
}
AnswerPlan short_answer(const std::string& text) {
  return answer(
      {{TextPiece{"item_0", text}}, {message_done("item_0", text), used(12, 3), finished(FinishReason::stop, "stop")}});
}

Scenario plain() {
  RunPlan run = run_asking("Say hello.", 1);
  run.spec.settings.temperature = 0.1;
  run.answers = {
      answer({{ReasoningPiece{"item_0", "A greeting."}},
              {done("item_0", ReasoningItem{"A greeting.", {}}), TextPiece{"item_1", "H\u00e9llo"}},
              {TextPiece{"item_1", " \U0001F600"}},
              {message_done("item_1", "H\u00e9llo \U0001F600"), used(10, 7), finished(FinishReason::stop, "stop")}})};
  return {1, {run}};
}

// The model asks for a tool that is not there; a hint comes meanwhile and goes with the second request.
Scenario tools_and_hint() {
  RunPlan run = run_asking("Read a.txt.", 2);
  const ToolCallItem call{.call_id = "call_1", .name = "read_file", .arguments = R"({"path":"a.txt"})"};
  run.answers = {answer({{ToolArgumentsPiece{"item_0", R"({"path":)"}},
                         {ToolArgumentsPiece{"item_0", R"("a.txt"})"}, done("item_0", call), used(20, 9),
                          finished(FinishReason::tool_calls, "tool_calls")}}),
                 short_answer("I cannot.")};
  const HintId hint_id = HintId::make(1'700'000'000'500, 0, 1);
  run.commands = {{3, inputs::Hint{hint_id, HintPriority::asap, "Be brief.", "operator", {}, {}}}};
  return {2, {run}};
}

ToolSpec writing_tool() {
  ToolSpec tool;
  tool.name = "write_file";
  tool.description = "Writes a file.";
  tool.input_schema = {R"({"type":"object"})"};
  tool.effect_class = EffectClass::reversible;
  tool.approval = ApprovalNeed::ask;
  return tool;
}

RunPlan run_writing(std::uint64_t number) {
  RunPlan run = run_asking("Write a.txt.", number);
  run.spec.tools = {writing_tool()};
  const ToolCallItem call{.call_id = "call_1", .name = "write_file", .arguments = R"({"path":"a.txt","text":"hi"})"};
  run.answers = {answer({{done("item_0", call), used(20, 9), finished(FinishReason::tool_calls, "tool_calls")}}),
                 short_answer("Written.")};
  return run;
}

// A call that a person allows, and its result.
Scenario tool_with_approval() {
  RunPlan run = run_writing(9);
  run.questions = {{2'000'000, InterruptDecision::allow_once}};
  return {9, {run}};
}

// The process dies while a call runs that had acted already; a look at the world finds it out.
Scenario crash_in_tool() {
  RunPlan run = run_writing(10);
  run.spec.tool_policy.approval = ApprovalMode::never;
  run.tools = {{}, {.returned_after_us = 5'000'000, .acts_at_once = true}};
  run.crashes = {{4, CrashPoint::after_effects, 3'000'000}};
  return {10, {run}};
}

Scenario abort_in_stream() {
  RunPlan run = run_asking("Count to a thousand.", 3);
  run.spec.timeouts.run_ms = 60'000;
  run.answers = {answer({{TextPiece{"item_0", "1 2 3"}}, {TextPiece{"item_0", " 4 5"}}, {TextPiece{"item_0", " 6"}}})};
  run.commands = {{5, inputs::Abort{AbortMode::now, "operator", {}}}};
  return {3, {run}};
}

Scenario pause_and_resume() {
  RunPlan run = run_asking("Think.", 4);
  run.spec.timeouts.run_ms = 60'000;
  run.answers = {short_answer("Done.")};
  run.commands = {
      {3, inputs::Pause{"operator"}}, {5, inputs::Checkpoint{"paused", "operator"}}, {9, inputs::Resume{"operator"}}};
  return {4, {run}};
}

Scenario provider_fails() {
  RunPlan run = run_asking("Say hello.", 5);
  const ProviderError overloaded{
      ProviderErrorCode::provider_overloaded, "529: overloaded", "demo", {{"overloaded_error", "Overloaded"}}};
  run.answers = {answer({{TextPiece{"item_0", "Hel"}}, {used(10, 1), AnswerFailed{overloaded}}})};
  return {5, {run}};
}

AnswerPlan failing(ProviderErrorCode code, std::uint32_t status) {
  AnswerPlan plan;
  plan.headers_after_us = 2'000;
  plan.end.after_us = 1'000;
  plan.end.error = ProviderError{code, "HTTP " + std::to_string(status), "demo", {}};
  return plan;
}

// Overloaded, with a wait that the provider asks for; then cut off in the middle, and continued; priced.
Scenario retried_and_continued() {
  RunPlan run = run_asking("Say hello.", 9);
  run.spec.retries = {4, 500, 8'000, 60'000, AfterOutput::continue_answer};
  ModelOffer offer{.model = run.spec.model_plan.primary, .wire = "chat"};
  offer.price = ModelPrice{{1'250'000, 125'000, {}, 10'000'000}, {}, {}, "2026-11-22"};
  run.spec.offers = {offer};
  AnswerPlan busy = failing(ProviderErrorCode::provider_overloaded, 529);
  busy.end.advice = RetryAdvice{2'000, false, {}};
  AnswerPlan cut = answer({{TextPiece{"item_0", "Hel"}}});
  cut.end.error = ProviderError{ProviderErrorCode::provider_stream_truncated, "the stream ended early", "demo", {}};
  run.answers = {busy, cut, short_answer("lo.")};
  return {9, {run}};
}

// The first model's quota is used up; the second one is left alone; the third answers.
Scenario third_model_answers() {
  RunPlan run = run_asking("Say hello.", 10);
  run.spec.retries.attempts_max = 3;
  const ProviderId provider = run.spec.model_plan.primary.provider;
  run.spec.model_plan.fallbacks = {{provider, "second"}, {provider, "third"}};
  run.answers = {failing(ProviderErrorCode::provider_quota_exhausted, 402), short_answer("Hello.")};
  run.slot_answers = {SlotAnswer::granted, SlotAnswer::circuit_open};
  return {10, {run}};
}

// The process dies in the middle of the answer; the next one finds the run and ends it.
Scenario crash_in_stream() {
  RunPlan run = run_asking("Say hello.", 6);
  run.answers = {answer({{TextPiece{"item_0", "Hel"}}, {TextPiece{"item_0", "lo"}}})};
  run.crashes = {{3, CrashPoint::after_effects, 3'000'000}};
  return {6, {run}};
}

// Three runs of one session that remembers one exchange.
Scenario session_with_history() {
  Scenario scenario{7, {}};
  for (std::uint64_t number = 1; number <= 3; ++number) {
    RunPlan run = run_asking("Question " + std::to_string(number), 70 + number);
    run.spec.history_limits.turns = 1;
    run.answers = {short_answer("Answer " + std::to_string(number))};
    scenario.runs.push_back(run);
  }
  return scenario;
}

Scenario nothing_fits() {
  RunPlan run = run_asking("Say hello.", 8);
  run.spec.settings.seed = 1;
  run.spec.offers = {{.model = run.spec.model_plan.primary, .wire = "chat", .unsupported = {"seed"}}};
  return {8, {run}};
}

}  // namespace

std::vector<NamedScenario> named_scenarios() {
  return {{"abort_in_stream", abort_in_stream()},
          {"crash_in_stream", crash_in_stream()},
          {"crash_in_tool", crash_in_tool()},
          {"nothing_fits", nothing_fits()},
          {"pause_and_resume", pause_and_resume()},
          {"plain", plain()},
          {"provider_fails", provider_fails()},
          {"retried_and_continued", retried_and_continued()},
          {"session_with_history", session_with_history()},
          {"third_model_answers", third_model_answers()},
          {"tool_with_approval", tool_with_approval()},
          {"tools_and_hint", tools_and_hint()}};
}

}  // namespace orchestrator::harness::sim
