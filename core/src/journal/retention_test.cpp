// SPDX-License-Identifier: Apache-2.0
// Goal: what goes by age, number and size is what the policy says, and nothing that stays loses what it builds on.
// Method: made-up runs with made-up links; random ones against the two rules that any plan has to keep.

#include "journal/retention.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "journal/testing/run_lines.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LinkedRun run(std::uint64_t number, std::optional<std::uint64_t> base = std::nullopt,
              std::optional<std::uint64_t> parent = std::nullopt) {
  LinkedRun linked;
  linked.run.run_id = run_id(number);
  linked.run.session_id = session_id(1);
  linked.run.status = RunStatus::completed;
  linked.run.last_event_at.unix_us = static_cast<std::int64_t>(number) * 1'000;
  linked.run.bytes = 100;
  if (base) linked.base = run_id(*base);
  if (parent) linked.parent = run_id(*parent);
  return linked;
}

std::vector<RunId> ids(const std::vector<RunSummary>& runs) {
  std::vector<RunId> found;
  for (const RunSummary& one : runs) found.push_back(one.run_id);
  return found;
}

TEST(Retention, EachBoundChoosesByItself) {
  const std::vector<LinkedRun> runs{run(4), run(3), run(2), run(1)};
  EXPECT_THAT(plan_by_policy(runs, {}).runs, IsEmpty());
  EXPECT_THAT(ids(plan_by_policy(runs, {.ended_before = WallTime{3'000}}).runs), ElementsAre(run_id(2), run_id(1)));
  EXPECT_THAT(ids(plan_by_policy(runs, {.runs_max = 3}).runs), ElementsAre(run_id(1)));
  EXPECT_THAT(ids(plan_by_policy(runs, {.bytes_max = 250}).runs), ElementsAre(run_id(2), run_id(1)));
  const auto all = plan_by_policy(runs, {.runs_max = 0});
  EXPECT_EQ(all.runs.size(), 4U);
  EXPECT_EQ(all.bytes, 400U);
}

TEST(Retention, WhatHasNotEndedStaysAndDoesNotCount) {
  std::vector<LinkedRun> runs{run(3), run(2), run(1)};
  runs[0].run.status = RunStatus::active;
  EXPECT_THAT(ids(plan_by_policy(runs, {.runs_max = 1}).runs), ElementsAre(run_id(1)));
  runs[0].run.status = RunStatus::completed;
  runs[0].run.held = true;
  EXPECT_THAT(ids(plan_by_policy(runs, {.runs_max = 0}).runs), ElementsAre(run_id(2), run_id(1)));
}

TEST(Retention, OtherSessionsAreLeftAlone) {
  std::vector<LinkedRun> runs{run(3), run(2), run(1)};
  runs[1].run.session_id = session_id(2);
  EXPECT_THAT(ids(plan_by_policy(runs, {.runs_max = 0, .session_id = session_id(2)}).runs), ElementsAre(run_id(2)));
}

TEST(Retention, WhatAStayingRunBuildsOnStaysToTheRoot) {
  const std::vector<LinkedRun> runs{run(5, 3), run(4, std::nullopt, 2), run(3, 2), run(2, 1), run(1)};
  const auto plan = plan_by_policy(runs, {.runs_max = 1});
  EXPECT_THAT(ids(plan.runs), ElementsAre(run_id(4)));
  ASSERT_EQ(plan.kept.size(), 3U);
  EXPECT_EQ(plan.kept[0].run_id, run_id(3));
  EXPECT_EQ(plan.kept[0].needed_by, run_id(5));
  EXPECT_EQ(plan.kept[0].reason, KeptRun::Reason::needed);
}

TEST(Retention, ANamedRunGoesAloneOrWithAllThatBuildOnIt) {
  const std::vector<LinkedRun> runs{run(4), run(3, std::nullopt, 2), run(2, 1), run(1)};
  EXPECT_THAT(ids(plan_by_choice(runs, {run_id(3)}, false).runs), ElementsAre(run_id(3)));
  const auto refused = plan_by_choice(runs, {run_id(1)}, false);
  EXPECT_THAT(refused.runs, IsEmpty());
  ASSERT_EQ(refused.kept.size(), 1U);
  EXPECT_EQ(refused.kept[0].needed_by, run_id(2));
  EXPECT_THAT(ids(plan_by_choice(runs, {run_id(1)}, true).runs), ElementsAre(run_id(3), run_id(2), run_id(1)));
  EXPECT_THAT(ids(plan_by_choice(runs, {run_id(1), run_id(2), run_id(3)}, false).runs),
              ElementsAre(run_id(3), run_id(2), run_id(1)));
}

TEST(Retention, WhatAProcessHasStaysWithAllBelowIt) {
  std::vector<LinkedRun> runs{run(3, 2), run(2, 1), run(1)};
  runs[1].run.held = true;
  const auto plan = plan_by_choice(runs, {run_id(1)}, true);
  EXPECT_THAT(ids(plan.runs), ElementsAre(run_id(3)));
  ASSERT_EQ(plan.kept.size(), 2U);
  EXPECT_EQ(plan.kept[0].run_id, run_id(2));
  EXPECT_EQ(plan.kept[0].reason, KeptRun::Reason::active);
  EXPECT_EQ(plan.kept[1].run_id, run_id(1));
  // A parked run that is named goes.
  runs[1].run.held = false;
  runs[1].run.status = RunStatus::active;
  EXPECT_EQ(plan_by_choice(runs, {run_id(1)}, true).runs.size(), 3U);
}

TEST(Retention, WhatAnUndoOrReplayUnderWayReadsStays) {
  for (const RunKind kind : {RunKind::undo, RunKind::replay}) {
    const auto reason = kind == RunKind::undo ? KeptRun::Reason::undoing : KeptRun::Reason::replaying;
    std::vector<LinkedRun> runs{run(4), run(3), run(2, 1), run(1)};
    runs[1].run.kind = kind;
    runs[1].run.status = RunStatus::active;
    runs[1].source = run_id(2);
    const auto pruned = plan_by_policy(runs, {.runs_max = 0});
    EXPECT_THAT(ids(pruned.runs), ElementsAre(run_id(4)));
    ASSERT_EQ(pruned.kept.size(), 2U);
    EXPECT_EQ(pruned.kept[0].run_id, run_id(2));
    EXPECT_EQ(pruned.kept[0].reason, reason);
    EXPECT_EQ(pruned.kept[0].needed_by, run_id(3));
    EXPECT_EQ(pruned.kept[1].run_id, run_id(1));
    for (const bool with_dependents : {false, true}) {
      const auto refused = plan_by_choice(runs, {run_id(2)}, with_dependents);
      EXPECT_THAT(refused.runs, IsEmpty());
      ASSERT_EQ(refused.kept.size(), 1U);
      EXPECT_EQ(refused.kept[0].reason, reason);
      EXPECT_EQ(refused.kept[0].needed_by, run_id(3));
      // Naming it as well, as the removal of a session does, changes nothing.
      EXPECT_EQ(plan_by_choice(runs, {run_id(2), run_id(3)}, with_dependents).kept.size(), 1U);
    }
    EXPECT_THAT(ids(plan_by_choice(runs, {run_id(3)}, false).runs), ElementsAre(run_id(3)));
  }
}

TEST(Retention, OnlyAnUndoOrReplayThatHasNotEndedReads) {
  for (const RunKind kind : {RunKind::undo, RunKind::replay, RunKind::fork}) {
    RunLines lines(run_id(2), session_id(1));
    const auto first = lines.start_as(kind, run_id(1));
    RunSummary summary = run(2).run;
    summary.kind = kind;
    EXPECT_EQ(linked_run(summary, first->bytes).source, std::nullopt) << "ended";
    summary.status = RunStatus::active;
    const auto linked = linked_run(summary, first->bytes);
    EXPECT_EQ(linked.source, kind == RunKind::fork ? std::nullopt : std::optional(run_id(1)));
    summary.damaged = true;
    EXPECT_EQ(linked_run(summary, first->bytes).source, std::nullopt) << "nobody can go on with it";
  }
}

TEST(Retention, NoPlanCutsALineage) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<LinkedRun> runs;
    const std::uint64_t count = 1 + random() % 20;
    for (std::uint64_t number = count; number >= 1; --number) {
      std::optional<std::uint64_t> base;
      std::optional<std::uint64_t> parent;
      if (number > 1 && random() % 2 == 0) base = 1 + random() % (number - 1);
      if (number > 1 && random() % 4 == 0) parent = 1 + random() % (number - 1);
      runs.push_back(run(number, base, parent));
      runs.back().run.held = random() % 8 == 0;
    }
    const auto plan = round % 2 == 0 ? plan_by_policy(runs, {.runs_max = random() % 20})
                                     : plan_by_choice(runs, {run_id(1 + random() % count)}, random() % 2 == 0);
    std::set<RunId> left;
    for (const LinkedRun& one : runs) left.insert(one.run.run_id);
    for (const RunSummary& gone : plan.runs) {
      EXPECT_FALSE(gone.held);
      left.erase(gone.run_id);
      for (const LinkedRun& one : runs) {
        EXPECT_FALSE(left.contains(one.run.run_id) && builds_on(one, gone.run_id))
            << "after each step, round " << round;
      }
    }
  }
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
