// SPDX-License-Identifier: Apache-2.0
// Goal: whatever has happened in a run, it can be forked at any of its events: the fork comes to an end, keeps every
// invariant, and folds back from its stored steps. Method: the first runs of simulated sessions, forked at each event.
#include <gtest/gtest.h>

#include "event/journal_invariants.hpp"
#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"
#include "kernel/fork_state.hpp"
#include "kernel/testing/owed_answer.hpp"
#include "sim/scenario_generator.hpp"
#include "sim/simulation.hpp"

namespace orchestrator::harness::sim {
namespace {

constexpr int kInputsMax = 500;

// The events of the first run, whose history is empty.
std::vector<StreamEvent> first_run(const Outcome& outcome) {
  std::vector<StreamEvent> events;
  event::JournalHead head;
  for (const std::string& line : outcome.lines) {
    const auto step = event::decode_step(line, head);
    if (!step) break;  // the next run begins
    events.insert(events.end(), step->events.begin(), step->events.end());
    head = step->head;
  }
  return events;
}

// What a fork may change between its source and itself: nothing.
event::inputs::Start fork_of(const kernel::State& base) {
  event::inputs::Start start;
  start.identity = base.facts.identity;
  start.identity.run_id = RunId::make(1'700'000'000'001, 5, 6);
  start.spec = base.facts.spec;
  start.spec.kind = RunKind::fork;
  start.spec.parent = events::ParentRef{base.facts.identity.run_id, 1, sha256("head")};
  start.spec.seed += 1;
  start.derivation = events::RunForked{};
  return start;
}

class Fork {
 public:
  explicit Fork(const std::vector<StreamEvent>& prefix) : state_(kernel::initial_state({})) {
    for (const StreamEvent& event : prefix) {
      kernel::evolve_prefix(state_, event);
      invariants_.add(event);
    }
    state_ = kernel::fork_base(std::move(state_));
    folded_ = state_;
  }
  const kernel::State& state() const { return state_; }

  // False where the start is refused.
  bool play() {
    if (!take(fork_of(state_))) return false;
    for (int i = 0; i < kInputsMax && !std::holds_alternative<kernel::Ended>(state_.phase); ++i) {
      auto next = kernel::owed_answer(state_);
      if (!next) {
        ADD_FAILURE() << "the fork waits for nothing, and has not ended";
        return true;
      }
      elapsed_us_ += 1'000'000;
      take(*std::move(next));
    }
    EXPECT_TRUE(std::holds_alternative<kernel::Ended>(state_.phase));
    invariants_.check_complete();
    for (const event::Violation& violation : invariants_.violations()) ADD_FAILURE() << violation.str();
    EXPECT_TRUE(folded_ == state_);
    return true;
  }

 private:
  bool take(event::Input::Value value) {
    const event::Input input{{WallTime{static_cast<std::int64_t>(elapsed_us_)}, elapsed_us_}, std::move(value)};
    kernel::Decision decision = kernel::decide(state_, input);
    if (decision.refusal) return false;
    EXPECT_FALSE(decision.events.empty());
    const event::EncodedStep encoded = event::encode_step({input, decision.events}, head_);
    const auto stored = event::decode_step(encoded.line, head_);
    if (!stored) {
      ADD_FAILURE() << stored.error().message;
      return false;
    }
    const auto rebuilt = event::input_of(*stored, {});
    EXPECT_TRUE(rebuilt && *rebuilt == input);
    head_ = stored->head;
    for (const StreamEvent& event : decision.events) {
      kernel::evolve(state_, event);
      invariants_.add(event);
    }
    for (const StreamEvent& event : stored->events) kernel::evolve(folded_, event);
    return true;
  }

  kernel::State state_;
  kernel::State folded_;
  event::JournalInvariants invariants_;
  event::JournalHead head_;
  std::uint64_t elapsed_us_ = 0;
};

TEST(ForkOfSimulatedRun, EndsFromEveryEvent) {
  std::size_t forks = 0;
  std::size_t refused = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<StreamEvent> events = first_run(simulate(draw_scenario(seed)));
    std::vector<StreamEvent> prefix;
    for (const StreamEvent& event : events) {
      prefix.push_back(event);
      SCOPED_TRACE("seed " + std::to_string(seed) + ", event " + std::to_string(event.meta.seq));
      Fork fork(prefix);
      forks += 1;
      if (!fork.play()) {
        refused += 1;
        continue;
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(forks, 2'000U);
  EXPECT_LT(refused, forks / 4);  // after the last word, past the turns, or without a model that fits
}

}  // namespace
}  // namespace orchestrator::harness::sim
