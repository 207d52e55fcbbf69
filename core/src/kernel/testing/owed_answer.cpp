// SPDX-License-Identifier: Apache-2.0
#include "kernel/testing/owed_answer.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::kernel {
namespace {

using Answer = std::optional<event::Input::Value>;

struct Answering {
  const State& state;

  Answer operator()(const event::effects::AcquireSlot& wanted) const {
    return event::inputs::SlotGranted{wanted.attempt};
  }
  Answer operator()(const event::effects::CallProvider& call) const {
    if (call.purpose == AttemptPurpose::summary) {
      event::inputs::ProviderEnded ended;
      ended.attempt = call.attempt;
      ended.error = ProviderError{ProviderErrorCode::provider_lost, "no summary", {}, {}}.to_error();
      return ended;
    }
    MessageItem message;
    message.role = Role::assistant;
    message.parts.emplace_back(TextPart{"The end."});
    event::inputs::ProviderChunk chunk;
    chunk.attempt = call.attempt;
    chunk.parts.emplace_back(ItemDone{"i1", {std::move(message), "scripted"}});
    chunk.parts.emplace_back(UsageSeen{});
    chunk.parts.emplace_back(AnswerFinished{FinishReason::stop, "stop", "demo", "resp"});
    return chunk;
  }
  Answer operator()(const event::effects::CancelProvider& cancelled) const {
    event::inputs::ProviderEnded ended;
    ended.attempt = cancelled.attempt;
    ended.error = RuntimeError{RuntimeErrorCode::cancelled, "cancelled", {}, {}}.to_error();
    return ended;
  }
  Answer operator()(const event::effects::PrepareTool& asked) const {
    return event::inputs::ToolPrepared{asked.call_id, {}, std::nullopt};
  }
  Answer operator()(const event::effects::RunTool& run) const {
    event::inputs::ToolReturned returned;
    returned.call_id = run.call_id;
    returned.attempt = run.attempt;
    returned.result.emplace_back(TextPart{"done"});
    return returned;
  }
  Answer operator()(const event::effects::VerifyTool& asked) const {
    return event::inputs::ToolVerified{asked.call_id, VerifiedState::not_happened, {}, {}};
  }
  Answer operator()(const event::effects::EvaluateGates&) const {
    event::inputs::GateReturned returned;
    for (const events::GateInForce& gate : state.facts.spec.gates) {
      const bool is_asked = std::find(gate.phases.begin(), gate.phases.end(), GatePhase::input) != gate.phases.end();
      if (!is_asked) continue;
      GateVerdict verdict;
      verdict.gate = gate.name;
      verdict.phase = GatePhase::input;
      verdict.mode = gate.mode;
      returned.gates.push_back(std::move(verdict));
    }
    return returned;
  }
  Answer operator()(const event::effects::RetrieveMemory&) const { return event::inputs::MemoryReturned{}; }
  Answer operator()(const event::effects::StoreMemory& memory) const {
    event::inputs::MemoryKept kept;
    kept.id = memory.id;
    return kept;
  }
  template <class Other>
  Answer operator()(const Other&) const {
    return std::nullopt;
  }
};

Answer person_answer(const State& state) {
  const auto* acting = std::get_if<Acting>(&state.phase);
  if (acting == nullptr) return std::nullopt;
  for (const ToolCallProgress& call : acting->calls) {
    if (!call.interrupt) continue;
    return event::inputs::Resolve{call.interrupt->interrupt_id, InterruptDecision::allow_once, "somebody", {}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<event::Input::Value> owed_answer(const State& state) {
  for (const event::Effect& effect : owed_effects(state)) {
    if (auto answer = std::visit(Answering{state}, effect)) return answer;
  }
  if (auto answer = person_answer(state)) return answer;
  if (state.facts.paused) return event::inputs::Resume{"somebody"};
  return std::nullopt;
}

}  // namespace orchestrator::harness::kernel
