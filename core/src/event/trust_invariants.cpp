// SPDX-License-Identifier: Apache-2.0
#include "event/trust_invariants.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace orchestrator::harness::event {

struct TrustInvariants::Check {
  TrustInvariants& at;

  void operator()(const events::RunStarted& event) const {
    at.stance_ = event.tool_policy.injection;
    at.tools_ = event.tools;
    at.has_untrusted_ = at.has_untrusted_ || event.is_history_untrusted;  // by what a fork's source had read
  }
  void operator()(const events::MemoryRetrieved& event) const {
    at.has_untrusted_ = at.has_untrusted_ || !event.hits.empty();
  }
  void operator()(const events::ToolCallRequested& event) const {
    const auto tool = std::ranges::find(at.tools_, event.tool, &ToolSpec::name);
    at.calls_[event.call_id] = {tool != at.tools_.end() && tool->is_output_trusted, false};
  }
  void operator()(const events::ToolCallStarted& event) const { at.calls_[event.call_id].has_started = true; }
  void operator()(const events::InterruptRaised& event) const {
    if (event.reason.empty()) return;
    at.require(at.stance_ == InjectionStance::strict && at.has_untrusted_, "asked_with_reason",
               "a question has the reason that others wrote something, and nobody did");
    at.require(event.kind == InterruptKind::approval, "asked_with_reason", "a clarification has a reason");
  }
  void operator()(const events::ToolCallFinished& event) const {
    const auto call = at.calls_.extract(event.call_id);
    if (!event.is_untrusted) return;
    at.require(at.stance_ != InjectionStance::off, "untrusted_result", "a result is untrusted in a run without stance");
    at.require(!call.empty() && call.mapped().has_started, "untrusted_result",
               "a call that never started has an untrusted result");
    at.require(call.empty() || !call.mapped().is_output_trusted, "untrusted_result",
               "the result of a trusted tool is untrusted");
    at.has_untrusted_ = true;
  }
  void operator()(const auto&) const {}
};

void TrustInvariants::require(bool holds, std::string_view invariant, std::string_view what) {
  if (!holds) breaches_.push_back({invariant, what});
}

std::vector<TrustInvariants::Breach> TrustInvariants::see(const StreamEvent& event) {
  breaches_.clear();
  std::visit(Check{*this}, event.payload);
  return std::exchange(breaches_, {});
}

}  // namespace orchestrator::harness::event
