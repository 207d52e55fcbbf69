// SPDX-License-Identifier: Apache-2.0
// Goal: what a journal says of untrusted results holds together, and each breach of it is named. Method: one sound run
// of events, and small edits of it.
#include "event/trust_invariants.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace orchestrator::harness::event {
namespace {

using Payloads = std::vector<StreamEvent::Payload>;

events::RunStarted run_started(InjectionStance stance) {
  events::RunStarted run;
  run.tool_policy.injection = stance;
  ToolSpec page;
  page.name = "page";
  ToolSpec list = page;
  list.name = "list";
  list.is_output_trusted = true;
  run.tools = {list, page};
  return run;
}

events::ToolCallRequested requested(std::string call_id, std::string tool) {
  events::ToolCallRequested event;
  event.call_id = std::move(call_id);
  event.tool = std::move(tool);
  return event;
}
events::ToolCallStarted started(std::string call_id) {
  events::ToolCallStarted event;
  event.call_id = std::move(call_id);
  return event;
}
events::ToolCallFinished finished(std::string call_id, bool is_untrusted) {
  events::ToolCallFinished event;
  event.call_id = std::move(call_id);
  event.is_untrusted = is_untrusted;
  return event;
}
events::InterruptRaised asked(InterruptKind kind, std::string reason) {
  events::InterruptRaised event;
  event.kind = kind;
  event.reason = std::move(reason);
  return event;
}

// A trusted result, an untrusted one, and a question because of it.
Payloads sound() {
  return {run_started(InjectionStance::strict),
          requested("c1", "list"),
          started("c1"),
          finished("c1", false),
          requested("c2", "page"),
          started("c2"),
          finished("c2", true),
          asked(InterruptKind::approval, "after untrusted output of page")};
}

std::string breaches(const Payloads& payloads) {
  TrustInvariants invariants;
  std::string found;
  for (const StreamEvent::Payload& payload : payloads) {
    for (const auto& breach : invariants.see({{}, payload})) found += std::string(breach.invariant) + " ";
  }
  return found;
}

std::string breaches_after(const std::function<void(Payloads&)>& edit) {
  Payloads payloads = sound();
  edit(payloads);
  return breaches(payloads);
}

TEST(TrustInvariants, ASoundJournalPasses) { EXPECT_EQ(breaches(sound()), ""); }

TEST(TrustInvariants, OnlyACallOfAnUntrustedToolThatRanHasAnUntrustedResult) {
  EXPECT_EQ(breaches_after([](Payloads& all) { all[3] = finished("c1", true); }), "untrusted_result ");
  EXPECT_EQ(breaches_after([](Payloads& all) { all.erase(all.begin() + 5); }), "untrusted_result ");
  EXPECT_EQ(breaches_after([](Payloads& all) {
              all[0] = run_started(InjectionStance::off);
              all.pop_back();
            }),
            "untrusted_result ");
}

TEST(TrustInvariants, AReasonNeedsSomethingUntrustedUnderTheStrictStance) {
  EXPECT_EQ(breaches_after([](Payloads& all) { all[6] = finished("c2", false); }), "asked_with_reason ");
  EXPECT_EQ(breaches_after([](Payloads& all) { all[0] = run_started(InjectionStance::mark); }), "asked_with_reason ");
  EXPECT_EQ(breaches_after([](Payloads& all) { all[7] = asked(InterruptKind::clarification, "why"); }),
            "asked_with_reason ");
}

TEST(TrustInvariants, HistoryAndMemoryAreReasonsToo) {
  const StreamEvent::Payload question = asked(InterruptKind::approval, "after something");
  events::RunStarted with_history = run_started(InjectionStance::strict);
  with_history.is_history_untrusted = true;
  EXPECT_EQ(breaches({with_history, question}), "");
  events::MemoryRetrieved retrieved;
  EXPECT_EQ(breaches({run_started(InjectionStance::strict), retrieved, question}), "asked_with_reason ");
  retrieved.hits.emplace_back();
  EXPECT_EQ(breaches({run_started(InjectionStance::strict), retrieved, question}), "");
}

}  // namespace
}  // namespace orchestrator::harness::event
