// SPDX-License-Identifier: Apache-2.0
// Goal: a run can be forked at each of its events and goes on from there to an end, with whatever is put in place of
// what it had; what it paid, waited for and was allowed begins anew. Method: runs of scenes, forked.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/fork_state.hpp"
#include "kernel/testing/kernel_scene.hpp"
#include "kernel/testing/owed_answer.hpp"

namespace orchestrator::harness::kernel {
namespace {

events::RunForked changed(std::vector<std::string> what) {
  events::RunForked forked;
  forked.changed = std::move(what);
  return forked;
}

events::RunForked with_result(const std::string& call_id, const std::string& text) {
  events::RunForked forked = changed({"tool_result"});
  SubstitutedResult result;
  result.call_id = call_id;
  result.result.emplace_back(TextPart{text});
  forked.results.push_back(std::move(result));
  return forked;
}

events::RunStarted tool_spec(EffectClass effect_class, ApprovalNeed approval = ApprovalNeed::none) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(effect_class, approval)};
  return spec;
}

// Two turns with a call, a hint, and an answer.
Scene whole_run(EffectClass effect_class) {
  Scene scene(tool_spec(effect_class));
  scene.given(slot(1)).given(headers(1)).given(chunk(1, {text("t1", "Let me ")})).given(hint(1));
  scene.given(chunk(1, {done("t1", message("Let me "))})).given(call_answer(1, {"c1", "c2"}));
  scene.given(prepared("c1")).given(returned("c1", "one")).given(prepared("c2")).given(returned("c2", "two"));
  scene.given(slot(2)).given(answer(2, "Done."));
  return scene;
}

std::uint64_t seq_after(const Scene& scene, std::string_view type) {
  std::uint64_t seq = 0;
  for (const StreamEvent& event : scene.journal()) {
    if (event.type() == type && seq == 0) seq = event.meta.seq;
  }
  return seq;
}

void play_to_end(Scene& scene) {
  for (int i = 0; i < 200 && !std::holds_alternative<Ended>(scene.state().phase); ++i) {
    auto next = owed_answer(scene.state());
    ASSERT_TRUE(next) << "the run waits for nothing, and has not ended";
    scene.given(*std::move(next));
  }
  EXPECT_TRUE(std::holds_alternative<Ended>(scene.state().phase));
}

std::string last_result_text(const State& state) {
  std::string text;
  for (const event::ContextEntry& entry : state.facts.context) {
    if (entry.source == event::ContextSource::tool_result) text += text_of(*entry.item) + ";";
  }
  return text;
}

TEST(Fork, GoesOnFromEveryEvent) {
  for (const EffectClass effect_class : {EffectClass::pure, EffectClass::irreversible}) {
    const Scene source = whole_run(effect_class);
    const std::uint64_t last_seq = source.journal().back().meta.seq;
    for (std::uint64_t seq = 1; seq <= last_seq; ++seq) {
      SCOPED_TRACE("forked at event " + std::to_string(seq));
      Scene fork(source, seq);
      const bool is_at_rest = kernel::is_at_rest(fork.state());
      fork.when(fork_of(source.state()));
      if (is_at_rest) {
        fork.then_refused(RuntimeErrorCode::precondition_failed, "at_seq");
        continue;
      }
      play_to_end(fork);
      const auto* completed = fork.last<events::Completed>();
      ASSERT_NE(completed, nullptr);
      EXPECT_EQ(fork.journal().front().meta.seq, 1U);
      EXPECT_EQ(fork.journal()[1].type(), "RunForked");
      // The conversation is whole: each call of the answer has one result.
      EXPECT_EQ(std::ranges::count(fork.state().facts.context, event::ContextSource::tool_result,
                                   &event::ContextEntry::source) %
                    2,
                0);
    }
  }
}

TEST(Fork, AForkCanBeForkedAtEveryEvent) {
  const Scene source = whole_run(EffectClass::irreversible);
  Scene fork(source, seq_after(source, "ToolCallStarted"));
  fork.given(fork_of(source.state()));
  play_to_end(fork);
  for (const StreamEvent& event : fork.journal()) {
    SCOPED_TRACE("forked at event " + std::to_string(event.meta.seq));
    Scene second(fork, event.meta.seq);
    if (is_at_rest(second.state())) continue;
    event::inputs::Start again = fork_of(fork.state());
    again.identity.run_id = RunId::make(9, 9, 9);
    second.given(std::move(again));
    play_to_end(second);
  }
}

TEST(Fork, BeginsWithoutWhatItsSourceSpent) {
  const Scene source = whole_run(EffectClass::pure);
  Scene fork(source, seq_after(source, "ToolCallFinished"));
  fork.given(fork_of(source.state()));
  play_to_end(fork);
  const auto* completed = fork.last<events::Completed>();
  ASSERT_NE(completed, nullptr);
  EXPECT_FALSE(completed->usage.input);  // its own one answer reported none
  const auto* requested = fork.last<events::ProviderRequested>();
  EXPECT_EQ(requested->attempt, 1U);
  EXPECT_EQ(requested->turn, 2U);
}

TEST(Fork, VoidsTheAttemptUnderWay) {
  const Scene source = whole_run(EffectClass::pure);
  Scene fork(source, seq_after(source, "OutputDelta"));
  fork.given(fork_of(source.state()));
  ASSERT_EQ(fork.decision().effects.size(), 1U);
  EXPECT_EQ(fork.decision().effects.front(), event::Effect(acquire(1)));
  EXPECT_TRUE(fork.state().facts.partial_output.empty());
  EXPECT_EQ(fork.state().facts.text_bytes, 0U);
}

TEST(Fork, MakesCallsUnderKeysOfItsOwn) {
  const Scene source = whole_run(EffectClass::pure);
  Scene fork(source, seq_after(source, "ToolCallStarted"));
  fork.given(fork_of(source.state())).given(prepared("c1"));
  EXPECT_EQ(fork.last<events::ToolCallStarted>()->attempt, 1U);
  EXPECT_NE(fork.last<events::ToolCallStarted>()->idempotency_key,
            source.last<events::ToolCallStarted>()->idempotency_key);
}

TEST(Fork, LooksAtACallThatMayHaveHappenedUnderTheKeyItBeganWith) {
  const Scene source = whole_run(EffectClass::irreversible);
  const std::uint64_t seq = seq_after(source, "ToolCallStarted");
  Scene fork(source, seq);
  fork.given(fork_of(source.state()));
  ASSERT_EQ(fork.decision().effects.size(), 1U);
  const auto& verify = std::get<event::effects::VerifyTool>(fork.decision().effects.front());
  const auto* started = source.journal()[seq - 1].get_if<events::ToolCallStarted>();
  ASSERT_NE(started, nullptr);
  EXPECT_EQ(verify.idempotency_key, started->idempotency_key);
  fork.given(verified("c1", VerifiedState::not_happened));
  EXPECT_NE(fork.last<events::ToolCallStarted>()->idempotency_key, started->idempotency_key);
}

TEST(Fork, AsksAnewWhatAPersonWasAsked) {
  Scene source(tool_spec(EffectClass::irreversible, ApprovalNeed::require));
  source.given(slot(1)).given(call_answer(1)).given(prepared("c1"));
  const std::uint64_t asked = source.journal().back().meta.seq;
  source.given(resolved(source.state(), InterruptDecision::allow_run));
  const std::uint64_t allowed = source.journal().back().meta.seq;
  for (const std::uint64_t seq : {asked, allowed}) {
    Scene fork(source, seq);
    fork.given(fork_of(source.state())).given(prepared("c1"));
    const auto* raised = fork.last<events::InterruptRaised>();
    ASSERT_NE(raised, nullptr);
    EXPECT_NE(raised->interrupt_id, source.last<events::InterruptRaised>()->interrupt_id);
  }
}

TEST(Fork, LiftsPauseAndAbort) {
  Scene source(tool_spec(EffectClass::pure));
  source.given(pause());
  Scene paused(source, source.journal().back().meta.seq);
  paused.given(fork_of(source.state()));
  EXPECT_FALSE(paused.state().facts.paused);
  play_to_end(paused);
  source.given(abort(AbortMode::now));
  Scene aborted(source, source.journal().back().meta.seq);
  aborted.given(fork_of(source.state()));
  play_to_end(aborted);
  EXPECT_NE(aborted.last<events::Completed>(), nullptr);
}

TEST(Fork, AHintOpensATurnAfterTheLastWord) {
  const Scene source = whole_run(EffectClass::pure);
  Scene fork(source, source.journal().back().meta.seq);
  fork.given(fork_of(source.state(), changed({"hint"}))).given(hint(9, HintPriority::after_turn));
  play_to_end(fork);
  EXPECT_EQ(fork.last<events::HintDelivered>()->turn, 3U);
}

TEST(Fork, HintsWaitOnForAsLongAsTheyHadLeft) {
  Scene source(tool_spec(EffectClass::pure));
  source.at(5'000).given(hint(1, HintPriority::asap, "now", 9'000));
  Scene fork(source, source.journal().back().meta.seq);
  ASSERT_EQ(fork.state().facts.hints.size(), 1U);
  EXPECT_EQ(fork.state().facts.hints.front().expires_us, 4'000U);
}

TEST(Fork, TakesAResultInPlaceOfTheRecordedOne) {
  const Scene source = whole_run(EffectClass::pure);
  std::uint64_t seq = 0;  // before the second request: both results are in the context
  for (const StreamEvent& event : source.journal()) {
    if (event.type() == "ToolCallFinished") seq = event.meta.seq;
  }
  Scene after(source, seq);
  after.given(fork_of(source.state(), with_result("c1", "another")));
  EXPECT_TRUE(last_result_text(after.state()).starts_with("another;"));
  play_to_end(after);
}

TEST(Fork, TakesAResultInPlaceOfACallThatIsOpenOrToCome) {
  const Scene source = whole_run(EffectClass::irreversible);
  for (const char* call_id : {"c1", "c2"}) {
    Scene fork(source, seq_after(source, "ToolCallStarted"));
    fork.given(fork_of(source.state(), with_result(call_id, "another")));
    play_to_end(fork);
    const bool was_run = std::ranges::any_of(fork.journal(), [&](const StreamEvent& event) {
      const auto* started = event.get_if<events::ToolCallStarted>();
      return started != nullptr && started->call_id == call_id;
    });
    EXPECT_FALSE(was_run);
    EXPECT_NE(last_result_text(fork.state()).find("another;"), std::string::npos);
  }
}

TEST(Fork, TakesAnotherInputModelAndSystemText) {
  const Scene source = whole_run(EffectClass::pure);
  Scene fork(source, seq_after(source, "ModelSelected"));
  event::inputs::Start start = fork_of(source.state(), changed({"input", "model", "system"}));
  start.spec.input = {TextPart{"Hello"}};
  start.spec.system = "Be brief.";
  start.spec.model_plan.primary.model = "other";
  fork.given(std::move(start)).given(slot(1));
  const auto& call = std::get<event::effects::CallProvider>(fork.decision().effects.front());
  EXPECT_EQ(call.model.model, "other");
  EXPECT_EQ(text_of(*call.context.front().item), "Hello");
  EXPECT_EQ(fork.state().facts.spec.system, "Be brief.");
}

TEST(Fork, RefusesWhatItCannotKeep) {
  const Scene source = whole_run(EffectClass::pure);
  const std::uint64_t middle = seq_after(source, "ToolCallFinished");
  Scene(source, middle)
      .when(fork_of(source.state(), with_result("c9", "x")))
      .then_refused(RuntimeErrorCode::invalid_argument, "tool_results");
  events::RunForked gates = changed({"gate"});
  gates.gates.push_back({"nobody", true});
  Scene(source, middle)
      .when(fork_of(source.state(), gates))
      .then_refused(RuntimeErrorCode::invalid_argument, "gate_decisions");
  event::inputs::Start turns = fork_of(source.state());
  turns.spec.budgets.turns = 1;
  Scene(source, seq_after(source, "HintDelivered") - 1)
      .when(turns)
      .then_refused(RuntimeErrorCode::precondition_failed, "budgets.turns");
  Scene().when(fork_of(source.state())).then_refused(RuntimeErrorCode::not_supported, "parent");
}

// An answer, and a hint that opens the second turn of two.
Scene hinted_run() {
  events::RunStarted spec = example_spec();
  spec.budgets.turns = 2;
  Scene scene(spec);
  scene.given(hint(1, HintPriority::after_turn)).given(slot(1)).given(answer(1, "Hello")).given(slot(2));
  return scene;
}

TEST(Fork, GoesOnWithAHintThatWasDelivered) {
  const Scene source = hinted_run();
  Scene fork(source, seq_after(source, "HintDelivered"));
  const auto* waiting = std::get_if<Waiting>(&fork.state().phase);
  ASSERT_NE(waiting, nullptr);
  EXPECT_FALSE(waiting->answer);
  fork.when(fork_of(source.state()));
  ASSERT_EQ(fork.decision().effects, Effects{acquire(1)});
  fork.given(slot(1));
  const auto* requested = fork.last<events::ProviderRequested>();
  ASSERT_NE(requested, nullptr);
  EXPECT_EQ(requested->turn, 2U);
}

TEST(Fork, DoesNotAskAHintAgainThatWasAnsweredWithNothing) {
  Scene source = hinted_run();
  source.given(chunk(2, {finished()}));
  ASSERT_NE(source.last<events::Completed>(), nullptr);
  ASSERT_EQ(source.state().facts.context.back().source, event::ContextSource::hint);  // nothing came after it
  Scene(source, source.journal().back().meta.seq - 1)
      .when(fork_of(source.state()))
      .then_refused(RuntimeErrorCode::precondition_failed, "at_seq");
}

TEST(Fork, JudgesTheInputAgain) {
  events::RunStarted spec = tool_spec(EffectClass::pure);
  spec.gates = {{"words", GateMode::enforcing, {GatePhase::input}}};
  Scene source(spec);
  source.given(*owed_answer(source.state())).given(slot(1)).given(call_answer(1));
  Scene fork(source, 2);
  fork.given(fork_of(source.state()));
  EXPECT_TRUE(std::holds_alternative<event::effects::EvaluateGates>(fork.decision().effects.front()));
  play_to_end(fork);
  event::inputs::Start other = fork_of(source.state(), changed({"input"}));
  other.spec.input = {TextPart{"Hello"}};
  Scene(source, source.journal().back().meta.seq)
      .when(other)
      .then_refused(RuntimeErrorCode::precondition_failed, "input");
}

}  // namespace
}  // namespace orchestrator::harness::kernel
