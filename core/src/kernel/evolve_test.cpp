// SPDX-License-Identifier: Apache-2.0
// Goal: the kernel holds under any sequence of inputs, likely or not. Method: random inputs into a scene, which checks
// after every step that stored bytes, folded state and invariants agree; here also that `decide` repeats itself.
#include "kernel/evolve.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

std::uint32_t any_attempt() {
  return *rc::gen::weightedOneOf<std::uint32_t>(
      {{4, rc::gen::just(1U)}, {3, rc::gen::just(2U)}, {1, rc::gen::inRange(0U, 5U)}});
}
std::string any_text() { return *rc::gen::elementOf(std::vector<std::string>{"", "x", "H\u00e9llo", "\U0001F600\n"}); }
std::optional<std::uint64_t> maybe_below(std::uint64_t end) {
  const auto value = *rc::gen::inRange<std::uint64_t>(0, 2 * end);
  return value < end ? std::optional(value) : std::nullopt;
}
std::string any_item() { return *rc::gen::elementOf(std::vector<std::string>{"a", "b", "c"}); }

ItemValue any_item_value() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return message(any_text());
    case 1:
      return ReasoningItem{any_text(), {}};
    case 2:
      return RefusalItem{any_text(), {}};
    case 3:
      return call(*rc::gen::elementOf(std::vector<std::string>{"", "c1", "c2"}), "f", any_text());
    default:
      return OtherItem{"x", {"{}"}};
  }
}

event::ProviderPart any_part() {
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
    case 1:
      return text(any_item(), any_text());
    case 2:
      return thought(any_item(), any_text());
    case 3:
      return arguments(any_item(), any_text());
    case 4:
    case 5:
      return done(any_item(), any_item_value());
    case 6:
      return used(*rc::gen::inRange<std::uint64_t>(0, 100), 5);
    case 7:
      return failed(provider_error(ProviderErrorCode::provider_overloaded));
    default:
      return finished(*rc::gen::elementOf(std::vector<FinishReason>{FinishReason::stop, FinishReason::tool_calls,
                                                                    FinishReason::length, FinishReason::pause}));
  }
}

InputValue any_chunk() {
  std::vector<event::ProviderPart> parts;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) parts.push_back(any_part());
  return chunk(any_attempt(), std::move(parts));
}

InputValue any_input() {
  const auto mode = [] { return *rc::gen::element(AbortMode::now, AbortMode::after_turn); };
  const auto kind = [] { return *rc::gen::element(TimerKind::run, TimerKind::turn, TimerKind::idle); };
  switch (*rc::gen::inRange(0, 20)) {
    case 0:
      return start_of(example_spec());
    case 1:
    case 2:
    case 3:
    case 4:
      return slot(any_attempt());
    case 5:
      return headers(any_attempt());
    case 6:
    case 7:
    case 8:
    case 9:
      return any_chunk();
    case 10:
      return answer(any_attempt(), "x", FinishReason::pause);
    case 11:
      return ended(any_attempt(), provider_error(ProviderErrorCode::provider_lost));
    case 12:
      return lost(any_attempt());
    case 13:
      return timer(kind());
    case 14:
      return abort(mode());
    case 15:
    case 16:
      return hint(*rc::gen::inRange<std::uint64_t>(1, 6),
                  *rc::gen::element(HintPriority::asap, HintPriority::after_turn), any_text(), maybe_below(50'000));
    case 17:
      return pause();
    case 18:
      return resume();
    default:
      return checkpoint("x");
  }
}

RC_GTEST_PROP(Kernel, HoldsUnderAnyInputs, ()) {
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = maybe_below(40);
  spec.timeouts.turn_ms = maybe_below(10);
  spec.limits.hints_queued = *rc::gen::inRange(0U, 4U);
  spec.limits.tool_calls_per_turn = *rc::gen::inRange(0U, 3U);
  spec.budgets.tokens = maybe_below(60);
  spec.settings.max_input_tokens = maybe_below(60);
  Scene scene(spec, history_of(*rc::gen::inRange<std::size_t>(0, 3)));
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
    const InputValue value = any_input();
    const event::Input input = scene.input(value);
    const State before = scene.state();
    const Decision expected = decide(before, input);
    scene.when(value);
    RC_ASSERT(scene.decision().events == expected.events);
    RC_ASSERT(scene.decision().effects == expected.effects);
    RC_ASSERT(scene.decision().refusal == expected.refusal);
    if (expected.events.empty()) RC_ASSERT(scene.state() == before);
    RC_ASSERT(!testing::Test::HasFailure());
  }
}

TEST(Evolve, TypesOfLaterVersionsChangeOnlyTheSeq) {
  Scene scene(example_spec());
  scene.given(slot(1));
  State state = scene.state();
  StreamEvent event = scene.journal().back();
  event.meta.seq += 1;
  event.payload = events::Unknown{"FromTheFuture", {"{}"}};
  evolve(state, event);
  EXPECT_EQ(state.facts.last_seq, scene.state().facts.last_seq + 1);
  state.facts.last_seq -= 1;
  EXPECT_TRUE(state == scene.state());
}

}  // namespace
}  // namespace orchestrator::harness::kernel
