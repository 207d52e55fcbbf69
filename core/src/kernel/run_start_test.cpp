// SPDX-License-Identifier: Apache-2.0
// Goal: a run is accepted with its history, model and timer, or refused with the reason. Method: whole decisions.
#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

ModelRef model(std::string name) { return {ProviderId("scripted"), std::move(name)}; }

ModelOffer offer(std::string name, std::vector<std::string> unsupported) {
  return {.model = model(std::move(name)), .wire = "chat", .unsupported = std::move(unsupported)};
}

events::RunStarted warm_spec() {
  events::RunStarted spec = example_spec();
  spec.settings.temperature = 0.5;
  spec.settings.seed = 3;
  return spec;
}

events::RunStarted with_history(events::RunStarted spec, const std::vector<event::ContextEntry>& history) {
  return start_of(std::move(spec), history).spec;
}

std::vector<Hash> hashes(const std::vector<event::ContextEntry>& entries, std::size_t count) {
  std::vector<Hash> found;
  for (std::size_t i = 0; i < count; ++i) found.push_back(entries.at(i).hash);
  return found;
}

std::uint64_t tokens(const std::vector<event::ContextEntry>& entries, std::size_t from) {
  std::uint64_t sum = 0;
  for (std::size_t i = from; i < entries.size(); ++i) sum += entries.at(i).tokens;
  return sum;
}

TEST(RunStart, AcceptsARunChoosesItsModelAndAsksForASlot) {
  Scene scene;
  scene.when(start_of(example_spec()));
  scene.then({with_history(example_spec(), {}), events::ModelSelected{model("demo"), "", {}}},
             {event::effects::AcquireSlot{1}});
}

TEST(RunStart, FillsTheEnvelopeFromTheIdentityAndTheClock) {
  Scene scene;
  scene.when(start_of(example_spec()));
  const StreamEvent& first = scene.journal().at(0);
  EventMeta expected;
  expected.run_id = example_identity().run_id;
  expected.session_id = example_identity().session_id;
  expected.trace_id = example_identity().trace_id;
  expected.span_id = run_span(example_spec());
  expected.seq = 1;
  expected.at = WallTime{1'700'000'000'000'000};
  EXPECT_EQ(first.meta, expected);
  EXPECT_EQ(scene.journal().at(1).meta.seq, 2U);
}

TEST(RunStart, KeepsTheCallersSpanAsParent) {
  event::inputs::Start start = start_of(example_spec());
  start.identity.parent_span_id = SpanId::parse("00f067aa0ba902b7");
  Scene scene;
  scene.given(start).given(slot(1));
  EXPECT_EQ(scene.journal().at(0).meta.parent_span_id, start.identity.parent_span_id);
  EXPECT_EQ(scene.journal().back().meta.parent_span_id, run_span(start.spec));
}

TEST(RunStart, StartsTheRunTimer) {
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = 2'000;
  Scene scene;
  scene.when(start_of(spec));
  scene.then({with_history(spec, {}), events::ModelSelected{model("demo"), "", {}}},
             {event::effects::StartTimer{TimerKind::run, 2'000'000}, event::effects::AcquireSlot{1}});
}

TEST(RunStart, RefusesARunWithoutInput) {
  events::RunStarted spec = example_spec();
  spec.input.clear();
  Scene scene;
  scene.when(start_of(spec)).then_refused(RuntimeErrorCode::invalid_argument, "input");
}

TEST(RunStart, RefusesTooManyParts) {
  events::RunStarted spec = example_spec();
  spec.limits.input_parts = 2;
  spec.input.assign(2, TextPart{"x"});
  EXPECT_FALSE(Scene(spec).decision().refusal);
  spec.input.assign(3, TextPart{"x"});
  Scene scene;
  scene.when(start_of(spec)).then_refused(RuntimeErrorCode::limit_exceeded, "input");
}

TEST(RunStart, CountsSystemTextAndMediaAsInputBytes) {
  events::RunStarted spec = example_spec();
  spec.limits.input_bytes = 2'000;
  spec.system = std::string(1'800, 's');
  EXPECT_FALSE(Scene(spec).decision().refusal);
  spec.system = std::string(2'000, 's');
  Scene long_system;
  long_system.when(start_of(spec)).then_refused(RuntimeErrorCode::limit_exceeded, "input");
  spec.system.clear();
  ImagePart image;
  image.source.bytes = SharedBytes(std::string(2'001, 'b'));
  image.source.media_type = "image/png";
  spec.input.emplace_back(image);
  Scene large_image;
  large_image.when(start_of(spec)).then_refused(RuntimeErrorCode::limit_exceeded, "input");
}

TEST(RunStart, RefusesAMoneyBudgetWithoutPrices) {
  events::RunStarted spec = example_spec();
  spec.budgets.cost_micro_usd = 1;
  Scene scene;
  scene.when(start_of(spec)).then_refused(RuntimeErrorCode::budget_unpriced, "budgets.cost_micro_usd");
}

TEST(RunStart, RefusesAHistoryOtherThanTheOneReferredTo) {
  event::inputs::Start start = start_of(example_spec(), history_of(2));
  start.history.pop_back();
  Scene shorter(start.history);
  shorter.when(start).then_refused(RuntimeErrorCode::internal, "history");
  start = start_of(example_spec(), history_of(2));
  start.spec.history.hash = sha256("other");
  Scene other(start.history);
  other.when(start).then_refused(RuntimeErrorCode::internal, "history");
}

TEST(RunStart, RefusesASecondStart) {
  Scene scene(example_spec());
  scene.when(start_of(example_spec())).then_refused(RuntimeErrorCode::precondition_failed, "run");
}

TEST(RunStart, TakesTheWireOfTheChosenOffer) {
  events::RunStarted spec = warm_spec();
  spec.offers = {offer("demo", {})};
  Scene scene;
  scene.when(start_of(spec));
  scene.then({with_history(spec, {}), events::ModelSelected{model("demo"), "chat", {}}},
             {event::effects::AcquireSlot{1}});
}

TEST(RunStart, DropsSettingsThatTheModelDoesNotTakeWhereAllowed) {
  events::RunStarted spec = warm_spec();
  spec.offers = {offer("demo", {"seed", "stop", "temperature"})};
  spec.model_plan.on_unsupported = OnUnsupported::drop;
  Scene scene;
  scene.when(start_of(spec));
  scene.then({with_history(spec, {}),
              events::ModelSelected{model("demo"), "chat", {{"seed", "unsupported"}, {"temperature", "unsupported"}}}},
             {event::effects::AcquireSlot{1}});
}

TEST(RunStart, FailsWhenNoModelTakesWhatWasAsked) {
  events::RunStarted spec = warm_spec();
  spec.offers = {offer("demo", {"seed", "temperature"}), offer("other", {"seed"})};
  spec.model_plan.fallbacks = {model("other")};
  spec.timeouts.run_ms = 5;
  Scene scene;
  scene.when(start_of(spec));
  const Error error = RuntimeError{RuntimeErrorCode::capability_missing,
                                   "no model of the plan takes what was asked: scripted/demo (unsupported:seed, "
                                   "unsupported:temperature) scripted/other (unsupported:seed)",
                                   "model_plan"};
  scene.then({with_history(spec, {}),
              events::NegotiationFailed{{{model("demo"), {"unsupported:seed", "unsupported:temperature"}},
                                         {model("other"), {"unsupported:seed"}}}},
              events::Error{error, "", {}, {}, {}}},
             {event::effects::StopTimer{TimerKind::run}});
}

TEST(RunStart, TakesTheFirstFallbackThatFits) {
  events::RunStarted spec = warm_spec();
  spec.offers = {offer("demo", {"seed"}), offer("b", {"temperature"}), offer("c", {})};
  spec.model_plan.fallbacks = {model("b"), model("c")};
  Scene scene;
  scene.when(start_of(spec));
  EXPECT_EQ(scene.last<events::ModelSelected>()->model, model("c"));
}

TEST(RunStart, TrimsHistoryByTurns) {
  const auto history = history_of(5);
  events::RunStarted spec = example_spec();
  spec.history_limits.turns = 3;
  Scene scene(history);
  scene.when(start_of(spec, history));
  scene.then({with_history(spec, history),
              events::ContextTrimmed{"history_turns", hashes(history, 4), tokens(history, 0), tokens(history, 4), {}},
              events::ModelSelected{model("demo"), "", {}}},
             {event::effects::AcquireSlot{1}});
  EXPECT_EQ(scene.state().facts.context.size(), 7U);
}

TEST(RunStart, TrimsHistoryByTokensAndThenByBytes) {
  const auto history = history_of(6, 40);
  events::RunStarted spec = example_spec();
  spec.history_limits.tokens = tokens(history, 2);
  spec.history_limits.bytes = 0;
  for (std::size_t i = 6; i < history.size(); ++i) spec.history_limits.bytes += history[i].bytes;
  Scene scene(history);
  scene.when(start_of(spec, history));
  std::vector<Hash> by_bytes = hashes(history, 6);
  by_bytes.erase(by_bytes.begin(), by_bytes.begin() + 2);
  scene.then({with_history(spec, history),
              events::ContextTrimmed{"history_tokens", hashes(history, 2), tokens(history, 0), tokens(history, 2), {}},
              events::ContextTrimmed{"history_bytes", by_bytes, tokens(history, 2), tokens(history, 6), {}},
              events::ModelSelected{model("demo"), "", {}}},
             {event::effects::AcquireSlot{1}});
}

TEST(RunStart, NeverPartsACallFromItsResult) {
  std::vector<event::ContextEntry> history = history_of(1);
  for (const ItemValue& value : {call("c1", "f", "{}"), ItemValue(ToolResultItem{"c1", {}, false, false})}) {
    history.push_back(event::make_context_entry({value, "scripted"}, event::ContextSource::history));
  }
  const auto more = history_of(1);
  history.insert(history.end(), more.begin(), more.end());
  events::RunStarted spec = example_spec();
  spec.history_limits.tokens = tokens(history, 1);  // one item too many
  Scene scene(history);
  scene.when(start_of(spec, history));
  EXPECT_EQ(scene.last<events::ContextTrimmed>()->dropped, hashes(history, 4));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
