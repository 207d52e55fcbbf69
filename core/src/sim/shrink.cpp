// SPDX-License-Identifier: Apache-2.0
// Making a failing scenario smaller: leave something out, keep it out where the same rule still fails, again until
// nothing more can go.
#include <functional>
#include <utility>

#include "sim/simulation.hpp"

namespace orchestrator::harness::sim {
namespace {

class Shrinker {
 public:
  Shrinker(Scenario scenario, std::string rule, std::uint64_t plays_max)
      : best_(std::move(scenario)), rule_(std::move(rule)), plays_left_(plays_max) {}

  Scenario run() {
    bool got_smaller = true;
    while (got_smaller && plays_left_ > 0) {
      got_smaller = drop_runs();
      got_smaller = drop_derived() || got_smaller;
      for (std::size_t run = 0; run < best_.runs.size(); ++run) got_smaller = shrink_run(run) || got_smaller;
    }
    return std::move(best_);
  }

 private:
  using Edit = std::function<void(Scenario& scenario)>;

  // Keeps the edit if the scenario still fails in the same way.
  bool attempt(const Edit& edit) {
    if (plays_left_ == 0) return false;
    plays_left_ -= 1;
    Scenario smaller = best_;
    edit(smaller);
    const Outcome outcome = simulate(smaller);
    if (!outcome.failure || outcome.failure->rule != rule_) return false;
    best_ = std::move(smaller);
    return true;
  }

  // Leaves out elements of a list one by one, from the back. `list` finds it in a scenario.
  template <class List>
  bool thin(List list) {
    bool any = false;
    for (std::size_t i = list(best_).size(); i > 0; --i) {
      const auto at = static_cast<std::ptrdiff_t>(i - 1);
      any = attempt([&](Scenario& scenario) { list(scenario).erase(list(scenario).begin() + at); }) || any;
    }
    return any;
  }

  bool drop_runs() {
    bool any = false;
    for (std::size_t i = best_.runs.size(); i > 0 && best_.runs.size() > 1; --i) {
      const auto at = static_cast<std::ptrdiff_t>(i - 1);
      any = attempt([&](Scenario& scenario) { scenario.runs.erase(scenario.runs.begin() + at); }) || any;
    }
    return any;
  }

  bool drop_derived() {
    bool any = false;
    if (best_.fork) any = attempt([](Scenario& scenario) { scenario.fork.reset(); }) || any;
    if (best_.undo) any = attempt([](Scenario& scenario) { scenario.undo.reset(); }) || any;
    if (best_.fork) any = shrink_derived([](Scenario& scenario) -> RunPlan& { return scenario.fork->run; }) || any;
    if (best_.undo) any = shrink_derived([](Scenario& scenario) -> RunPlan& { return scenario.undo->run; }) || any;
    return any;
  }

  // `plan` finds the run's plan in a scenario.
  template <class Plan>
  bool shrink_derived(Plan plan) {
    bool any = thin([plan](Scenario& scenario) -> auto& { return plan(scenario).commands; });
    any = thin([plan](Scenario& scenario) -> auto& { return plan(scenario).crashes; }) || any;
    any = thin([plan](Scenario& scenario) -> auto& { return plan(scenario).store_faults; }) || any;
    any = thin([plan](Scenario& scenario) -> auto& { return plan(scenario).compensations; }) || any;
    any = thin([plan](Scenario& scenario) -> auto& { return plan(scenario).answers; }) || any;
    if (plan(best_).tool_crash) any = attempt([plan](Scenario& scenario) { plan(scenario).tool_crash.reset(); }) || any;
    return any;
  }

  bool shrink_run(std::size_t run) {
    bool any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].commands; });
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].crashes; }) || any;
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].store_faults; }) || any;
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].wall_jumps; }) || any;
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].memory; }) || any;
    if (best_.runs[run].tool_crash) {
      any = attempt([run](Scenario& scenario) { scenario.runs[run].tool_crash.reset(); }) || any;
    }
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].answers; }) || any;
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].slot_delays_us; }) || any;
    any = thin([run](Scenario& scenario) -> auto& { return scenario.runs[run].slot_answers; }) || any;
    for (std::size_t answer = 0; answer < best_.runs[run].answers.size(); ++answer) {
      any =
          thin([run, answer](Scenario& scenario) -> auto& { return scenario.runs[run].answers[answer].chunks; }) || any;
      for (std::size_t i = 0; i < best_.runs[run].answers[answer].chunks.size(); ++i) {
        any = thin([run, answer, i](Scenario& scenario) -> auto& {
                return scenario.runs[run].answers[answer].chunks[i].parts;
              }) ||
              any;
      }
    }
    return simplify_spec(run) || any;
  }

  // Puts what the run asks for back to defaults. An edit that changes nothing is not tried.
  bool simplify_spec(std::size_t run) {
    const std::vector<std::function<void(RunPlan&)>> edits{
        [](RunPlan& plan) { plan.spec.settings = {}; },
        [](RunPlan& plan) { plan.spec.limits = {}; },
        [](RunPlan& plan) { plan.spec.history_limits = {}; },
        [](RunPlan& plan) { plan.spec.context = {}; },
        [](RunPlan& plan) { plan.spec.memory = {}; },
        [](RunPlan& plan) { plan.spec.gates.clear(); },
        [](RunPlan& plan) { plan.spec.tool_policy.injection = InjectionStance::off; },
        [](RunPlan& plan) { plan.spec.budgets = {}; },
        [](RunPlan& plan) { plan.spec.timeouts = {}; },
        [](RunPlan& plan) { plan.spec.retries = events::RunStarted{}.retries; },
        [](RunPlan& plan) { plan.spec.model_plan.needs = {}; },
        [](RunPlan& plan) { plan.spec.offers.clear(); },
        [](RunPlan& plan) { plan.spec.model_plan.fallbacks.clear(); },
        [](RunPlan& plan) { plan.spec.system.clear(); },
        [](RunPlan& plan) { plan.spec.input.assign(1, TextPart{"Hi"}); },
        [](RunPlan& plan) { plan.spec.remember = true; }};
    bool any = false;
    for (const auto& edit : edits) {
      RunPlan plan = best_.runs[run];
      edit(plan);
      if (plan.spec == best_.runs[run].spec) continue;
      any = attempt([&](Scenario& scenario) { edit(scenario.runs[run]); }) || any;
    }
    if (best_.runs[run].fires_stale_timers) {
      any = attempt([run](Scenario& scenario) { scenario.runs[run].fires_stale_timers = false; }) || any;
    }
    return any;
  }

  Scenario best_;
  std::string rule_;
  std::uint64_t plays_left_;
};

}  // namespace

Scenario shrink(Scenario scenario, const Failure& failure, std::uint64_t plays_max) {
  return Shrinker(std::move(scenario), failure.rule, plays_max).run();
}

}  // namespace orchestrator::harness::sim
