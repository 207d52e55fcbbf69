// SPDX-License-Identifier: Apache-2.0
#include "sim/simulated_run.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "kernel/evolve.hpp"
#include "kernel/gates.hpp"
#include "sim/answer_script.hpp"
#include "sim/step_marks.hpp"

namespace orchestrator::harness::sim {
namespace {

// What the shell makes of an answer under rules: verdicts come with its end, and one that blocks takes the place of the
// end.
void under_rules(event::Input::Value& value, const std::vector<GateVerdict>& gates) {
  if (gates.empty()) return;
  if (auto* ended = std::get_if<event::inputs::ProviderEnded>(&value)) ended->gates = gates;
  auto* chunk = std::get_if<event::inputs::ProviderChunk>(&value);
  if (chunk == nullptr) return;
  const auto end = std::ranges::find_if(chunk->parts, [](const ProviderPart& part) {
    return std::holds_alternative<AnswerFinished>(part) || std::holds_alternative<AnswerFailed>(part);
  });
  if (end == chunk->parts.end()) return;
  chunk->gates = gates;
  if (kernel::blocking(gates) == nullptr || std::holds_alternative<AnswerFailed>(*end)) return;
  *end = AnswerFailed{RuntimeError{RuntimeErrorCode::gate_blocked, "stopped by a rule", "gates", {}}};
}

// Far more than any plan leads to: beyond it the run goes round in circles.
constexpr std::uint64_t kInputsMax = 20'000;
// Timers beyond it are never reached.
constexpr std::uint64_t kHorizonUs = 1ULL << 50;
constexpr std::uint64_t kCommandGapUs = 1'000;

std::optional<std::uint32_t> attempt_under_way(const kernel::State& state) {
  if (const auto* calling = std::get_if<kernel::Calling>(&state.phase)) return calling->attempt.number;
  if (const auto* stopping = std::get_if<kernel::Stopping>(&state.phase)) return stopping->attempt.number;
  return std::nullopt;
}

}  // namespace

SimulatedRun::SimulatedRun(const RunPlan& plan, Beginning beginning, WallTime wall, SimulatedTree& tree, Marks& marks)
    : plan_(plan),
      history_(std::move(beginning.history)),
      calls_(beginning.calls),
      base_(std::move(beginning.base)),
      marks_(marks),
      world_(std::move(beginning.world)),
      tree_(tree),
      wall_(wall) {
  start_ = {plan.identity, plan.spec, history_, std::move(beginning.derivation)};
  if (base_) {
    start_.spec.history = base_->facts.spec.history;
  } else {
    start_.spec.history.items = history_.size();
    start_.spec.history.hash = event::context_hash(history_);
  }
  for (const event::Step& step : beginning.prefix) judge_.see_prefix(step.input, step.events);
  state_ = base_ ? *base_ : kernel::initial_state(history_);
  stored_state_ = state_;
}

ReplayResult SimulatedRun::replay_stored() const {
  return base_ ? replay_fork(lines_, *base_) : replay(lines_, history_);
}

bool SimulatedRun::is_over() const {
  return is_refused_ || judge_.failure() || std::holds_alternative<kernel::Ended>(state_.phase);
}

void SimulatedRun::play() {
  take(start_);
  while (play_one()) {
    if (inputs_ > kInputsMax) judge_.fail("liveness", "the run takes inputs without end");
  }
  finish();
}

// Whatever comes next; false when nothing more will.
bool SimulatedRun::play_one() {
  if (judge_.failure()) return false;
  if (crash_ != nullptr) {
    recover();
    return true;
  }
  if (is_over()) return false;
  return give_due_command() || receive_next() || resume_if_left();
}

bool SimulatedRun::give_due_command() {
  if (commands_given_ == plan_.commands.size() || plan_.commands[commands_given_].at_input > inputs_) return false;
  take(plan_.commands[commands_given_++].command);
  return true;
}

bool SimulatedRun::receive_next() {
  auto arrival = queue_.next();
  if (arrival) {
    move_to(std::max(elapsed_us_, arrival->first));
    receive(std::move(arrival->second));
    return true;
  }
  if (commands_given_ == plan_.commands.size()) return false;
  move_to(elapsed_us_ + kCommandGapUs);  // nothing else happens any more
  take(plan_.commands[commands_given_++].command);
  return true;
}

bool SimulatedRun::resume_if_left() {
  if (!state_.facts.paused || !plan_.resumes_at_end) return false;
  move_to(elapsed_us_ + kCommandGapUs);
  take(event::inputs::Resume{"operator"});
  return true;
}

void SimulatedRun::move_to(std::uint64_t elapsed_us) {
  wall_.unix_us += static_cast<std::int64_t>(elapsed_us - elapsed_us_);
  elapsed_us_ = elapsed_us;
}

void SimulatedRun::receive(event::Input::Value value) {
  if (const auto* prepared = std::get_if<event::inputs::ToolPrepared>(&value)) ledger_.tool_prepared(prepared->call_id);
  if (const auto* verified = std::get_if<event::inputs::ToolVerified>(&value)) ledger_.tool_verified(verified->call_id);
  if (const auto* returned = std::get_if<event::inputs::ToolReturned>(&value)) {
    ledger_.tool_returned(returned->call_id);
    if (const auto found = acting_.find(returned->call_id); found != acting_.end()) {
      const ActingCall call = found->second;
      acting_.erase(found);
      act(call);
    }
  }
  if (auto* done = std::get_if<event::inputs::Compensated>(&value)) finish_step(*done);
  if (std::holds_alternative<event::inputs::CompensationPrepared>(value)) ledger_.compensation_answered();
  if (std::holds_alternative<event::inputs::GateReturned>(value)) ledger_.gates_returned();
  if (std::holds_alternative<event::inputs::MemoryReturned>(value)) ledger_.memory_returned();
  if (const auto* kept = std::get_if<event::inputs::MemoryKept>(&value)) ledger_.memory_kept(kept->id);
  if (const auto* slot = std::get_if<event::inputs::SlotGranted>(&value)) ledger_.slot_came(slot->attempt);
  if (const auto* slot = std::get_if<event::inputs::SlotRefused>(&value)) ledger_.slot_came(slot->attempt);
  if (const auto* fired = std::get_if<event::inputs::TimerFired>(&value)) {
    // One that was stopped or moved fires without being owed.
    const auto at_us = ledger_.timer_at(fired->timer);
    if (at_us && *at_us <= elapsed_us_) ledger_.timer_fired(fired->timer);
  }
  take(std::move(value));
}

// The step loop of the runtime: decide, append, evolve, carry out. Everything is looked at on the way.
void SimulatedRun::take(event::Input::Value value) {
  const std::uint64_t number = inputs_++;
  for (const WallJumpPlan& jump : plan_.wall_jumps) {
    if (jump.at_input != number) continue;
    wall_.unix_us += jump.by_us;
    marks_.hit_if(Mark::wall_clock_went_back, jump.by_us < 0);
  }
  const bool is_start = std::holds_alternative<event::inputs::Start>(value);

  event::Input input{{wall_, elapsed_us_}, std::move(value)};
  if (plan_.redacted_every > 0 && number % plan_.redacted_every == 0) {
    input.redacted = {{RedactionKind::secret, 1 + number % 3}, {RedactionKind::email, 1}};
  }
  const kernel::Decision decision = kernel::decide(state_, input);
  judge_.see_decision(state_, input, decision);
  note_step(marks_, state_, input, decision);
  const CrashPlan* const crash = crash_at(number, decision);
  const bool dies = crash != nullptr;
  if (decision.events.empty()) {
    is_refused_ = is_refused_ || (is_start && decision.refusal);
    if (dies && !is_refused_) die(*crash);
    return;
  }
  if (dies && (crash->point == CrashPoint::before_append || crash->point == CrashPoint::append_lost)) {
    marks_.hit_if(Mark::step_lost, crash->point == CrashPoint::append_lost);
    return die(*crash);
  }
  if (fails_to_store(number, input, decision)) return;
  if (!store(input, decision)) return;
  if (dies && crash->point == CrashPoint::append_kept) {
    marks_.hit(Mark::step_stored_but_not_acknowledged);
    return die(*crash);
  }
  for (const StreamEvent& event : decision.events) kernel::evolve(state_, event);
  judge_.require(state_ == stored_state_, "fold", "the state is not the fold of what was stored");
  note_answers(decision);
  if (dies && crash->point == CrashPoint::before_effects) return die(*crash);
  for (const event::Effect& effect : decision.effects) {
    ledger_.issue(effect);
    carry_out(effect);
  }
  if (const auto difference = ledger_.difference(state_)) judge_.fail("owed_effects", *difference);
  if (dies) die(*crash);
}

// After a failure the run is closed, and nobody was told of the step: whoever opens it anew reads what is there.
bool SimulatedRun::fails_to_store(std::uint64_t input_number, const event::Input& input,
                                  const kernel::Decision& decision) {
  const auto plan = std::ranges::find(plan_.store_faults, input_number, &StoreFaultPlan::at_input);
  const bool is_planned = plan != plan_.store_faults.end();
  if (is_planned && plan->fault == StoreFault::slow) {
    marks_.hit(Mark::store_slow);
    move_to(elapsed_us_ + plan->healed_after_us);  // what comes meanwhile waits
    return false;
  }
  if (is_planned) {
    closed_ = {input_number, CrashPoint::append_lost, plan->healed_after_us};
    fails_again_ = plan->again;
    if (plan->fault == StoreFault::kept && !store(input, decision)) return true;
    marks_.hit(plan->fault == StoreFault::kept ? Mark::append_failed_and_kept : Mark::append_failed);
  } else if (fails_again_ > 0) {
    fails_again_ -= 1;
    marks_.hit(Mark::append_failed_again);
  } else {
    return false;
  }
  marks_.hit_if(Mark::append_failed_in_recovery, is_recovering_);
  die(closed_);
  return true;
}

const CrashPlan* SimulatedRun::crash_at(std::uint64_t input, const kernel::Decision& decision) {
  const auto is_start = [](const StreamEvent& event) {
    return event.get_if<events::ToolCallStarted>() != nullptr || event.get_if<events::CompensationStarted>() != nullptr;
  };
  if (std::ranges::any_of(decision.events, is_start) && plan_.tool_crash &&
      tool_starts_++ == plan_.tool_crash->at_input) {
    return &*plan_.tool_crash;
  }
  const auto found = std::ranges::find(plan_.crashes, input, &CrashPlan::at_input);
  return found == plan_.crashes.end() ? nullptr : &*found;
}

// Appends the step, and reads it back as another process would.
bool SimulatedRun::store(const event::Input& input, const kernel::Decision& decision) {
  event::EncodedStep encoded = event::encode_step({input, decision.events}, head_);
  const auto stored = event::decode_step(encoded.line, head_);
  if (!stored) {
    judge_.fail("codec", "a line does not read: " + stored.error().message + " in " + encoded.line);
    return false;
  }
  const auto rebuilt = event::input_of(*stored, history_);
  judge_.require(rebuilt && *rebuilt == input, "codec", "an input does not come back from " + encoded.line);
  judge_.require(stored->events == decision.events, "codec", "events do not come back from " + encoded.line);
  for (const StreamEvent& event : stored->events) {
    kernel::evolve(stored_state_, event);
    world_.see_stored(event);
    trail_.see(event);
    events_.push_back(event);
    if (const auto* finished = event.get_if<events::ToolCallFinished>()) {
      if (const auto wrong = world_.check_end(*finished)) judge_.fail("world", *wrong);
    }
  }
  judge_.see_step(*stored, stored_state_);
  judge_.see_trust(input, stored->events);
  head_ = stored->head;
  lines_.push_back(std::move(encoded.line));
  return true;
}

void SimulatedRun::note_answers(const kernel::Decision& decision) {
  for (const StreamEvent& event : decision.events) {
    if (const auto* end = event.get_if<events::AttemptFinished>()) ledger_.call_ended(end->attempt);
    if (const auto* end = event.get_if<events::AttemptFailed>()) ledger_.call_ended(end->attempt);
    if (const auto* raised = event.get_if<events::InterruptRaised>()) ask_person(*raised);
  }
}

void SimulatedRun::act(const ActingCall& call) {
  if (call.undo) tree_.act(*call.undo);
  const ToolSpec* spec = kernel::spec_of(plan_.spec, call.tool);
  if (const auto wrong = world_.act(call.key, spec == nullptr ? EffectClass::irreversible : spec->effect_class)) {
    judge_.fail("world", *wrong);
  }
}

const ToolPlan& SimulatedRun::next_tool_plan() {
  static const ToolPlan plain;
  const std::size_t index = tool_effects_++;
  return index < plan_.tools.size() ? plan_.tools[index] : plain;
}

void SimulatedRun::ask_person(const events::InterruptRaised& raised) {
  const std::size_t index = questions_++;
  const AnswerToQuestion answer = index < plan_.questions.size() ? plan_.questions[index] : AnswerToQuestion{};
  queue_.send(elapsed_us_ + answer.after_us,
              event::inputs::Resolve{raised.interrupt_id, answer.decision, "operator", "as planned"});
}

void SimulatedRun::carry_out_tool(const event::Effect& effect) {
  namespace effects = event::effects;
  if (const auto* prepare = std::get_if<effects::PrepareTool>(&effect)) {
    const ToolPlan& plan = next_tool_plan();
    event::inputs::ToolPrepared prepared;
    prepared.call_id = prepare->call_id;
    if (plan.is_refused) {
      prepared.error = ToolError{ToolErrorCode::tool_args_invalid, "not like this", prepare->tool, {}}.to_error();
    } else {
      prepared.gates = verdicts_on(GatePhase::tool, plan.is_objected_to);
      for (GateVerdict& verdict : prepared.gates) verdict.call_id = prepare->call_id;
      prepared.preparation.approval = plan.approval;
      prepared.preparation.reach = plan.reach;
      prepared.preparation.targets = {{"target", sha256(std::to_string(plan.content))}};
      if (prepare->tool == "edit") prepared.preparation.undo = tree_.record(prepare->call_id);
    }
    queue_.send(elapsed_us_ + plan.prepared_after_us, std::move(prepared));
  } else if (const auto* run = std::get_if<effects::RunTool>(&effect)) {
    judge_.require(!state_.facts.abort, "effect_after_abort", "a call begins after an abort was asked for");
    const ToolPlan& plan = next_tool_plan();
    const ActingCall call{run->idempotency_key, run->tool, run->preparation.undo};
    if (plan.acts_at_once) {
      act(call);
    } else {
      acting_[run->call_id] = call;
    }
    event::inputs::ToolReturned returned;
    returned.call_id = run->call_id;
    returned.attempt = run->attempt;
    if (plan.fails) {
      returned.outcome = ToolOutcome::error;
      returned.error = ToolError{ToolErrorCode::tool_failed, "it failed", run->tool, {}}.to_error();
    }
    returned.result.emplace_back(TextPart{"result"});
    queue_.send(elapsed_us_ + plan.returned_after_us, std::move(returned));
  } else if (const auto* verify = std::get_if<effects::VerifyTool>(&effect)) {
    const ToolPlan& plan = next_tool_plan();
    event::inputs::ToolVerified verified;
    verified.call_id = verify->call_id;
    if (plan_.tells_truth) {
      verified.state =
          world_.has_acted(verify->idempotency_key) ? VerifiedState::happened : VerifiedState::not_happened;
    }
    queue_.send(elapsed_us_ + plan.prepared_after_us, std::move(verified));
  } else if (const auto* cancel = std::get_if<effects::CancelTool>(&effect)) {
    const ToolPlan& plan = next_tool_plan();
    queue_.call_back_tool(cancel->call_id);
    const auto* acting = std::get_if<kernel::Acting>(&state_.phase);
    const auto* call = acting == nullptr ? nullptr : kernel::open_call(acting->calls, cancel->call_id);
    if (call == nullptr || call->stage != kernel::CallStage::running) return;
    if (!plan.acts_on_cancel) acting_.erase(cancel->call_id);
    event::inputs::ToolReturned returned;
    returned.call_id = cancel->call_id;
    returned.attempt = call->attempt;
    returned.outcome = ToolOutcome::unknown;
    returned.error = ToolError{ToolErrorCode::tool_outcome_unknown, "stopped", call->tool, {}}.to_error();
    queue_.send(elapsed_us_ + plan.cancelled_after_us, std::move(returned));
  }
}

// What the shell that runs share says to a request for a slot.
event::Input::Value SimulatedRun::answer_slot(const event::effects::AcquireSlot& wanted) {
  namespace inputs = event::inputs;
  const std::size_t index = slots_asked_++;
  const SlotAnswer answer = index < plan_.slot_answers.size() ? plan_.slot_answers[index] : SlotAnswer::granted;
  if (answer == SlotAnswer::circuit_open) {
    return inputs::SlotRefused{wanted.attempt, inputs::SlotRefusal::circuit_open, 30'000};
  }
  if (answer == SlotAnswer::no_retry_left && wanted.is_retry) {
    return inputs::SlotRefused{wanted.attempt, inputs::SlotRefusal::retry_budget, 0};
  }
  return inputs::SlotGranted{wanted.attempt, answer == SlotAnswer::probe};
}

std::vector<GateVerdict> SimulatedRun::verdicts_on(GatePhase phase, bool is_objected_to) const {
  std::vector<GateVerdict> verdicts;
  for (const events::GateInForce& gate : plan_.spec.gates) {
    if (gate.phases.front() != phase) continue;
    GateVerdict verdict;
    verdict.gate = gate.name;
    verdict.phase = phase;
    verdict.mode = gate.mode;
    if (gate.mode == GateMode::enforcing) verdict.cost_micro_usd = 3;  // a classifier was asked
    verdict.passed = !is_objected_to;
    verdict.action = is_objected_to ? GateAction::deny : GateAction::allow;
    if (is_objected_to) verdict.reason = "it matches at byte 0";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

void SimulatedRun::carry_out_memory(const event::Effect& effect) {
  namespace effects = event::effects;
  const auto* retrieve = std::get_if<effects::RetrieveMemory>(&effect);
  const auto* keep = std::get_if<effects::StoreMemory>(&effect);
  if (retrieve == nullptr && keep == nullptr) return;
  const std::size_t index = memory_effects_++;
  const MemoryAnswer answer = index < plan_.memory.size() ? plan_.memory[index] : MemoryAnswer{};
  std::optional<Error> error;
  if (answer.fails) error = RuntimeError{RuntimeErrorCode::storage_failed, "the memory store is gone", "memory", {}};
  if (keep != nullptr) {
    queue_.send(elapsed_us_ + answer.after_us,
                event::inputs::MemoryKept{keep->id, event::estimate_text_tokens(keep->text), answer.after_us,
                                          answer.cost_micro_usd, error});
    return;
  }
  event::inputs::MemoryReturned returned{{}, answer.after_us, answer.cost_micro_usd, error};
  const std::uint32_t hits =
      std::min(answer.hits, plan_.spec.memory.recall_max);  // a fork has the policy of its source
  for (std::uint32_t i = 0; i < hits && !error; ++i) {
    const std::string text = "The key is under mat " + std::to_string(i) + ".";
    returned.hits.push_back({MemoryId::make(1'700'000'000'000, 7, i), MemoryLane::semantic, 0.5 / (1 + i),
                             event::estimate_text_tokens(text), text});
  }
  queue_.send(elapsed_us_ + answer.after_us, std::move(returned));
}

void SimulatedRun::carry_out(const event::Effect& effect) {
  namespace effects = event::effects;
  carry_out_tool(effect);
  carry_out_memory(effect);
  carry_out_undo(effect);
  if (const auto* acquire = std::get_if<effects::AcquireSlot>(&effect)) {
    const std::uint64_t delay_us = slots_asked_ < plan_.slot_delays_us.size() ? plan_.slot_delays_us[slots_asked_] : 0;
    queue_.send(std::max(elapsed_us_, acquire->not_before_us) + delay_us, answer_slot(*acquire));
  } else if (std::holds_alternative<effects::EvaluateGates>(effect)) {
    queue_.send(elapsed_us_ + plan_.judged_after_us,
                event::inputs::GateReturned{verdicts_on(GatePhase::input, plan_.is_objected_to)});
  } else if (std::holds_alternative<effects::ReleaseSlot>(effect)) {
    // A slot that is under way already cannot be called back.
    if (plan_.fires_stale_timers) {
      marks_.hit(Mark::slot_given_back_late);
    } else {
      queue_.call_back_slots();
    }
  } else if (const auto* made = std::get_if<effects::CallProvider>(&effect)) {
    call(*made);
  } else if (const auto* cancel = std::get_if<effects::CancelProvider>(&effect)) {
    const std::size_t index = cancel->attempt - 1;
    const bool is_planned = index < plan_.answers.size();
    queue_.call_back_call(cancel->attempt, is_planned && plan_.answers[index].sends_on);
    const std::uint64_t delay_us = is_planned ? plan_.answers[index].cancel_after_us : 0;
    queue_.send(elapsed_us_ + delay_us, cancelled_call(cancel->attempt));
  } else if (const auto* begun = std::get_if<effects::StartTimer>(&effect)) {
    if (!plan_.fires_stale_timers) queue_.call_back_timer(begun->timer);
    if (begun->at_us < kHorizonUs) queue_.send(begun->at_us, event::inputs::TimerFired{begun->timer});
  } else if (const auto* stopped = std::get_if<effects::StopTimer>(&effect)) {
    if (!plan_.fires_stale_timers) queue_.call_back_timer(stopped->timer);
  }
}

void SimulatedRun::call(const event::effects::CallProvider& made) {
  const std::size_t index = made.attempt - 1;
  const AnswerPlan answer = index < plan_.answers.size() ? plan_.answers[index] : plain_answer();
  marks_.hit_if(Mark::stream_through_codec, answer.through_codec);
  std::vector<GateVerdict> gates;
  if (made.purpose == AttemptPurpose::answer) gates = verdicts_on(GatePhase::output, answer.is_objected_to);
  for (GateVerdict& verdict : gates) verdict.attempt = made.attempt;
  for (auto& [after_us, value] : script_of(answer, made.attempt)) {
    under_rules(value, gates);
    queue_.send(elapsed_us_ + after_us, std::move(value));
  }
}

void SimulatedRun::die(const CrashPlan& crash) {
  note_crash(marks_, state_);
  marks_.hit_if(Mark::crash_in_recovery, is_recovering_);
  crash_ = &crash;
}

// Another process takes the run over: what the store holds is all there is.
void SimulatedRun::recover() {
  move_to(elapsed_us_ + crash_->down_us);
  crash_ = nullptr;
  queue_.clear();
  ledger_ = {};
  acting_.clear();  // what had not acted before the process died never will
  restoring_.reset();
  ReplayResult rebuilt = replay_stored();
  if (rebuilt.difference) return judge_.fail("recovery", *rebuilt.difference);
  state_ = std::move(rebuilt.state);
  judge_.require(state_ == stored_state_, "recovery", "reading the journal anew gives another state");
  is_recovering_ = true;
  if (lines_.empty()) {  // the caller was never told that the run was accepted, and asks again
    elapsed_us_ = 0;
    take(start_);
  } else {
    if (std::holds_alternative<kernel::Ended>(state_.phase)) return;
    // What was outside goes on; what the dead process had begun is outstanding until its loss is journaled.
    for (const event::Effect& effect : kernel::owed_effects(state_)) {
      const auto* started = std::get_if<event::effects::StartTimer>(&effect);
      const bool is_of_call = std::holds_alternative<event::effects::CallProvider>(effect) ||
                              std::holds_alternative<event::effects::CancelProvider>(effect) ||
                              (started != nullptr && started->timer == TimerKind::turn);
      if (is_of_call) ledger_.inherit(effect);
    }
    if (const auto* acting = std::get_if<kernel::Acting>(&state_.phase)) {
      for (const kernel::ToolCallProgress& call : acting->calls) {
        if (call.interrupt) ask_person(*call.interrupt);
      }
    }
    take(event::inputs::Recover{"recovery", 1, std::nullopt});
    if (crash_ != nullptr || judge_.failure()) return;
    const auto attempt = attempt_under_way(state_);
    std::vector<std::string> lost;
    if (const auto* acting = std::get_if<kernel::Acting>(&state_.phase)) {
      for (const kernel::ToolCallProgress& call : acting->calls) {
        if (call.stage == kernel::CallStage::lost) lost.push_back(call.call_id);
      }
    }
    if (attempt) take(event::inputs::EffectLost{*attempt, {}});
    for (const std::string& call_id : lost) {
      if (crash_ == nullptr && !judge_.failure()) take(event::inputs::EffectLost{0, call_id});
    }
  }
  is_recovering_ = false;
}

// After the terminal event every input is refused: what is still under way, and one of each type.
void SimulatedRun::try_after_end() {
  while (auto arrival = queue_.next()) {
    move_to(std::max(elapsed_us_, arrival->first));
    take(std::move(arrival->second));
  }
  take(start_);
  take(event::inputs::SlotGranted{1});
  take(event::inputs::EffectLost{1, {}});
  take(event::inputs::TimerFired{TimerKind::run});
  take(event::inputs::GateReturned{});
  take(event::inputs::MemoryReturned{});
  take(event::inputs::MemoryKept{});
  take(cancelled_call(1));
  take(event::inputs::Abort{AbortMode::now, "operator", {}});
  take(event::inputs::Hint{HintId::make(1, 2, 3), HintPriority::asap, "too late", "operator", {}, {}});
  take(event::inputs::Pause{"operator"});
  take(event::inputs::Resume{"operator"});
  take(event::inputs::Checkpoint{"too late", "operator"});
}

void SimulatedRun::finish() {
  if (judge_.failure() || is_refused_) return;
  judge_.see_end(state_);
  marks_.hit_if(Mark::left_paused, state_.facts.paused && !std::holds_alternative<kernel::Ended>(state_.phase));
  if (std::holds_alternative<kernel::Ended>(state_.phase)) try_after_end();
  const ReplayResult replayed = replay_stored();
  if (replayed.difference) judge_.fail("replay", *replayed.difference);
  judge_.require(replayed.state == state_, "replay", "the replay ends in another state");
}

}  // namespace orchestrator::harness::sim
