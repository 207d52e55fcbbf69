// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.hpp"

#include <deque>
#include <exception>
#include <memory>
#include <utility>

#include "kernel/evolve.hpp"
#include "kernel/fork_state.hpp"
#include "kernel/run_memory.hpp"
#include "sim/simulated_run.hpp"

namespace orchestrator::harness::sim {
namespace {

constexpr std::int64_t kWallStartUs = 1'700'000'000'000'000;

// The last run of a session that was accepted, and what it found.
struct LastRun {
  std::unique_ptr<SimulatedRun> run;
  std::vector<event::ContextEntry> history;
  SimulatedTree::Files files_before;
};

// The runs of one session, and what is made out of the last one.
class Session {
 public:
  Session(const Scenario& scenario, Outcome& outcome) : scenario_(scenario), outcome_(outcome) {}

  void play() {
    for (const RunPlan& plan : scenario_.runs) {
      if (!play_live(plan)) return;
    }
    if (last_.run == nullptr) return;
    if (scenario_.undo && is_ended(*last_.run) && !undo(*scenario_.undo)) return;
    if (scenario_.fork) fork(*scenario_.fork);
  }

 private:
  static bool is_ended(const SimulatedRun& run) { return std::holds_alternative<kernel::Ended>(run.state().phase); }

  // Plays the run to its end; null where something was wrong.
  std::unique_ptr<SimulatedRun> play_run(const RunPlan& plan, Beginning beginning, std::vector<std::string>& lines) {
    auto run = std::make_unique<SimulatedRun>(plan, std::move(beginning), wall_, tree_, outcome_.marks);
    run->play();
    outcome_.inputs += run->inputs();
    outcome_.steps += run->lines().size();
    lines.insert(lines.end(), run->lines().begin(), run->lines().end());
    outcome_.failure = run->judge().failure();
    wall_ = run->wall();
    return outcome_.failure ? nullptr : std::move(run);
  }

  RunPlan& keep(RunPlan plan) { return plans_.emplace_back(std::move(plan)); }

  bool play_live(const RunPlan& plan) {
    RunPlan& kept = keep(plan);
    kept.spec.is_history_untrusted = is_history_untrusted_;
    Beginning beginning;
    beginning.history = history_;
    SimulatedTree::Files files_before = tree_.files();
    auto run = play_run(kept, std::move(beginning), outcome_.lines);
    if (run == nullptr) return false;
    if (run->lines().empty()) return true;  // refused: as if it had never been
    last_ = {std::move(run), history_, std::move(files_before)};
    if (!is_ended(*last_.run)) return true;  // left paused: the session waits
    history_ = kernel::context_after(last_.run->state());
    const kernel::Facts& facts = last_.run->state().facts;
    is_history_untrusted_ = is_history_untrusted_ || (facts.spec.remember && !facts.untrusted_from.empty());
    return true;
  }

  static events::ParentRef ref_of(const SimulatedRun& run) {
    return {run.state().facts.identity.run_id, run.head().seq, run.head().hash};
  }

  // Takes back all that `source` did; null where something was wrong.
  std::unique_ptr<SimulatedRun> play_undo(RunPlan plan, const SimulatedRun& source, bool consents) {
    RunPlan& kept = keep(std::move(plan));
    kept.spec.kind = RunKind::undo;
    kept.spec.parent = ref_of(source);
    Beginning beginning;
    beginning.derivation = source.trail().plan(tree_, consents);
    beginning.calls = &source.trail();
    return play_run(kept, std::move(beginning), outcome_.derived);
  }

  bool undo(const UndoPlan& plan) {
    const SimulatedRun& source = *last_.run;
    std::vector<UndoRecord> meddled;
    std::uint32_t number = 0;
    for (const TrailCall& call : source.trail().calls()) {
      if (!call.undo || plan.meddled_every == 0 || ++number % plan.meddled_every != 0) continue;
      tree_.meddle(*call.undo);
      meddled.push_back(*call.undo);
    }
    const SimulatedTree::Files files_between = tree_.files();
    const auto undo = play_undo(plan.run, source, plan.consents);
    if (undo == nullptr) return false;
    const auto* end = undo->events().empty() ? nullptr : undo->events().back().get_if<events::Completed>();
    if (end == nullptr) return expect_kept(meddled, *undo, plan.consents);
    if (tree_.files() != last_.files_before) return fail("undo", "the files are not what they were before the run");
    if (source.trail().calls().empty()) return true;
    RunPlan back;
    back.identity = plan.run.identity;
    back.identity.run_id = RunId::make(1'700'000'000'000, 0, 0);
    back.spec = plan.run.spec;
    const auto redo = play_undo(std::move(back), *undo, false);
    if (redo == nullptr) return false;
    outcome_.marks.hit(Mark::undo_taken_back);
    return tree_.files() == files_between || fail("undo", "an undo that was taken back did not bring back the files");
  }

  // What somebody else wrote is not lost, unless that was agreed to.
  bool expect_kept(const std::vector<UndoRecord>& before, const SimulatedRun& undo, bool consents) {
    for (const UndoRecord& record : undo.meddled()) {
      if (!tree_.is_foreign(record)) return fail("undo", "what was written while the undo went on is lost");
    }
    for (const UndoRecord& record : before) {
      if (!consents && !tree_.is_foreign(record)) return fail("undo", "what was written since the run is lost");
    }
    return true;
  }

  void fork(const ForkPlan& plan) {
    const SimulatedRun& source = *last_.run;
    Beginning beginning;
    event::JournalHead head;
    std::vector<StreamEvent> prefix;
    kernel::State at_point = kernel::initial_state(last_.history);
    for (std::uint64_t left = 1 + plan.chance % source.lines().size(); left > 0; --left) {
      const auto step = event::decode_step(source.lines()[head.steps], head);
      head = step->head;
      for (const StreamEvent& event : step->events) kernel::evolve_prefix(at_point, event);
      prefix.insert(prefix.end(), step->events.begin(), step->events.end());
      beginning.prefix.push_back({event::input_of(*step, last_.history).value(), step->events});
    }
    note_place(at_point, head.seq == source.head().seq && is_ended(source));
    beginning.base = kernel::fork_base(std::move(at_point));
    note_base(*beginning.base);
    RunPlan& kept = keep(plan.run);
    kept.spec = beginning.base->facts.spec;
    kept.spec.kind = RunKind::fork;
    kept.spec.parent = events::ParentRef{beginning.base->facts.identity.run_id, head.seq, head.hash};
    kept.spec.seed += 1;
    if (kept.spec.redaction == RedactionMode::none) kept.redacted_every = 0;
    events::RunForked forked;
    // Where a memory of the run is kept, a fork after the last word asks for a slot before its hint has come, and a
    // process that dies in between leaves a state that owes the memory instead.
    if (plan.has_hint && !kernel::is_keeping(*beginning.base)) forked.changed = {"hint"};
    beginning.derivation = forked;
    beginning.world = SimulatedWorld(source.world(), prefix);
    const auto run = play_run(kept, std::move(beginning), outcome_.derived);
    if (run == nullptr) return;
    outcome_.marks.hit(run->lines().empty() ? Mark::fork_refused : Mark::fork_played);
  }

  void note_place(const kernel::State& state, bool is_at_end) {
    Marks& marks = outcome_.marks;
    marks.hit_if(Mark::fork_of_ended_run, is_at_end);
    marks.hit_if(Mark::fork_in_answer, std::holds_alternative<kernel::Calling>(state.phase));
    marks.hit_if(Mark::fork_between_calls, std::holds_alternative<kernel::Acting>(state.phase));
  }

  void note_base(const kernel::State& base) {
    const auto* acting = std::get_if<kernel::Acting>(&base.phase);
    if (acting == nullptr) return;
    outcome_.marks.hit_if(Mark::fork_of_lost_call, kernel::count_at(acting->calls, kernel::CallStage::lost) > 0);
  }

  bool fail(const char* rule, const char* what) {
    outcome_.failure = Failure{rule, what};
    return false;
  }

  const Scenario& scenario_;
  Outcome& outcome_;
  std::deque<RunPlan> plans_;  // of runs that are still looked at
  std::vector<event::ContextEntry> history_;
  bool is_history_untrusted_ = false;
  WallTime wall_{kWallStartUs};
  SimulatedTree tree_;
  LastRun last_;
};

}  // namespace

Outcome simulate(const Scenario& scenario) {
  Outcome outcome;
  try {
    Session(scenario, outcome).play();
  } catch (const std::exception& error) {
    outcome.failure = Failure{"exception", error.what()};
  }
  return outcome;
}

}  // namespace orchestrator::harness::sim
