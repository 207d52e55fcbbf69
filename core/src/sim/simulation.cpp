// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.hpp"

#include <exception>
#include <iterator>
#include <utility>

#include "sim/simulated_run.hpp"

namespace orchestrator::harness::sim {
namespace {

constexpr std::int64_t kWallStartUs = 1'700'000'000'000'000;

void play_runs(const Scenario& scenario, Outcome& outcome) {
  std::vector<event::ContextEntry> history;
  bool is_history_untrusted = false;
  WallTime wall{kWallStartUs};
  for (RunPlan plan : scenario.runs) {
    plan.spec.is_history_untrusted = is_history_untrusted;
    SimulatedRun run(plan, history, wall, outcome.marks);
    run.play();
    outcome.inputs += run.inputs();
    outcome.steps += run.lines().size();
    outcome.lines.insert(outcome.lines.end(), run.lines().begin(), run.lines().end());
    outcome.failure = run.judge().failure();
    if (outcome.failure) return;
    wall = run.wall();
    if (run.lines().empty()) continue;                                      // refused: as if it had never been
    if (!std::holds_alternative<kernel::Ended>(run.state().phase)) return;  // left paused: the session waits
    history = kernel::context_after(run.state());
    const kernel::Facts& facts = run.state().facts;
    is_history_untrusted = is_history_untrusted || (facts.spec.remember && !facts.untrusted_from.empty());
  }
}

}  // namespace

Outcome simulate(const Scenario& scenario) {
  Outcome outcome;
  try {
    play_runs(scenario, outcome);
  } catch (const std::exception& error) {
    outcome.failure = Failure{"exception", error.what()};
  }
  return outcome;
}

}  // namespace orchestrator::harness::sim
