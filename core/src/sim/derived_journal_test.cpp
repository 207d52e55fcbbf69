// SPDX-License-Identifier: Apache-2.0
// Goal: the journal of a run that replays another one is read for ever, and comes out of the same inputs byte for byte.
// Method: a replay that matched is made from its inputs, compared with its file in tests/golden/journals, and replayed
// from its lines alone.
#include <gtest/gtest.h>

#include "event/step.hpp"
#include "event/testing/golden_file.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"
#include "sim/replay.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::sim {
namespace {

constexpr const char* kPath = "tests/golden/journals/replay_run.jsonl";
constexpr std::uint64_t kLastSeq = 12;

event::inputs::Start start() {
  event::inputs::Start start;
  start.identity.run_id = RunId::make(1'700'000'000'000, 0, 2);
  start.identity.session_id = SessionId::make(1'700'000'000'000, 0, 1);
  start.identity.trace_id = *TraceId::parse("4bf92f3577b34da6a3ce929d0e0e4736");
  start.spec.kind = RunKind::replay;
  start.spec.parent = events::ParentRef{RunId::make(1'700'000'000'000, 0, 1), kLastSeq, sha256("head")};
  start.spec.input.emplace_back(TextPart{"replay"});
  start.spec.model_plan.primary = {ProviderId("scripted"), "demo"};
  start.spec.remember = false;
  start.spec.behaviours = kernel::present_behaviours();
  start.spec.seed = 5;
  start.spec.runtime_version = "0.2.2";
  start.derivation = events::ReplayStarted{ReplayMode::compat, kLastSeq};
  return start;
}

std::string journal_of(const std::vector<event::Input::Value>& values) {
  std::string text;
  kernel::State state;
  event::JournalHead head;
  std::uint64_t elapsed_us = 0;
  for (const event::Input::Value& value : values) {
    const WallTime wall{1'700'000'000'000'000 + static_cast<std::int64_t>(elapsed_us)};
    event::Input input{{wall, elapsed_us}, value};
    kernel::Decision decision = kernel::decide(state, input);
    for (const StreamEvent& event : decision.events) kernel::evolve(state, event);
    const event::EncodedStep step = event::encode_step({std::move(input), std::move(decision.events)}, head);
    text += step.line + "\n";
    head = step.head;
    elapsed_us += 2'000;
  }
  return text;
}

TEST(DerivedJournal, OfAReplayIsReadForEver) {
  const events::ReplayMatched matched{4, kLastSeq, sha256("head"), {"runtime version: 0.2.1 then, 0.2.2 now"}};
  const std::string text = journal_of({start(), event::inputs::ReplayReported{matched, {}, {}}});
  EXPECT_TRUE(event::matches_golden(kPath, text));
  const auto runs = runs_of(event::read_text_file(event::repository_path(kPath)));
  ASSERT_EQ(runs.size(), 1U);
  const ReplayResult result = replay(runs.front(), {});
  EXPECT_EQ(result.difference.value_or("none"), "none");
  EXPECT_TRUE(std::holds_alternative<kernel::Ended>(result.state.phase));
}

}  // namespace
}  // namespace orchestrator::harness::sim
