// SPDX-License-Identifier: Apache-2.0
// Goal: the journals of today are read for ever, and the same inputs give the same bytes. Method: the journals of some
// scenarios lie in tests/golden/journals; each is made again, and each is replayed from its lines alone.
#include <gtest/gtest.h>

#include "event/testing/golden_file.hpp"
#include "kernel/state.hpp"
#include "sim/replay.hpp"
#include "sim/simulation.hpp"
#include "sim/testing/named_scenarios.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::sim {
namespace {

std::string path_of(const std::string& name) { return "tests/golden/journals/" + name + ".jsonl"; }

class GoldenJournal : public testing::TestWithParam<NamedScenario> {};

TEST_P(GoldenJournal, IsMadeAgainByteForByte) {
  const Outcome outcome = simulate(GetParam().scenario);
  ASSERT_FALSE(outcome.failure) << outcome.failure->rule << ": " << outcome.failure->what;
  std::string text;
  for (const std::string& line : outcome.lines) text += line + "\n";
  EXPECT_TRUE(event::matches_golden(path_of(GetParam().name), text));
}

TEST_P(GoldenJournal, IsReplayedFromItsLines) {
  const auto runs = runs_of(event::read_text_file(event::repository_path(path_of(GetParam().name))));
  ASSERT_EQ(runs.size(), GetParam().scenario.runs.size());
  std::vector<event::ContextEntry> history;
  for (const std::vector<std::string>& lines : runs) {
    const ReplayResult result = replay(lines, history);
    EXPECT_EQ(result.difference.value_or("none"), "none");
    EXPECT_TRUE(std::holds_alternative<kernel::Ended>(result.state.phase));
    history = kernel::context_after(result.state);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenJournal, testing::ValuesIn(named_scenarios()),
                         [](const auto& case_) { return case_.param.name; });

TEST(Replay, FindsALineThatWasMadeByOtherRules) {
  Outcome outcome = simulate(named_scenarios().at(0).scenario);
  ASSERT_FALSE(outcome.lines.empty());
  const ReplayResult without_last = replay({outcome.lines.begin(), outcome.lines.end() - 1}, {});
  EXPECT_FALSE(without_last.difference);
  std::swap(outcome.lines.at(1), outcome.lines.at(2));
  EXPECT_TRUE(replay(outcome.lines, {}).difference);
}

}  // namespace
}  // namespace orchestrator::harness::sim
