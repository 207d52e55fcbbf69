// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/gate_trial.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::codec {
namespace {

std::string text_of_input(const StreamEvent::RunStarted& started) {
  MessageItem message;
  message.parts = started.input;
  return text_of(ConversationItem{std::move(message), {}});
}

void add_cost(GateTrial::Cost& sum, const std::optional<std::uint64_t>& micro_usd) {
  if (micro_usd) {
    sum.micro_usd += *micro_usd;
  } else {
    sum.is_whole = false;
  }
}

}  // namespace

void GateTrial::add(const StreamEvent& event) {
  GateSubject subject;
  if (const auto* started = event.get_if<StreamEvent::RunStarted>()) {
    workspace_ = started->workspace;
    const std::string text = text_of_input(*started);
    subject.phase = GatePhase::input;
    subject.text = text;
    judge(event.meta.seq, subject);
  } else if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>()) {
    open_.emplace(requested->call_id, *requested);
  } else if (const auto* call = event.get_if<StreamEvent::ToolCallStarted>()) {
    judge_call(event, call->call_id, call->targets);
  } else if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) {
    judge_call(event, finished->call_id, {});
  } else if (const auto* item = event.get_if<StreamEvent::OutputItemCompleted>();
             item && item->kind == ItemKind::text) {
    const std::string text = text_of(item->item);
    subject.phase = GatePhase::output;
    subject.text = text;
    judge(event.meta.seq, subject);
  } else if (const auto* asked = event.get_if<StreamEvent::ProviderRequested>(); asked && end_seq_) {
    attempts_after_.insert(asked->attempt);
  } else if (const auto* usage = event.get_if<StreamEvent::UsageReported>()) {
    pay(usage->cost_micro_usd, attempts_after_.contains(usage->attempt));
  } else if (const auto* retrieved = event.get_if<StreamEvent::MemoryRetrieved>()) {
    pay(retrieved->cost_micro_usd, end_seq_.has_value());
  } else if (const auto* gate = event.get_if<StreamEvent::GateEvaluated>()) {
    pay(gate->cost_micro_usd, end_seq_.has_value());
  } else if (const auto* stored = event.get_if<StreamEvent::MemoryStored>()) {
    pay(stored->cost_micro_usd, end_seq_.has_value());
  }
}

void GateTrial::pay(const std::optional<std::uint64_t>& micro_usd, bool is_saved) {
  add_cost(cost_, micro_usd);
  if (is_saved) add_cost(saved_, micro_usd);
}

void GateTrial::judge_call(const StreamEvent& event, const std::string& call_id,
                           const std::vector<ToolTarget>& targets) {
  const auto found = open_.find(call_id);
  if (found == open_.end()) return;
  const StreamEvent::ToolCallRequested requested = std::move(found->second);
  open_.erase(found);
  GateSubject subject;
  subject.phase = GatePhase::tool;
  subject.tool = requested.tool;
  subject.arguments = requested.arguments;
  subject.targets = targets;
  subject.workspace = workspace_;
  subject.earlier = earlier_;
  subject.now_us = event.meta.elapsed_us;
  judge(event.meta.seq, subject);
  earlier_.push_back({requested.tool, event.meta.elapsed_us});
}

void GateTrial::judge(std::uint64_t seq, const GateSubject& subject) {
  ++judged_;
  std::vector<GateVerdict> verdicts = rules_.judge(subject);
  std::erase_if(verdicts, [](const GateVerdict& verdict) { return verdict.passed; });
  if (verdicts.empty()) return;
  const bool ends = subject.phase != GatePhase::tool && std::ranges::any_of(verdicts, [](const GateVerdict& verdict) {
                      return verdict.action == GateAction::deny;
                    });
  if (ends && !end_seq_) end_seq_ = seq;
  steps_.push_back({seq, subject.phase, std::string(subject.tool), std::move(verdicts)});
}

}  // namespace orchestrator::harness::codec
