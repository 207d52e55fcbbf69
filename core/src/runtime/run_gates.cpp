// SPDX-License-Identifier: Apache-2.0
// How a run's rules are asked: about its input, its calls and its answers.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <string>
#include <utility>

#include "kernel/gates.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/traceparent.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

constexpr const char* kSubstituted = "the fork was told so";

// What a look at the rules takes beyond what they ask of others.
constexpr std::chrono::milliseconds kOwnRulesTime{10'000};

std::uint64_t timeout_ms_of(const GateRule& rule) {
  if (const auto* classifier = std::get_if<ClassifierCheck>(&rule.check)) return classifier->timeout_ms;
  if (const auto* code = std::get_if<CodeCheck>(&rule.check)) return code->timeout_ms;
  return 0;
}

bool is_blocked(const std::vector<GateVerdict>& verdicts) { return kernel::blocking(verdicts) != nullptr; }

// What rules come to that could not even be asked.
std::vector<GateVerdict> unanswered(const std::vector<GateRule>& rules, const std::string& why) {
  std::vector<GateVerdict> verdicts;
  for (const GateRule& rule : rules) {
    GateVerdict verdict;
    verdict.gate = rule.name;
    verdict.mode = rule.mode;
    verdict.passed = rule.on_failure == GateFailure::open;
    if (!verdict.passed) verdict.action = rule.action;
    verdict.reason = "it could not be judged";
    verdict.error = RuntimeError{RuntimeErrorCode::internal, why, "gate", {}};
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

void add_all(std::vector<GateVerdict>& verdicts, std::vector<GateVerdict> more) {
  std::ranges::move(more, std::back_inserter(verdicts));
}

}  // namespace

// What a fork was told of a rule stands in place of what the rule says.
void RunDriver::substitute(std::vector<GateVerdict>& verdicts) const {
  for (GateVerdict& verdict : verdicts) {
    const auto& told = state_.facts.substituted_gates;
    const auto found = std::ranges::find(told, verdict.gate, &SubstitutedGate::gate);
    if (found == told.end()) continue;
    verdict.passed = found->passed;
    verdict.action = found->passed ? GateAction::allow : GateAction::deny;
    verdict.reason = found->passed ? "" : kSubstituted;
    verdict.error.reset();
  }
}

// A stream cannot be judged again afterwards: those rules do not see it, and what they were told comes at its end.
std::optional<codec::RuleSet> RunDriver::answer_rules() const {
  const auto& rules = engine_->options().rules;
  const auto& told = state_.facts.substituted_gates;
  if (!rules || told.empty()) return rules;
  SafetyPolicy policy = rules->policy();
  std::erase_if(policy.rules, [&](const GateRule& rule) {
    return std::ranges::find(told, rule.name, &SubstitutedGate::gate) != told.end();
  });
  auto others = codec::RuleSet::compile(std::move(policy));
  return others ? std::optional(*std::move(others)) : rules;
}

std::vector<GateVerdict> RunDriver::substituted_answer_verdicts() const {
  std::vector<GateVerdict> verdicts;
  const auto& rules = engine_->options().rules;
  for (const SubstitutedGate& told : state_.facts.substituted_gates) {
    if (!rules) break;
    const auto& all = rules->policy().rules;
    const auto rule = std::ranges::find(all, told.gate, &GateRule::name);
    if (rule == all.end() || std::ranges::find(rule->phases, GatePhase::output) == rule->phases.end()) continue;
    GateVerdict verdict;
    verdict.gate = rule->name;
    verdict.phase = GatePhase::output;
    verdict.mode = rule->mode;
    verdicts.push_back(std::move(verdict));
  }
  substitute(verdicts);
  return verdicts;
}

std::optional<AnswerGate> RunDriver::answer_gate(const event::effects::CallProvider& effect) const {
  const auto rules = answer_rules();
  const bool is_judged =
      rules && effect.purpose == AttemptPurpose::answer && kernel::has_gates(state_.facts.spec, GatePhase::output);
  return is_judged ? std::optional<AnswerGate>(std::in_place, *rules, effect.attempt, state_.facts.kept_output)
                   : std::nullopt;
}

asio::awaitable<std::vector<GateVerdict>> RunDriver::ask_gates(std::vector<GateRule> rules, GatePhase phase,
                                                               std::string text, std::string tool) {
  AskedSubject subject;
  subject.phase = phase;
  subject.text = std::move(text);
  subject.tool = std::move(tool);
  subject.session_id = session_id();
  subject.run_id = run_id().str();
  subject.traceparent = make_traceparent(trace_id(), kernel::run_span(state_.facts.spec));
  std::vector<GateVerdict> verdicts = co_await engine_->gate_asker().ask(engine_, std::move(rules), std::move(subject));
  co_return verdicts;
}

void RunDriver::on(const event::effects::EvaluateGates&) {
  auto done = [self = shared_from_this()](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);  // judge_input catches what may be thrown
  };
  asio::co_spawn(engine_->executor(), judge_input(), asio::bind_cancellation_slot(judging_.slot(), std::move(done)));
}

// The cheap rules come first: what they stop costs nothing.
asio::awaitable<void> RunDriver::judge_input() {
  const auto self = shared_from_this();
  const auto& rules = engine_->options().rules;
  event::inputs::GateReturned returned;
  if (rules) {
    MessageItem message;
    message.parts = state_.facts.spec.input;
    std::string text = text_of(ConversationItem{std::move(message), {}});
    codec::GateSubject subject;
    subject.phase = GatePhase::input;
    subject.text = text;
    returned.gates = rules->judge(subject);
    substitute(returned.gates);
    std::vector<GateRule> asked = rules->asked(GatePhase::input);
    if (!asked.empty() && !is_blocked(returned.gates)) {
      const std::string no_tool;
      try {
        std::vector<GateVerdict> more =
            co_await ask_gates(std::move(asked), GatePhase::input, std::move(text), no_tool);
        add_all(returned.gates, std::move(more));
      } catch (const std::exception& error) {
        if (has_ended()) co_return;
        add_all(returned.gates, unanswered(rules->asked(GatePhase::input), error.what()));
      }
    }
  }
  substitute(returned.gates);
  if (!has_ended()) push(std::move(returned));
}

std::optional<std::chrono::milliseconds> RunDriver::call_rules_time(const std::string& tool) const {
  const auto& rules = engine_->options().rules;
  if (!rules || !kernel::has_gates(state_.facts.spec, GatePhase::tool)) return std::nullopt;
  std::uint64_t timeout_ms = 0;
  for (const GateRule& rule : rules->asked(GatePhase::tool, tool)) timeout_ms += timeout_ms_of(rule);
  return kOwnRulesTime + std::chrono::milliseconds(timeout_ms);
}

asio::awaitable<std::vector<GateVerdict>> RunDriver::judge_call(std::string key, std::string call_id, std::string tool,
                                                                std::string arguments,
                                                                std::vector<ToolTarget> targets) {
  const auto self = shared_from_this();
  std::vector<GateVerdict> verdicts;
  const auto& rules = engine_->options().rules;
  if (!rules) co_return verdicts;
  codec::GateSubject subject;
  subject.phase = GatePhase::tool;
  subject.tool = tool;
  const std::string restored = restored_arguments(arguments);  // the rules judge what the tool will get
  subject.arguments = restored;
  subject.targets = targets;
  subject.workspace = state_.facts.spec.workspace;
  // A call that is looked at again, once a person has allowed it, went before no other.
  std::vector<codec::EarlierCall> earlier;
  bool is_new = true;
  for (const auto& [known, call] : judged_calls_) {
    if (known == key) is_new = false;
    if (known != key) earlier.push_back(call);
  }
  subject.earlier = earlier;
  subject.now_us = elapsed_us();
  verdicts = rules->judge(subject);
  substitute(verdicts);
  if (is_new) judged_calls_.emplace_back(key, codec::EarlierCall{tool, subject.now_us});
  std::vector<GateRule> asked = rules->asked(GatePhase::tool, tool);
  if (!asked.empty() && !is_blocked(verdicts)) {
    std::vector<GateVerdict> more =
        co_await ask_gates(std::move(asked), GatePhase::tool, std::move(arguments), std::move(tool));
    add_all(verdicts, std::move(more));
  }
  substitute(verdicts);
  for (GateVerdict& verdict : verdicts) verdict.call_id = call_id;
  co_return verdicts;
}

asio::awaitable<std::vector<GateVerdict>> RunDriver::judge_answer(std::uint32_t attempt, std::string text) {
  const auto self = shared_from_this();
  std::vector<GateVerdict> verdicts;
  const auto rules = answer_rules();
  std::vector<GateRule> asked = rules ? rules->asked(GatePhase::output) : std::vector<GateRule>();
  if (!asked.empty()) {
    const std::string no_tool;
    verdicts = co_await ask_gates(std::move(asked), GatePhase::output, std::move(text), no_tool);
  }
  add_all(verdicts, substituted_answer_verdicts());
  for (GateVerdict& verdict : verdicts) verdict.attempt = attempt;
  co_return verdicts;
}

}  // namespace orchestrator::harness::runtime
