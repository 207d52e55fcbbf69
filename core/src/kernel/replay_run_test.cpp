// SPDX-License-Identifier: Apache-2.0
// Goal: a run of kind `replay` asks for the comparison once, ends by what it showed, and is aborted and gone on with as
// any run is. Method: given inputs, when one more, then events and effects.
#include <gtest/gtest.h>

#include "kernel/decider.hpp"
#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

const Hash kHead = sha256("head");
const events::ReplayStarted kOrder{ReplayMode::compat, 40};
const events::ReplayMatched kMatched{12, 40, kHead, {"runtime version: 0.2.1 then, 0.2.2 now"}};
const events::ReplayDiverged kDiverged{17, "/data/text", "\"a\"", "\"b\""};

events::ParentRef parent() { return {RunId::make(1'700'000'000'000, 0, 9), 40, kHead}; }

events::RunStarted replay_spec() {
  events::RunStarted spec = example_spec();
  spec.kind = RunKind::replay;
  spec.parent = parent();
  return spec;
}

event::inputs::Start replay_start() {
  event::inputs::Start start = start_of(replay_spec());
  start.derivation = kOrder;
  return start;
}

event::effects::ReplaySource source() { return {parent(), kOrder}; }

// The last event of a run, without what it took.
template <class Terminal>
const Terminal& end_of(const Scene& scene) {
  static const Terminal none;
  const auto* terminal = scene.last<Terminal>();
  EXPECT_NE(terminal, nullptr);
  return terminal == nullptr ? none : *terminal;
}

TEST(ReplayRun, AsksForTheComparison) {
  Scene scene;
  scene.when(replay_start()).then({replay_start().spec, kOrder}, {source()});
  EXPECT_EQ(std::get<Replaying>(scene.state().phase).order, kOrder);
  EXPECT_EQ(owed_effects(scene.state()), Effects{source()});
}

TEST(ReplayRun, IsRefusedWithoutAnotherRunOrAnOrder) {
  event::inputs::Start no_parent = replay_start();
  no_parent.spec.parent.reset();
  Scene().when(no_parent).then_refused(RuntimeErrorCode::invalid_argument, "parent");
  event::inputs::Start no_order = replay_start();
  no_order.derivation = {};
  Scene().when(no_order).then_refused(RuntimeErrorCode::invalid_argument, "parent");
}

TEST(ReplayRun, CompletesWhenEveryEventCameOutAgain) {
  Scene scene;
  scene.given(replay_start()).when(event::inputs::ReplayReported{kMatched, {}, {}});
  EXPECT_EQ(end_of<events::ReplayMatched>(scene), kMatched);
  EXPECT_EQ(end_of<events::Completed>(scene).finish_reason, FinishReason::matched);
  EXPECT_TRUE(owed_effects(scene.state()).empty());
}

TEST(ReplayRun, FailsAtTheFirstDifference) {
  Scene scene;
  scene.given(replay_start()).when(event::inputs::ReplayReported{{}, kDiverged, {}});
  EXPECT_EQ(end_of<events::ReplayDiverged>(scene), kDiverged);
  const Error& error = end_of<events::Error>(scene).error;
  EXPECT_EQ(error.code, name_of(RuntimeErrorCode::replay_diverged));
  EXPECT_EQ(error.message, "event 17 came out differently at /data/text");
  EXPECT_EQ(error.at, "event 17");
}

TEST(ReplayRun, FailsWithTheReasonWhyItCouldNotBeDone) {
  const Error damaged = RuntimeError{RuntimeErrorCode::journal_damaged, "step 3: checksum mismatch", "step 3", {}};
  Scene scene;
  scene.given(replay_start()).when(event::inputs::ReplayReported{{}, {}, damaged});
  EXPECT_EQ(end_of<events::Error>(scene).error, damaged);
  EXPECT_EQ(scene.last<events::ReplayDiverged>(), nullptr);
}

TEST(ReplayRun, AReportOfNothingChangesNothing) {
  Scene scene;
  scene.given(replay_start()).when(event::inputs::ReplayReported{}).then_nothing();
}

TEST(ReplayRun, ARunOfAnotherKindTakesNoReport) {
  Scene scene(example_spec());
  scene.when(event::inputs::ReplayReported{kMatched, {}, {}}).then_nothing();
}

TEST(ReplayRun, IsAbortedAtOnceAndALateReportIsRefused) {
  for (const AbortMode mode : {AbortMode::now, AbortMode::after_turn}) {
    Scene scene;
    scene.given(replay_start()).given(abort(mode));
    EXPECT_EQ(end_of<events::Aborted>(scene).by, "me");
    scene.when(event::inputs::ReplayReported{kMatched, {}, {}}).then_refused(RuntimeErrorCode::run_not_active, "run");
  }
}

TEST(ReplayRun, HasNoTurnsToPauseOrHintInto) {
  Scene scene;
  scene.given(replay_start());
  scene.when(hint(1));
  EXPECT_TRUE(scene.decision().refusal);
  scene.when(pause());
  EXPECT_TRUE(scene.decision().refusal);
}

TEST(ReplayRun, AnotherProcessAsksAgain) {
  Scene scene;
  scene.given(replay_start()).when(recovered());
  EXPECT_EQ(scene.decision().effects, Effects{source()});
  scene.when(event::inputs::ReplayReported{kMatched, {}, {}});
  EXPECT_EQ(end_of<events::Completed>(scene).finish_reason, FinishReason::matched);
}

TEST(IssueToken, NotesATokenForAnEventThatIsThere) {
  Scene scene(example_spec());
  const std::uint64_t last = scene.state().facts.last_seq;
  scene.when(event::inputs::IssueToken{last, "rpt1.x", "me"}).then({events::ReplayTokenIssued{last, "rpt1.x", "me"}});
  scene.when(event::inputs::IssueToken{last + 9, "rpt1.x", "me"})
      .then_refused(RuntimeErrorCode::invalid_argument, "to_seq");
  scene.when(event::inputs::IssueToken{0, "rpt1.x", "me"}).then_refused(RuntimeErrorCode::invalid_argument, "to_seq");
  scene.when(event::inputs::IssueToken{1, "", "me"}).then_refused(RuntimeErrorCode::invalid_argument, "to_seq");
}

TEST(IssueToken, LeavesRoomForTheEnd) {
  events::RunStarted spec = example_spec();
  spec.limits.run_events = closing_events(spec) + 3;
  Scene scene(spec);
  scene.given(event::inputs::IssueToken{1, "rpt1.x", "me"});
  scene.when(event::inputs::IssueToken{1, "rpt1.x", "me"})
      .then_refused(RuntimeErrorCode::limit_exceeded, "limits.run_events");
}

}  // namespace
}  // namespace orchestrator::harness::kernel
