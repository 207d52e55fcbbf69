// SPDX-License-Identifier: Apache-2.0
#pragma once

// One run of the real kernel in a simulated shell: a clock, a store, a provider, an operator, and a process that may
// die at any moment. Follows its plan to the end, or to the first thing that is wrong. One thread; owns all it holds.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "sim/delivery_queue.hpp"
#include "sim/effect_ledger.hpp"
#include "sim/marks.hpp"
#include "sim/scenario.hpp"
#include "sim/simulated_world.hpp"
#include "sim/step_judge.hpp"

namespace orchestrator::harness::sim {

class SimulatedRun {
 public:
  /// A run that begins at `wall`, in a session whose context is `history`. `plan` and `marks` must outlive it.
  SimulatedRun(const RunPlan& plan, std::vector<event::ContextEntry> history, WallTime wall, Marks& marks);

  /// Plays the plan. Look at `judge()` afterwards.
  void play();

  [[nodiscard]] const StepJudge& judge() const { return judge_; }
  [[nodiscard]] const kernel::State& state() const { return state_; }
  /// What the store holds: a line for each step. Empty when the start was refused.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] WallTime wall() const { return wall_; }
  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }

 private:
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
  [[nodiscard]] std::vector<GateVerdict> verdicts_on(GatePhase phase, bool is_objected_to) const;
  const ToolPlan& next_tool_plan();
  void ask_person(const events::InterruptRaised& raised);
  void act(const std::string& key, const std::string& tool);
  void die(const CrashPlan& crash);
  void recover();
  void try_after_end();
  void finish();

  const RunPlan& plan_;
  std::vector<event::ContextEntry> history_;
  Marks& marks_;
  event::inputs::Start start_;

  // What dies with the process.
  kernel::State state_;
  DeliveryQueue queue_;
  EffectLedger ledger_;

  // What the store keeps.
  std::vector<std::string> lines_;
  event::JournalHead head_;
  kernel::State stored_state_;  // the fold of what the store gives back

  // What is outside of every process.
  SimulatedWorld world_;
  std::map<std::string, std::pair<std::string, std::string>> acting_;  // call id to key and tool: acts as it returns

  WallTime wall_;
  std::uint64_t elapsed_us_ = 0;
  std::uint64_t inputs_ = 0;
  std::size_t tool_effects_ = 0;
  std::size_t questions_ = 0;
  std::size_t memory_effects_ = 0;
  std::uint64_t tool_starts_ = 0;
  std::size_t commands_given_ = 0;
  std::size_t slots_asked_ = 0;
  const CrashPlan* crash_ = nullptr;  // the process is dead
  bool is_recovering_ = false;
  bool is_refused_ = false;  // the start was
  StepJudge judge_;
};

}  // namespace orchestrator::harness::sim
