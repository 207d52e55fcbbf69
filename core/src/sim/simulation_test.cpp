// SPDX-License-Identifier: Apache-2.0
// Goal: a seed decides everything, sound kernels pass, and what is wrong is found and made small. Method: some hundred
// seeds; a scenario whose limits no run can keep.
#include "sim/simulation.hpp"

#include <gtest/gtest.h>

#include "event/provider_part.hpp"
#include "sim/codec_stream.hpp"
#include "sim/scenario_generator.hpp"
#include "sim/testing/named_scenarios.hpp"

namespace orchestrator::harness::sim {
namespace {

TEST(Simulation, ASeedDecidesEverything) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Scenario scenario = draw_scenario(seed);
    EXPECT_EQ(describe(scenario), describe(draw_scenario(seed)));
    const Outcome first = simulate(scenario);
    const Outcome second = simulate(scenario);
    EXPECT_EQ(first.lines, second.lines);
    EXPECT_EQ(first.derived, second.derived);
    EXPECT_EQ(first.inputs, second.inputs);
    EXPECT_EQ(first.marks, second.marks);
  }
  EXPECT_NE(describe(draw_scenario(1)), describe(draw_scenario(2)));
}

TEST(Simulation, SoundRunsPassAndShowMostOfWhatThereIs) {
  Marks marks;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Outcome outcome = simulate(draw_scenario(seed));
    ASSERT_FALSE(outcome.failure) << "seed " << seed << ": " << outcome.failure->what;
    marks.merge(outcome.marks);
  }
  EXPECT_GT(marks.count(), kMarkNames.size() * 3 / 4);
}

// A run that may have fewer events than it takes to end: the judge must find it.
Scenario impossible(std::uint64_t seed) {
  Scenario scenario = draw_scenario(seed);
  for (RunPlan& run : scenario.runs) run.spec.limits.run_events = 3;
  return scenario;
}

TEST(Simulation, WhatIsWrongIsFoundAndMadeSmall) {
  std::size_t found = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Outcome outcome = simulate(impossible(seed));
    if (!outcome.failure) continue;
    found += 1;
    ASSERT_EQ(outcome.failure->rule, "bounds");
    const Scenario smaller = shrink(impossible(seed), *outcome.failure);
    const Outcome again = simulate(smaller);
    ASSERT_TRUE(again.failure);
    EXPECT_EQ(again.failure->rule, "bounds");
    EXPECT_EQ(smaller.runs.size(), 1U);
    EXPECT_TRUE(smaller.runs[0].crashes.empty());
    EXPECT_EQ(smaller.runs[0].spec.timeouts, TimeoutPolicy{});
    EXPECT_LE(again.lines.size(), 4U);
  }
  EXPECT_GE(found, 5U);
}

TEST(Simulation, ScenariosAreDescribedInFull) {
  for (const NamedScenario& named : named_scenarios()) {
    const std::string text = describe(named.scenario);
    EXPECT_NE(text.find("run 1"), std::string::npos);
    for (const RunPlan& run : named.scenario.runs) {
      for (const CommandPlan& command : run.commands) {
        EXPECT_NE(text.find("at input " + std::to_string(command.at_input)), std::string::npos);
      }
      EXPECT_EQ(run.crashes.empty() && !run.tool_crash, text.find("the process dies") == std::string::npos);
    }
  }
}

TEST(CodecStream, WhereBytesAreCutDoesNotShow) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Entropy entropy(seed, "stream");
    const std::string bytes = draw_responses_stream(entropy, true);
    std::vector<std::vector<ProviderPart>> joined(3);
    for (auto& parts : joined) {
      for (ProviderPart& part : decode_responses(entropy, bytes)) event::append_joined(parts, std::move(part));
    }
    EXPECT_EQ(joined[0], joined[1]);
    EXPECT_EQ(joined[0], joined[2]);
    EXPECT_FALSE(joined[0].empty());
  }
}

}  // namespace
}  // namespace orchestrator::harness::sim
