// SPDX-License-Identifier: Apache-2.0
#pragma once

// One run of the real kernel in a simulated shell: a clock, a store, a provider, an operator, and a process that may
// die at any moment. Follows its plan to the end, or to the first thing that is wrong. One thread; owns all it holds.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "sim/call_trail.hpp"
#include "sim/delivery_queue.hpp"
#include "sim/effect_ledger.hpp"
#include "sim/marks.hpp"
#include "sim/replay.hpp"
#include "sim/scenario.hpp"
#include "sim/simulated_tree.hpp"
#include "sim/simulated_world.hpp"
#include "sim/step_judge.hpp"

namespace orchestrator::harness::sim {

/// What a run begins with, besides its plan: a live one with its session's context, others with a run that they are
/// made of.
struct Beginning {
  std::vector<event::ContextEntry> history = {};
  event::inputs::Derivation derivation = {};
  const CallTrail* calls = nullptr;        // of the run that an undo takes back
  std::vector<event::Step> prefix = {};    // of the run that a fork goes on from
  std::optional<kernel::State> base = {};  // and the state that it goes on with
  SimulatedWorld world = {};
};

class SimulatedRun {
 public:
  /// A run that begins at `wall`. `plan`, `tree`, `marks` and what `beginning` points to must outlive it.
  SimulatedRun(const RunPlan& plan, Beginning beginning, WallTime wall, SimulatedTree& tree, Marks& marks);

  /// Plays the plan. Look at `judge()` afterwards.
  void play();

  [[nodiscard]] const StepJudge& judge() const { return judge_; }
  [[nodiscard]] const kernel::State& state() const { return state_; }
  /// What the store holds: a line for each step. Empty when the start was refused.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  /// All events of `lines`.
  [[nodiscard]] const std::vector<StreamEvent>& events() const { return events_; }
  [[nodiscard]] const event::JournalHead& head() const { return head_; }
  [[nodiscard]] const CallTrail& trail() const { return trail_; }
  [[nodiscard]] const SimulatedWorld& world() const { return world_; }
  /// Records of files that somebody wrote while the undo went on.
  [[nodiscard]] const std::vector<UndoRecord>& meddled() const { return meddled_; }
  [[nodiscard]] WallTime wall() const { return wall_; }
  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }

 private:
  // A call that has started and not acted yet.
  struct ActingCall {
    std::string key;
    std::string tool;
    std::optional<UndoRecord> undo;
  };

  [[nodiscard]] bool is_over() const;
  bool play_one();
  bool give_due_command();
  bool receive_next();
  bool resume_if_left();
  void move_to(std::uint64_t elapsed_us);
  void receive(event::Input::Value value);
  void take(event::Input::Value value);
  bool store(const event::Input& input, const kernel::Decision& decision);
  void note_answers(const kernel::Decision& decision);
  void carry_out(const event::Effect& effect);
  event::Input::Value answer_slot(const event::effects::AcquireSlot& wanted);
  void call(const event::effects::CallProvider& call);
  void carry_out_tool(const event::Effect& effect);
  const CrashPlan* crash_at(std::uint64_t input, const kernel::Decision& decision);
  void carry_out_memory(const event::Effect& effect);
  void carry_out_undo(const event::Effect& effect);
  void look_at_step(const event::effects::PrepareCompensation& look);
  void take_back(const event::effects::Compensate& step);
  void restore(event::inputs::Compensated& done, const event::effects::Compensate& step);
  void finish_step(event::inputs::Compensated& done);
  const CompensationPlan& next_compensation();
  bool fails_to_store(std::uint64_t input_number, const event::Input& input, const kernel::Decision& decision);
  [[nodiscard]] ReplayResult replay_stored() const;
  [[nodiscard]] std::vector<GateVerdict> verdicts_on(GatePhase phase, bool is_objected_to) const;
  const ToolPlan& next_tool_plan();
  void ask_person(const events::InterruptRaised& raised);
  void act(const ActingCall& call);
  void die(const CrashPlan& crash);
  void recover();
  void try_after_end();
  void finish();

  const RunPlan& plan_;
  std::vector<event::ContextEntry> history_;
  const CallTrail* calls_;
  std::optional<kernel::State> base_;
  Marks& marks_;
  event::inputs::Start start_;

  // What dies with the process.
  kernel::State state_;
  DeliveryQueue queue_;
  EffectLedger ledger_;

  // What the store keeps.
  std::vector<std::string> lines_;
  std::vector<StreamEvent> events_;
  CallTrail trail_;
  event::JournalHead head_;
  kernel::State stored_state_;  // the fold of what the store gives back

  // What is outside of every process.
  SimulatedWorld world_;
  SimulatedTree& tree_;
  std::map<std::string, ActingCall> acting_;             // by call id: acts as it returns
  std::optional<event::effects::Compensate> restoring_;  // likewise, of an undo
  std::vector<UndoRecord> meddled_;

  WallTime wall_;
  std::uint64_t elapsed_us_ = 0;
  std::uint64_t inputs_ = 0;
  std::size_t tool_effects_ = 0;
  std::size_t questions_ = 0;
  std::size_t memory_effects_ = 0;
  std::size_t compensations_ = 0;
  std::uint64_t tool_starts_ = 0;
  std::size_t commands_given_ = 0;
  std::size_t slots_asked_ = 0;
  const CrashPlan* crash_ = nullptr;  // the process is dead
  CrashPlan closed_;                  // or the store is, until it is opened anew
  std::uint32_t fails_again_ = 0;     // so many of the next appends fail, too
  bool is_recovering_ = false;
  bool is_refused_ = false;  // the start was
  StepJudge judge_;
};

}  // namespace orchestrator::harness::sim
