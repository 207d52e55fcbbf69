// SPDX-License-Identifier: Apache-2.0
// A scenario as text: what a failing simulation prints, and what a reader needs to make a test of it.
#include "event/field_encoder.hpp"
#include "event/variant_names.hpp"
#include "sim/answer_script.hpp"
#include "sim/simulation.hpp"

namespace orchestrator::harness::sim {
namespace {

const char* name_of(CrashPoint point) {
  switch (point) {
    case CrashPoint::before_append:
      return "before the step is stored";
    case CrashPoint::append_lost:
      return "in an append that is lost";
    case CrashPoint::append_kept:
      return "in an append that is kept";
    case CrashPoint::before_effects:
      return "after the append, before the effects";
    case CrashPoint::after_effects:
      return "after the effects";
  }
  return "";
}

const char* name_of(StoreFault fault) {
  switch (fault) {
    case StoreFault::refused:
      return "refuses the step";
    case StoreFault::kept:
      return "keeps the step and says that it failed";
    case StoreFault::slow:
      return "is slow";
  }
  return "";
}

const char* name_of(SlotAnswer answer) {
  switch (answer) {
    case SlotAnswer::granted:
      return "granted";
    case SlotAnswer::probe:
      return "granted-as-probe";
    case SlotAnswer::circuit_open:
      return "circuit-open";
    case SlotAnswer::no_retry_left:
      return "no-retry-left";
  }
  return "";
}

// An input with all of its fields.
std::string show(const event::Input::Value& value) {
  std::string out(event::name_of_index<event::Input::Value>(value.index()));
  out += ' ';
  std::visit(
      [&](const auto& input) {
        if constexpr (event::DescribedStruct<std::decay_t<decltype(input)>>) event::append_value(out, input);
      },
      value);
  return out;
}

std::string at_us(std::uint64_t us) { return "+" + std::to_string(us) + " us "; }

void append_answer(std::string& out, const AnswerPlan& answer, std::uint32_t attempt) {
  out += "  call " + std::to_string(attempt) + ", socket closed after " + std::to_string(answer.cancel_after_us) +
         " us" + (answer.sends_on ? ", sends on" : "") + "\n";
  for (const auto& [after_us, value] : script_of(answer, attempt)) out += "    " + at_us(after_us) + show(value) + "\n";
}

void append_run(std::string& out, const RunPlan& run) {
  out += "  asks for ";
  event::append_value(out, run.spec);
  out += "\n";
  for (std::size_t i = 0; i < run.answers.size(); ++i) {
    append_answer(out, run.answers[i], static_cast<std::uint32_t>(i + 1));
  }
  out += "  slots after";
  for (const std::uint64_t delay_us : run.slot_delays_us) out += " " + std::to_string(delay_us);
  out += " us\n";
  if (!run.slot_answers.empty()) out += "  slots answered";
  for (const SlotAnswer answer : run.slot_answers) out += std::string(" ") + name_of(answer);
  if (!run.slot_answers.empty()) out += "\n";
  for (const CommandPlan& command : run.commands) {
    out += "  at input " + std::to_string(command.at_input) + ": " + show(command.command) + "\n";
  }
  for (const CrashPlan& crash : run.crashes) {
    out += "  at input " + std::to_string(crash.at_input) + ": the process dies " + name_of(crash.point) + ", for " +
           std::to_string(crash.down_us) + " us\n";
  }
  if (run.tool_crash) {
    out += "  at tool call " + std::to_string(run.tool_crash->at_input) + ": the process dies " +
           name_of(run.tool_crash->point) + ", for " + std::to_string(run.tool_crash->down_us) + " us\n";
  }
  for (const MemoryAnswer& answer : run.memory) {
    out += "  the memory store " + (answer.fails ? "fails" : "has " + std::to_string(answer.hits)) + " after " +
           std::to_string(answer.after_us) + " us\n";
  }
  for (std::size_t i = 0; i < run.tools.size(); ++i) {
    if (!run.tools[i].reach) continue;
    out += "  effect " + std::to_string(i) + " of its tools reaches " +
           std::string(event::enum_name(*run.tools[i].reach)) + "\n";
  }
  for (const events::GateInForce& gate : run.spec.gates) out += "  is under the rule " + gate.name + "\n";
  if (!run.spec.gates.empty() && run.is_objected_to) {
    out += "  its input is objected to after " + std::to_string(run.judged_after_us) + " us\n";
  }
  if (run.redacted_every > 0) {
    out += "  one of " + std::to_string(run.redacted_every) + " inputs had something taken out\n";
  }
  for (const WallJumpPlan& jump : run.wall_jumps) {
    out += "  at input " + std::to_string(jump.at_input) + ": the wall clock moves by " + std::to_string(jump.by_us) +
           " us\n";
  }
  for (const StoreFaultPlan& fault : run.store_faults) {
    out += "  at input " + std::to_string(fault.at_input) + ": the store " + name_of(fault.fault) + ", for " +
           std::to_string(fault.healed_after_us) + " us and " + std::to_string(fault.again) + " more times\n";
  }
  for (const CompensationPlan& plan : run.compensations) {
    out += "  of the undo: " + at_us(plan.after_us) + (plan.meddles ? "somebody writes the file, " : "") +
           (plan.fails ? "it fails, " : "") + (plan.acts_at_once ? "acts at once\n" : "acts as it returns\n");
  }
  if (run.fires_stale_timers) out += "  timers that were stopped fire all the same\n";
  out += run.resumes_at_end ? "  is resumed where it is left paused\n" : "  may be left paused\n";
}

}  // namespace

std::string describe(const Scenario& scenario) {
  std::string out = "scenario of seed " + std::to_string(scenario.seed) + "\n";
  for (std::size_t i = 0; i < scenario.runs.size(); ++i) {
    out += "run " + std::to_string(i + 1) + "\n";
    append_run(out, scenario.runs[i]);
  }
  if (scenario.undo) {
    out += "undo of the last run; of " + std::to_string(scenario.undo->meddled_every) +
           " calls one has a file that somebody wrote" + (scenario.undo->consents ? ", which may be lost\n" : "\n");
    append_run(out, scenario.undo->run);
  }
  if (scenario.fork) {
    out += "fork of the last run at a step: " + std::to_string(scenario.fork->chance) + "\n";
    append_run(out, scenario.fork->run);
  }
  return out;
}

}  // namespace orchestrator::harness::sim
