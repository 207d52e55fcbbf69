// SPDX-License-Identifier: Apache-2.0
#include "sim/trust_oracle.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace orchestrator::harness::sim {

void TrustOracle::require(bool holds, const char* what) {
  if (!holds && !wrong_) wrong_ = what;
}

void TrustOracle::taint(std::uint64_t seq) {
  if (tainted_seq_ == 0) tainted_seq_ = seq;
}

const ToolSpec* TrustOracle::spec_of(const std::string& call_id) const {
  const auto tool = tools_.find(call_id);
  if (tool == tools_.end()) return nullptr;
  const auto spec = std::ranges::find(spec_.tools, tool->second, &ToolSpec::name);
  return spec == spec_.tools.end() ? nullptr : &*spec;
}

bool TrustOracle::reaches_out(const event::Input& input, const std::string& call_id) const {
  const ToolSpec* spec = spec_of(call_id);
  const auto* prepared = std::get_if<event::inputs::ToolPrepared>(&input.value);
  ToolReach reach = spec == nullptr ? ToolReach::outside : spec->reach;
  if (prepared != nullptr && prepared->preparation.reach) reach = *prepared->preparation.reach;
  return reach != ToolReach::inside;
}

void TrustOracle::see_start(const event::Input& input, const events::ToolCallStarted& started) {
  const bool is_strict = spec_.tool_policy.injection == InjectionStance::strict;
  if (!is_strict || tainted_seq_ == 0 || started.attempt > 1 || !reaches_out(input, started.call_id)) return;
  const auto approval = started.approval ? approvals_.find(*started.approval) : approvals_.end();
  if (approval == approvals_.end()) {
    require(false, "a call that reaches out started unasked after an untrusted result");
    return;
  }
  require(approval->second.is_allowed && approval->second.call_id == started.call_id,
          "a call that reaches out started by the approval of another one, or by none that was given");
  require(approval->second.asked_seq > tainted_seq_,
          "a call that reaches out started by an approval from before the untrusted result");
}

void TrustOracle::see_question(const event::Input& input, const StreamEvent& event) {
  const auto& raised = *event.get_if<events::InterruptRaised>();
  approvals_[raised.interrupt_id] = {event.meta.seq, raised.call_id, false};
  const bool is_due = raised.kind == InterruptKind::approval && tainted_seq_ != 0 &&
                      spec_.tool_policy.injection == InjectionStance::strict && reaches_out(input, raised.call_id);
  require(raised.reason.empty() != is_due, "a question does not say why it is asked, or says so without a reason");
}

void TrustOracle::see_end(const event::Input& input, const events::ToolCallFinished& finished, std::uint64_t seq) {
  const ToolSpec* spec = spec_of(finished.call_id);
  const auto* returned = std::get_if<event::inputs::ToolReturned>(&input.value);
  const auto* verified = std::get_if<event::inputs::ToolVerified>(&input.value);
  const bool has_words = (returned != nullptr && returned->call_id == finished.call_id && !returned->result.empty()) ||
                         (verified != nullptr && verified->call_id == finished.call_id && !verified->result.empty());
  const bool is_of_others = has_words && (spec == nullptr || !spec->is_output_trusted);
  require(finished.is_untrusted == (is_of_others && spec_.tool_policy.injection != InjectionStance::off),
          "a result is not marked as what it is");
  if (is_of_others) taint(seq);
}

void TrustOracle::see_event(const event::Input& input, const StreamEvent& event) {
  if (const auto* run = event.get_if<events::RunStarted>()) {
    spec_ = *run;
    if (run->kind == RunKind::fork) {  // its numbers begin anew, and it asks anew
      if (tainted_seq_ != 0) tainted_seq_ = event.meta.seq;
      approvals_.clear();
    }
    if (run->is_history_untrusted) taint(event.meta.seq);
  } else if (const auto* memory = event.get_if<events::MemoryRetrieved>()) {
    if (!memory->hits.empty()) taint(event.meta.seq);
  } else if (const auto* requested = event.get_if<events::ToolCallRequested>()) {
    tools_[requested->call_id] = requested->tool;
  } else if (const auto* resolved = event.get_if<events::InterruptResolved>()) {
    approvals_[resolved->interrupt_id].is_allowed = resolved->decision != InterruptDecision::deny;
  } else if (const auto* started = event.get_if<events::ToolCallStarted>()) {
    see_start(input, *started);
  } else if (const auto* finished = event.get_if<events::ToolCallFinished>()) {
    see_end(input, *finished, event.meta.seq);
  } else if (event.get_if<events::InterruptRaised>() != nullptr) {
    see_question(input, event);
  }
}

std::optional<std::string> TrustOracle::see(const event::Input& input, const std::vector<StreamEvent>& events) {
  for (const StreamEvent& event : events) see_event(input, event);
  return std::exchange(wrong_, std::nullopt);
}

}  // namespace orchestrator::harness::sim
