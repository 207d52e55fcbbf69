// SPDX-License-Identifier: Apache-2.0
#include "sim/answer_script.hpp"

#include <algorithm>
#include <variant>

namespace orchestrator::harness::sim {
namespace {

bool is_terminal(const ProviderPart& part) {
  return std::holds_alternative<AnswerFinished>(part) || std::holds_alternative<AnswerFailed>(part);
}

}  // namespace

std::vector<std::pair<std::uint64_t, event::Input::Value>> script_of(const AnswerPlan& plan, std::uint32_t attempt) {
  std::vector<std::pair<std::uint64_t, event::Input::Value>> script;
  std::uint64_t at_us = 0;
  bool has_ended = false;
  if (plan.headers_after_us) {
    at_us += *plan.headers_after_us;
    const event::inputs::ProviderHeaders headers{attempt, 200, "req_" + std::to_string(attempt)};
    for (std::uint32_t i = 0; i < plan.headers_times; ++i) script.emplace_back(at_us, headers);
    for (const ChunkPlan& chunk : plan.chunks) {
      at_us += chunk.after_us;
      script.emplace_back(at_us, event::inputs::ProviderChunk{attempt, chunk.parts});
      has_ended = has_ended || std::ranges::any_of(chunk.parts, is_terminal);
    }
  }
  const event::inputs::ProviderEnded end{attempt,           plan.end.error, plan.end.timer,
                                         plan.end.timer_ms, plan.end.usage, plan.end.advice};
  if (!has_ended) {
    at_us += plan.end.after_us;
    script.emplace_back(at_us, end);
  }
  if (plan.sends_on) {
    script.emplace_back(at_us + 1, event::inputs::ProviderChunk{attempt, {TextPiece{"late", "late"}}});
    script.emplace_back(at_us + 2, end);
  }
  return script;
}

AnswerPlan plain_answer() {
  MessageItem message;
  message.role = Role::assistant;
  message.parts.emplace_back(TextPart{"Done."});
  AnswerPlan plan;
  plan.headers_after_us = 1'000;
  plan.chunks.push_back({1'000,
                         {TextPiece{"item_0", "Done."}, ItemDone{"item_0", {std::move(message), "simulated"}},
                          AnswerFinished{FinishReason::stop, "stop", "", ""}}});
  return plan;
}

event::inputs::ProviderEnded cancelled_call(std::uint32_t attempt) {
  event::inputs::ProviderEnded ended;
  ended.attempt = attempt;
  ended.error = RuntimeError{RuntimeErrorCode::cancelled, "the call was cancelled", "attempt"};
  return ended;
}

}  // namespace orchestrator::harness::sim
