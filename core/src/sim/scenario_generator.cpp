// SPDX-License-Identifier: Apache-2.0
#include "sim/scenario_generator.hpp"

#include <algorithm>
#include <array>

#include "event/runtime_version.hpp"
#include "kernel/behaviours.hpp"
#include "sim/answer_generator.hpp"
#include "sim/entropy.hpp"

namespace orchestrator::harness::sim {
namespace {

// Most runs of a simulation take about this many inputs.
constexpr std::uint64_t kTypicalInputs = 14;

ModelRef model(std::string name) { return {ProviderId("simulated"), std::move(name)}; }

event::RunIdentity draw_identity(Entropy& entropy, const SessionId& session_id) {
  event::RunIdentity identity;
  const std::uint64_t high = entropy.bits();
  const std::uint64_t low = entropy.bits();
  identity.run_id = RunId::make(1'700'000'000'000, high, low);
  identity.session_id = session_id;
  std::array<std::uint8_t, TraceId::kBytes> trace{};
  for (std::uint8_t& byte : trace) byte = static_cast<std::uint8_t>(entropy.between(1, 255));
  identity.trace_id = TraceId(trace);
  if (entropy.chance(1, 4)) {
    std::array<std::uint8_t, SpanId::kBytes> span{};
    for (std::uint8_t& byte : span) byte = static_cast<std::uint8_t>(entropy.between(1, 255));
    identity.parent_span_id = SpanId(span);
  }
  return identity;
}

std::vector<ContentPart> draw_input(Entropy& entropy) {
  std::vector<ContentPart> input;
  if (entropy.chance(1, 40)) return input;  // refused
  input.emplace_back(TextPart{draw_text(entropy, 8)});
  if (entropy.chance(1, 6)) {
    ImagePart image;
    image.source.bytes = SharedBytes(std::string(entropy.between(1, 60), 'b'));
    image.source.media_type = "image/png";
    input.emplace_back(std::move(image));
  }
  if (entropy.chance(1, 8)) input.emplace_back(JsonPart{{R"({"n":1.50})"}});
  return input;
}

GenerationSettings draw_settings(Entropy& entropy) {
  constexpr std::array kTemperatures{0.0, 0.1, 0.7, 1.0, 2.0};
  GenerationSettings settings;
  if (entropy.chance(1, 3)) settings.temperature = entropy.pick(kTemperatures);
  if (entropy.chance(1, 6)) settings.top_p = 0.95;
  if (entropy.chance(1, 6)) settings.seed = -1;
  if (entropy.chance(1, 6)) settings.max_output_tokens = 64;
  if (entropy.chance(1, 4)) settings.max_input_tokens = entropy.between(1, 120);
  if (entropy.chance(1, 8)) settings.stop = {"END", "\n\n"};
  if (entropy.chance(1, 8)) settings.metadata = {{"team", "blue"}};
  return settings;
}

// Names what the models do not take, so that settings are dropped, a fallback is chosen, or nothing fits.
void draw_offers(Entropy& entropy, events::RunStarted& spec) {
  spec.model_plan.primary = model("first");
  if (entropy.chance(1, 3)) spec.model_plan.fallbacks = {model("second")};
  if (entropy.chance(1, 8)) spec.model_plan.fallbacks = {model("second"), model("third")};
  if (entropy.chance(1, 2)) spec.model_plan.on_unsupported = OnUnsupported::drop;
  if (entropy.chance(1, 2)) return;
  ModelOffer offer{.model = model("first"), .wire = "responses"};
  if (entropy.chance(1, 2)) offer.unsupported = {"seed", "temperature", "top_p"};
  if (entropy.chance(1, 8)) offer.unsupported = {"input.image", "metadata", "stop"};
  spec.offers.push_back(offer);
  if (entropy.chance(1, 2)) {
    offer.model = model("second");
    offer.unsupported = {"stop"};
    spec.offers.push_back(offer);
  }
}

// Small limits, so that they are reached.
void draw_limits(Entropy& entropy, events::RunStarted& spec) {
  Limits& limits = spec.limits;
  if (entropy.chance(1, 4)) limits.hints_queued = static_cast<std::uint32_t>(entropy.below(3));
  if (entropy.chance(1, 6)) limits.tool_calls_per_turn = static_cast<std::uint32_t>(entropy.between(1, 2));
  if (entropy.chance(1, 6)) limits.turns = static_cast<std::uint32_t>(entropy.between(1, 4));
  if (entropy.chance(1, 12)) limits.run_bytes = entropy.between(1, 400);
  if (entropy.chance(1, 12)) {
    limits.hints_queued = 2;
    limits.tool_calls_per_turn = 4;
    limits.run_events = 16 + 2 + 4 * 4 + entropy.between(8, 40);  // what a run keeps free, and a little more
  }
  if (entropy.chance(1, 5)) spec.budgets.turns = static_cast<std::uint32_t>(entropy.between(1, 3));
  if (entropy.chance(1, 6)) spec.budgets.tokens = entropy.between(1, 1'500);
  if (entropy.chance(1, 60)) spec.budgets.cost_micro_usd = 5;  // refused
  if (entropy.chance(1, 4)) spec.history_limits.turns = static_cast<std::uint32_t>(entropy.below(3));
  if (entropy.chance(1, 4)) spec.history_limits.tokens = entropy.between(1, 200);
  if (entropy.chance(1, 4)) spec.history_limits.bytes = entropy.between(1, 3'000);
}

// Small bounds, so that contexts are compacted.
void draw_context(Entropy& entropy, events::RunStarted& spec) {
  ContextPolicy& policy = spec.context;
  if (entropy.chance(1, 3)) policy.tokens_max = entropy.between(20, 300);
  if (entropy.chance(1, 4)) policy.window_turns = static_cast<std::uint32_t>(entropy.between(1, 3));
  policy.fill_percent = static_cast<std::uint32_t>(entropy.between(10, 100));
  policy.recent_turns = static_cast<std::uint32_t>(entropy.between(1, 3));
  if (entropy.chance(1, 2)) policy.when_full = entropy.chance(1, 2) ? WhenFull::extract : WhenFull::summarise;
  policy.summary_tokens_max = entropy.between(50, 120);
  if (entropy.chance(1, 3)) policy.pinned = {{"rules", "Be brief."}};
  if (entropy.chance(1, 8)) policy.pinned.push_back({"name", "The user is called Ada."});
}

ToolSpec tool(std::string name, EffectClass effect_class, ApprovalNeed approval) {
  ToolSpec spec;
  spec.name = std::move(name);
  spec.description = "Simulated.";
  spec.input_schema = {R"({"type":"object"})"};
  spec.effect_class = effect_class;
  spec.approval = approval;
  return spec;
}

// How failures are made good; a third of the runs have the rules of before, one attempt.
void draw_retries(Entropy& entropy, events::RunStarted& spec) {
  if (entropy.chance(1, 3)) return;
  constexpr std::array kAfterOutput{AfterOutput::fail, AfterOutput::fail, AfterOutput::restart,
                                    AfterOutput::continue_answer};
  spec.retries.attempts_max = static_cast<std::uint32_t>(entropy.between(1, 4));
  spec.retries.delay_ms = static_cast<std::uint32_t>(entropy.below(1'000));
  spec.retries.delay_max_ms = static_cast<std::uint32_t>(entropy.between(1, 4'000));
  spec.retries.retry_after_max_ms = static_cast<std::uint32_t>(entropy.magnitude(1, 60'000));
  spec.retries.after_output = entropy.pick(kAfterOutput);
}

// Prices, budgets in money, and what a plan asks of its models.
void draw_money(Entropy& entropy, events::RunStarted& spec) {
  for (ModelOffer& offer : spec.offers) {
    if (entropy.chance(1, 4)) continue;
    ModelPrice price{{entropy.magnitude(1, 5'000'000), std::nullopt, std::nullopt, entropy.magnitude(1, 30'000'000)},
                     std::nullopt,
                     {},
                     "simulated"};
    if (entropy.chance(1, 2)) price.base.cached_input = entropy.magnitude(1, 500'000);
    if (entropy.chance(1, 4)) price.long_input_above = entropy.between(1, 100);
    if (entropy.chance(1, 2)) price.long_input = {10'000'000, 1'000'000, 12'500'000, 60'000'000};
    offer.price = price;
    if (entropy.chance(1, 3)) offer.context_tokens = entropy.between(1, 400);
    if (entropy.chance(1, 2)) offer.output_tokens_max = entropy.between(1, 1'000);
  }
  if (!spec.offers.empty() && entropy.chance(1, 5)) spec.budgets.cost_micro_usd = entropy.magnitude(1, 20'000);
  if (entropy.chance(1, 4)) spec.budgets.allow_unpriced = true;
  if (entropy.chance(1, 20)) spec.model_plan.needs.context_tokens = entropy.between(1, 400);
  if (entropy.chance(1, 30)) spec.model_plan.needs.input_price_max = entropy.magnitude(1, 5'000'000);
}

std::vector<SlotAnswer> draw_slot_answers(Entropy& entropy) {
  std::vector<SlotAnswer> answers;
  if (!entropy.chance(1, 4)) return answers;
  constexpr std::array kAnswers{SlotAnswer::granted, SlotAnswer::granted, SlotAnswer::probe, SlotAnswer::circuit_open,
                                SlotAnswer::no_retry_left};
  for (std::uint64_t i = entropy.between(1, 5); i > 0; --i) answers.push_back(entropy.pick(kAnswers));
  return answers;
}

// Tools of every class; `search` is never there.
void draw_tools(Entropy& entropy, events::RunStarted& spec) {
  if (entropy.chance(1, 6)) return;
  constexpr std::array kNeeds{ApprovalNeed::none, ApprovalNeed::none, ApprovalNeed::ask, ApprovalNeed::require};
  spec.tools = {tool("edit", EffectClass::reversible, entropy.pick(kNeeds)),
                tool("put", EffectClass::idempotent, entropy.pick(kNeeds)),
                tool("read_file", EffectClass::pure, ApprovalNeed::none),
                tool("send", EffectClass::irreversible, entropy.pick(kNeeds))};
  constexpr std::array kModes{ApprovalMode::never, ApprovalMode::never, ApprovalMode::ask, ApprovalMode::ask,
                              ApprovalMode::always};
  spec.tool_policy.approval = entropy.pick(kModes);
  if (entropy.chance(1, 3)) spec.tool_policy.calls_at_once = static_cast<std::uint32_t>(entropy.between(2, 3));
  if (entropy.chance(1, 4)) spec.tool_policy.repairs_max = static_cast<std::uint32_t>(entropy.below(2));
  if (entropy.chance(1, 4)) spec.tool_policy.approval_timeout_ms = entropy.magnitude(1, 2'000);
}

std::vector<ToolPlan> draw_tool_plans(Entropy& entropy) {
  std::vector<ToolPlan> plans(entropy.between(0, 8));
  for (ToolPlan& plan : plans) {
    plan.prepared_after_us = entropy.magnitude(1, 50'000);
    plan.is_refused = entropy.chance(1, 10);
    if (entropy.chance(1, 8)) plan.approval = entropy.chance(1, 3) ? ApprovalNeed::refuse : ApprovalNeed::ask;
    plan.content = static_cast<std::uint32_t>(entropy.chance(1, 8) ? 1 : 0);
    plan.returned_after_us = entropy.magnitude(1, 500'000);
    plan.acts_at_once = entropy.chance(1, 2);
    plan.acts_on_cancel = entropy.chance(1, 2);
    plan.fails = entropy.chance(1, 8);
    plan.cancelled_after_us = entropy.magnitude(1, 100'000);
  }
  return plans;
}

std::vector<MemoryAnswer> draw_memory(Entropy& entropy, MemoryPolicy& policy) {
  if (entropy.chance(1, 4)) policy.recall_max = static_cast<std::uint32_t>(entropy.between(1, 3));
  policy.keep_run = entropy.chance(1, 4);
  if (entropy.chance(1, 2)) policy.user = "ada";
  std::vector<MemoryAnswer> answers(entropy.between(0, 4));
  for (MemoryAnswer& answer : answers) {
    answer.hits = static_cast<std::uint32_t>(entropy.below(policy.recall_max + 1));
    answer.fails = entropy.chance(1, 4);
    if (entropy.chance(1, 4)) answer.cost_micro_usd = entropy.below(50);
    if (entropy.chance(1, 8)) answer.cost_micro_usd.reset();
    if (entropy.chance(2, 3)) answer.after_us = entropy.magnitude(1, 1'000'000);
  }
  return answers;
}

// Rules of each phase, in shadow and enforcing, and what they object to.
void draw_gates(Entropy& entropy, RunPlan& run) {
  if (!entropy.chance(1, 3)) return;
  constexpr std::array kPhases{GatePhase::input, GatePhase::tool, GatePhase::output};
  for (const GatePhase phase : kPhases) {
    for (const GateMode mode : {GateMode::shadow, GateMode::enforcing}) {
      if (!entropy.chance(1, 3)) continue;
      run.spec.gates.push_back({std::string(name_of(mode)) + "-" + std::string(name_of(phase)), mode, {phase}});
    }
  }
  if (entropy.chance(1, 2)) run.judged_after_us = entropy.magnitude(1, 500'000);
  run.is_objected_to = entropy.chance(1, 3);
  for (AnswerPlan& answer : run.answers) answer.is_objected_to = entropy.chance(1, 4);
  for (ToolPlan& tool : run.tools) tool.is_objected_to = entropy.chance(1, 3);
}

// What the run does about results that others may have written, how far its tools reach, and how far single calls do.
void draw_trust(Entropy& entropy, RunPlan& run) {
  constexpr std::array kStances{InjectionStance::off, InjectionStance::mark, InjectionStance::strict,
                                InjectionStance::strict};
  constexpr std::array kReaches{ToolReach::inside, ToolReach::secrets, ToolReach::outside, ToolReach::outside};
  run.spec.tool_policy.injection = entropy.pick(kStances);
  for (ToolSpec& tool : run.spec.tools) {
    tool.reach = entropy.pick(kReaches);
    tool.is_output_trusted = entropy.chance(1, 3);
  }
  for (ToolPlan& tool : run.tools) {
    if (entropy.chance(1, 4)) tool.reach = entropy.pick(kReaches);
  }
}

std::vector<AnswerToQuestion> draw_questions(Entropy& entropy) {
  constexpr std::array kDecisions{InterruptDecision::allow_once, InterruptDecision::allow_once,
                                  InterruptDecision::allow_run, InterruptDecision::deny};
  std::vector<AnswerToQuestion> answers(entropy.between(0, 4));
  for (AnswerToQuestion& answer : answers) {
    answer.after_us = entropy.magnitude(1, 3'000'000);
    answer.decision = entropy.pick(kDecisions);
  }
  return answers;
}

events::RunStarted draw_spec(Entropy& entropy) {
  events::RunStarted spec;
  spec.input = draw_input(entropy);
  if (entropy.chance(1, 3)) spec.system = "Be brief.";
  draw_offers(entropy, spec);
  spec.settings = draw_settings(entropy);
  draw_limits(entropy, spec);
  draw_context(entropy, spec);
  const bool is_timed = entropy.chance(1, 3);
  if (is_timed && entropy.chance(2, 3)) spec.timeouts.run_ms = entropy.magnitude(1, 3'000);
  if (is_timed && entropy.chance(2, 3)) spec.timeouts.turn_ms = entropy.magnitude(1, 1'000);
  spec.remember = entropy.chance(6, 7);
  spec.seed = entropy.bits();
  spec.behaviours = kernel::present_behaviours();
  if (entropy.chance(1, 8)) spec.behaviours.pop_back();
  if (entropy.chance(1, 8)) spec.behaviours.pop_back();
  if (entropy.chance(1, 8)) spec.behaviours.resize(1);
  spec.runtime_version = event::runtime_version();
  draw_tools(entropy, spec);
  return spec;
}

event::inputs::Hint draw_hint(Entropy& entropy) {
  event::inputs::Hint hint;
  hint.hint_id = HintId::make(1'700'000'000'000, 0, entropy.below(6));  // the same one may come again
  hint.priority = entropy.chance(1, 2) ? HintPriority::asap : HintPriority::after_turn;
  hint.text = draw_text(entropy, 4);
  hint.by = "operator";
  if (entropy.chance(1, 3)) hint.expires_us = entropy.magnitude(1'000, 2'000'000);
  if (entropy.chance(1, 8)) hint.expected_turn = static_cast<std::uint32_t>(entropy.between(1, 2));
  return hint;
}

event::inputs::Abort draw_abort(Entropy& entropy) {
  event::inputs::Abort abort{entropy.chance(1, 2) ? AbortMode::now : AbortMode::after_turn, "operator", {}};
  if (entropy.chance(1, 6)) abort.expected_turn = static_cast<std::uint32_t>(entropy.between(1, 2));
  return abort;
}

std::vector<CommandPlan> draw_commands(Entropy& entropy) {
  const bool aborts = entropy.chance(1, 3);
  const bool hints = entropy.chance(1, 2);
  const bool pauses = entropy.chance(1, 3);
  const bool checks = entropy.chance(1, 4);
  std::vector<CommandPlan> commands;
  const auto add = [&](event::Input::Value command) {
    const std::uint64_t at_input = entropy.between(1, kTypicalInputs);
    const auto place = std::ranges::upper_bound(commands, at_input, {}, &CommandPlan::at_input);
    commands.insert(place, {at_input, std::move(command)});
  };
  if (aborts) {
    for (std::uint64_t i = entropy.between(1, 3); i > 0; --i) add(draw_abort(entropy));
  }
  if (hints) {
    for (std::uint64_t i = entropy.between(1, 4); i > 0; --i) add(draw_hint(entropy));
  }
  if (pauses) {
    for (std::uint64_t i = entropy.between(1, 2); i > 0; --i) add(event::inputs::Pause{"operator"});
    for (std::uint64_t i = entropy.below(3); i > 0; --i) add(event::inputs::Resume{"operator"});
  }
  if (checks) add(event::inputs::Checkpoint{entropy.chance(1, 20) ? "" : "here", "operator"});
  return commands;
}

std::vector<CrashPlan> draw_crashes(Entropy& entropy) {
  std::vector<CrashPlan> crashes;
  if (entropy.chance(2, 3)) return crashes;
  constexpr std::array kPoints{CrashPoint::before_append, CrashPoint::append_lost, CrashPoint::append_kept,
                               CrashPoint::before_effects, CrashPoint::after_effects};
  for (std::uint64_t i = entropy.between(1, 3); i > 0; --i) {
    CrashPlan crash;
    crash.at_input = entropy.below(kTypicalInputs);
    crash.point = entropy.pick(kPoints);
    crash.down_us = entropy.magnitude(1, 5'000'000);
    crashes.push_back(crash);
  }
  return crashes;
}

std::vector<StoreFaultPlan> draw_store_faults(Entropy& entropy) {
  std::vector<StoreFaultPlan> faults;
  if (!entropy.chance(1, 6)) return faults;
  constexpr std::array kFaults{StoreFault::refused, StoreFault::kept, StoreFault::slow};
  for (std::uint64_t i = entropy.between(1, 2); i > 0; --i) {
    StoreFaultPlan fault;
    fault.at_input = entropy.below(kTypicalInputs);
    fault.fault = entropy.pick(kFaults);
    fault.healed_after_us = entropy.magnitude(1, 5'000'000);
    fault.again = static_cast<std::uint32_t>(entropy.chance(1, 3) ? entropy.between(1, 3) : 0);
    faults.push_back(fault);
  }
  return faults;
}

// A model that reads the same over and over, with room for one turn.
void make_loop(Entropy& entropy, RunPlan& run) {
  run.spec.tools = {tool("read_file", EffectClass::pure, ApprovalNeed::none)};
  run.spec.context.window_turns = 1;
  run.spec.context.recent_turns = 1;
  const ProviderTemper temper{.repeats_itself = true};
  for (std::size_t i = 0; i < run.answers.size(); ++i) run.answers[i] = draw_answer(entropy, temper, i);
}

// A model that changes files turn after turn, so that there is something to take back, and to fork in the midst of.
void make_editor(Entropy& entropy, RunPlan& run) {
  constexpr std::array kNeeds{ApprovalNeed::none, ApprovalNeed::none, ApprovalNeed::ask};
  run.spec.tools = {tool("edit", EffectClass::reversible, entropy.pick(kNeeds)),
                    tool("send", EffectClass::irreversible, ApprovalNeed::none)};
  run.spec.limits = {};
  run.spec.budgets = {};
  run.answers.resize(entropy.between(1, 3));
  for (AnswerPlan& answer : run.answers) {
    answer = {};
    answer.headers_after_us = entropy.magnitude(1, 50'000);
    ChunkPlan chunk{entropy.magnitude(1, 50'000), {}};
    for (std::uint64_t i = entropy.between(1, 3); i > 0; --i) {
      ToolCallItem call;
      call.call_id = "call_" + std::to_string(i);
      call.name = entropy.chance(7, 8) ? "edit" : "send";
      call.arguments = "{}";
      chunk.parts.emplace_back(ItemDone{"item_" + std::to_string(i), {std::move(call), "simulated"}});
    }
    chunk.parts.emplace_back(AnswerFinished{FinishReason::tool_calls, "native", "model-1", "resp"});
    answer.chunks.push_back(std::move(chunk));
  }
}

RunPlan draw_run(std::uint64_t seed, std::uint64_t number, const SessionId& session_id) {
  Entropy identity(seed, "identity", number);
  Entropy spec(seed, "spec", number);
  Entropy provider(seed, "provider", number);
  Entropy operations(seed, "operator", number);
  Entropy process(seed, "process", number);
  RunPlan run;
  run.identity = draw_identity(identity, session_id);
  run.spec = draw_spec(spec);
  Entropy reliability(seed, "reliability", number);
  draw_retries(reliability, run.spec);
  draw_money(reliability, run.spec);
  run.slot_answers = draw_slot_answers(reliability);
  const ProviderTemper temper = draw_temper(provider);
  const std::uint64_t answers = provider.between(1, 6);
  for (std::size_t i = 0; i < answers; ++i) run.answers.push_back(draw_answer(provider, temper, i));
  for (std::size_t i = 0; i < answers; ++i) run.slot_delays_us.push_back(provider.magnitude(1, 200'000));
  Entropy tools(seed, "tools", number);
  run.tools = draw_tool_plans(tools);
  Entropy memory(seed, "memory", number);
  run.memory = draw_memory(memory, run.spec.memory);
  Entropy gates(seed, "gates", number);
  draw_gates(gates, run);
  Entropy redaction(seed, "redaction", number);
  if (redaction.chance(1, 4)) {
    run.spec.redaction = redaction.chance(1, 2) ? RedactionMode::full : RedactionMode::reversible;
    run.redacted_every = redaction.between(1, 4);
    run.spec.limits.run_events += 16 + run.spec.limits.hints_queued + 4ULL * run.spec.limits.tool_calls_per_turn;
  }
  run.questions = draw_questions(tools);
  run.tells_truth = tools.chance(1, 2);
  run.commands = draw_commands(operations);
  run.resumes_at_end = operations.chance(3, 4);
  run.crashes = draw_crashes(process);
  Entropy death(seed, "tool_crash", number);
  if (death.chance(1, 8)) {
    run.tool_crash = CrashPlan{death.below(3), CrashPoint::after_effects, death.magnitude(1, 5'000'000)};
  }
  Entropy loop(seed, "loop", number);
  if (loop.chance(1, 60)) make_loop(loop, run);
  Entropy trust(seed, "trust", number);
  draw_trust(trust, run);
  Entropy store(seed, "store", number);
  run.store_faults = draw_store_faults(store);
  run.fires_stale_timers = process.chance(1, 3);
  if (process.chance(1, 4)) {
    const auto jump_us = static_cast<std::int64_t>(process.magnitude(1, 86'400'000'000));
    const std::uint64_t at_input = process.below(kTypicalInputs);
    run.wall_jumps.push_back({at_input, process.chance(1, 2) ? jump_us : -jump_us});
  }
  return run;
}

std::vector<CompensationPlan> draw_compensations(Entropy& entropy) {
  std::vector<CompensationPlan> plans(entropy.between(0, 6));
  const bool is_troubled = entropy.chance(1, 2);
  for (CompensationPlan& plan : plans) {
    plan.after_us = entropy.magnitude(1, 200'000);
    plan.meddles = is_troubled && entropy.chance(1, 5);
    plan.fails = is_troubled && entropy.chance(1, 8);
    plan.acts_at_once = entropy.chance(1, 2);
  }
  return plans;
}

UndoPlan draw_undo(std::uint64_t seed, const SessionId& session_id) {
  Entropy entropy(seed, "undo");
  UndoPlan undo;
  undo.run.identity = draw_identity(entropy, session_id);
  undo.run.spec.input.emplace_back(TextPart{"undo"});
  undo.run.spec.model_plan.primary = model("first");
  undo.run.spec.remember = false;
  undo.run.spec.seed = entropy.bits();
  undo.run.spec.behaviours = kernel::present_behaviours();
  undo.run.spec.runtime_version = event::runtime_version();
  undo.run.compensations = draw_compensations(entropy);
  if (entropy.chance(1, 4)) undo.run.commands.push_back({entropy.between(1, 6), draw_abort(entropy)});
  if (entropy.chance(1, 2)) {
    constexpr std::array kPoints{CrashPoint::before_append, CrashPoint::append_kept, CrashPoint::before_effects,
                                 CrashPoint::after_effects};
    undo.run.crashes.push_back({entropy.below(6), entropy.pick(kPoints), entropy.magnitude(1, 5'000'000)});
  }
  if (entropy.chance(1, 4)) undo.run.tool_crash = CrashPlan{entropy.below(2), CrashPoint::after_effects, 1'000};
  undo.run.store_faults = draw_store_faults(entropy);
  undo.meddled_every = static_cast<std::uint32_t>(entropy.below(3));
  undo.consents = entropy.chance(1, 2);
  return undo;
}

ForkPlan draw_fork(std::uint64_t seed, std::uint64_t number, const SessionId& session_id) {
  Entropy entropy(seed, "fork");
  ForkPlan fork;
  fork.run = draw_run(seed, number, session_id);
  fork.chance = entropy.bits();
  fork.has_hint = entropy.chance(1, 2);
  if (fork.has_hint) fork.run.commands.insert(fork.run.commands.begin(), {1, draw_hint(entropy)});
  return fork;
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed) {
  Entropy session(seed, "session");
  Scenario scenario;
  scenario.seed = seed;
  const std::uint64_t high = session.bits();
  const std::uint64_t low = session.bits();
  const SessionId session_id = SessionId::make(1'700'000'000'000, high, low);
  constexpr std::array<std::uint64_t, 8> kRuns{1, 1, 1, 1, 2, 2, 3, 4};
  const std::uint64_t runs = session.pick(kRuns);
  for (std::uint64_t number = 0; number < runs; ++number) scenario.runs.push_back(draw_run(seed, number, session_id));
  Entropy derived(seed, "derived");
  if (derived.chance(1, 2)) scenario.undo = draw_undo(seed, session_id);
  if (derived.chance(1, 4)) scenario.fork = draw_fork(seed, runs, session_id);
  const bool is_derived = scenario.undo || scenario.fork;
  if (is_derived && derived.chance(1, 2)) make_editor(derived, scenario.runs.back());
  return scenario;
}

}  // namespace orchestrator::harness::sim
