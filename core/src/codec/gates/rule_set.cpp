// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/rule_set.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/gates/call_policy.hpp"
#include "codec/gates/path_glob.hpp"
#include "codec/json_schema/json_schema.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kRulesMax = 64;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kToolsMax = 256;
constexpr std::size_t kQuestionBytesMax = 4'000;
constexpr std::size_t kVersionBytesMax = 200;
constexpr std::uint64_t kTimeoutMsMax = 120'000;

std::unexpected<Error> refuse(const std::string& at, const std::string& what) {
  return fail(RuntimeErrorCode::configuration_invalid, what, at);
}

bool is_name(std::string_view name) {
  const auto is_plain = [](char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'); };
  return !name.empty() && name.size() <= kNameBytesMax && is_plain(name.front()) &&
         std::ranges::all_of(name, [&](char byte) {
           return is_plain(byte) || std::string_view("._-").find(byte) != std::string_view::npos;
         });
}

bool is_about(const GateRule& rule, GatePhase phase) {
  return std::ranges::find(rule.phases, phase) != rule.phases.end();
}

bool is_about_tool(const GateRule& rule, std::string_view tool) {
  return rule.of_tools.empty() ||
         std::ranges::any_of(rule.of_tools, [&](const std::string& name) { return matches_name(name, tool); });
}

bool judges_text(const GateRule& rule) {
  return std::holds_alternative<PatternCheck>(rule.check) || std::holds_alternative<KeywordCheck>(rule.check);
}

bool judges_stream(const GateRule& rule) { return judges_text(rule) || std::holds_alternative<SizeCheck>(rule.check); }

bool judges_calls_only(const GateRule& rule) {
  return std::holds_alternative<CallCheck>(rule.check) || std::holds_alternative<RateCheck>(rule.check);
}

bool asks_others(const GateRule& rule) {
  return std::holds_alternative<ClassifierCheck>(rule.check) || std::holds_alternative<CodeCheck>(rule.check);
}

struct CompiledRule {
  std::optional<TextPatterns> patterns;
  std::optional<JsonSchema> schema;
};

struct Compile {
  Result<CompiledRule> operator()(const PatternCheck& check) const { return text(TextPatterns::compile(check)); }
  Result<CompiledRule> operator()(const KeywordCheck& check) const { return text(TextPatterns::compile(check)); }
  Result<CompiledRule> operator()(const SchemaCheck& check) const {
    auto schema = JsonSchema::compile(check.schema);
    if (!schema) return refuse("schema", schema.error().message);
    return CompiledRule{std::nullopt, *std::move(schema)};
  }
  Result<CompiledRule> operator()(const CallCheck& check) const {
    if (auto checked = check_call_check(check); !checked) return std::unexpected(std::move(checked.error()));
    return CompiledRule{};
  }
  Result<CompiledRule> operator()(const SizeCheck& check) const {
    if (check.bytes_max == 0) return refuse("bytes_max", "0; 1 or more is allowed");
    return CompiledRule{};
  }
  Result<CompiledRule> operator()(const RateCheck&) const { return CompiledRule{}; }
  Result<CompiledRule> operator()(const ClassifierCheck& check) const {
    if (check.question.empty() || check.question.size() > kQuestionBytesMax) {
      return refuse("classifier", "1 to 4,000 bytes are allowed");
    }
    if (check.model.provider.str().empty() || check.model.model.empty()) {
      return refuse("model", "is missing: the model to ask, as provider/model");
    }
    if (!(check.threshold > 0 && check.threshold <= 1)) return refuse("threshold", "above 0 and up to 1 is allowed");
    return timed(check.timeout_ms);
  }
  Result<CompiledRule> operator()(const CodeCheck& check) const {
    if (!check.gate) return refuse("gate", "is missing");
    const std::string version = check.gate->version();
    if (version.empty() || version.size() > kVersionBytesMax) return refuse("gate", "its version has 1 to 200 bytes");
    return timed(check.timeout_ms);
  }

 private:
  static Result<CompiledRule> timed(std::uint64_t timeout_ms) {
    if (timeout_ms == 0 || timeout_ms > kTimeoutMsMax) return refuse("timeout_ms", "1 to 120,000 are allowed");
    return CompiledRule{};
  }
  static Result<CompiledRule> text(Result<TextPatterns> patterns) {
    if (!patterns) return std::unexpected(std::move(patterns.error()));
    return CompiledRule{*std::move(patterns), std::nullopt};
  }
};

Result<void> check_frame(const GateRule& rule) {
  if (!is_name(rule.name)) {
    return refuse(
        "name",
        "'" + rule.name + "': 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit, " + "are allowed");
  }
  if (rule.phases.empty()) return refuse("on", "is empty; input, tool and output are allowed");
  for (const GatePhase phase : rule.phases) {
    if (std::ranges::count(rule.phases, phase) > 1)
      return refuse("on", "has " + std::string(name_of(phase)) + " twice");
  }
  const bool only_tools = rule.phases == std::vector{GatePhase::tool};
  if (judges_calls_only(rule) && !only_tools) return refuse("on", "a rule about calls is on 'tool' alone");
  if (!rule.of_tools.empty() && !only_tools) return refuse("of_tools", "is for rules on 'tool' alone");
  if (rule.of_tools.size() > kToolsMax || std::ranges::any_of(rule.of_tools, &std::string::empty)) {
    return refuse("of_tools", "at most 256 names, none of them empty, are allowed");
  }
  if (rule.action == GateAction::allow) return refuse("action", "'allow' is what every rule does that finds nothing");
  if (rule.action == GateAction::redact && (!judges_text(rule) || rule.phases != std::vector{GatePhase::output})) {
    return refuse("action", "'redact' is for patterns and keywords on 'output' alone");
  }
  return {};
}

// Every field with its length before it, so that no two policies have one text.
class PolicyText {
 public:
  void add(std::string_view text) { text_ += std::to_string(text.size()) + ":" + std::string(text); }
  void add(std::uint64_t number) { add(std::string_view(std::to_string(number))); }
  void add(const std::vector<std::string>& texts) {
    add(texts.size());
    for (const std::string& text : texts) add(std::string_view(text));
  }
  void operator()(const PatternCheck& check) {
    add(check.patterns);
    add(check.ignore_case ? 1 : 0);
    add(check.window_bytes);
  }
  void operator()(const KeywordCheck& check) {
    add(check.keywords);
    add(check.ignore_case ? 1 : 0);
    add(check.whole_words ? 1 : 0);
  }
  void operator()(const SchemaCheck& check) { add(std::string_view(check.schema)); }
  void operator()(const CallCheck& check) {
    for (const AllowDeny* lists : {&check.tools, &check.paths, &check.hosts, &check.commands}) {
      add(lists->allow);
      add(lists->deny);
    }
  }
  void operator()(const SizeCheck& check) { add(check.bytes_max); }
  void operator()(const RateCheck& check) {
    add(check.calls_max);
    add(check.window_ms);
  }
  void operator()(const ClassifierCheck& check) {
    add(std::string_view(check.model.str()));
    add(std::string_view(check.question));
    add(static_cast<std::uint64_t>(check.threshold * 1e9));
    add(check.timeout_ms);
  }
  void operator()(const CodeCheck& check) {
    add(std::string_view(check.gate->version()));
    add(check.timeout_ms);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string policy_text(const SafetyPolicy& policy) {
  PolicyText text;
  for (const GateRule& rule : policy.rules) {
    text.add(std::string_view(rule.name));
    text.add(rule.phases.size());
    for (const GatePhase phase : rule.phases) text.add(name_of(phase));
    text.add(name_of(rule.mode));
    text.add(name_of(rule.action));
    text.add(name_of(rule.on_failure));
    text.add(rule.of_tools);
    text.add(rule.check.index());
    std::visit(text, rule.check);
  }
  return text.text();
}

// What a rule finds: a reason, or nothing.
using Objection = Result<std::optional<std::string>>;

struct Judge {
  const GateRule& rule;
  const CompiledRule& compiled;
  const GateSubject& subject;
  const std::optional<Result<CallTargets>>& call;  // of the phase `tool`

  Objection operator()(const PatternCheck&) const { return text(); }
  Objection operator()(const KeywordCheck&) const { return text(); }
  Objection operator()(const SchemaCheck&) const {
    const std::string_view json = subject.phase == GatePhase::tool ? subject.arguments : subject.text;
    const auto violations = compiled.schema->check_text(json);
    if (!violations) return std::optional<std::string>("it is no JSON");
    if (violations->empty()) return std::nullopt;
    return std::optional<std::string>("at '" + violations->front().pointer + "' it does not fit '" +
                                      violations->front().keyword + "'");
  }
  Objection operator()(const CallCheck& check) const {
    if (!*call) return std::unexpected(call->error());
    return objection_to(check, subject.tool, **call, subject.targets, subject.workspace);
  }
  Objection operator()(const SizeCheck& check) const {
    const std::size_t bytes = subject.phase == GatePhase::tool ? subject.arguments.size() : subject.text.size();
    if (bytes <= check.bytes_max) return std::nullopt;
    return std::optional<std::string>("it has " + std::to_string(bytes) + " bytes");
  }
  Objection operator()(const RateCheck& check) const {
    const std::uint64_t since =
        check.window_ms == 0 ? 0 : subject.now_us - std::min(subject.now_us, check.window_ms * 1'000);
    const auto count = std::ranges::count_if(subject.earlier, [&](const EarlierCall& earlier) {
      return earlier.at_us >= since && is_about_tool(rule, earlier.tool);
    });
    if (std::cmp_less(count, check.calls_max)) return std::nullopt;
    return std::optional<std::string>(count == 1 ? "a call went before it"
                                                 : std::to_string(count) + " calls went before it");
  }
  Objection operator()(const ClassifierCheck&) const { return std::nullopt; }  // asked elsewhere
  Objection operator()(const CodeCheck&) const { return std::nullopt; }

 private:
  Objection text() const {
    if (subject.phase != GatePhase::tool) return found(subject.text);
    if (auto raw = found(subject.arguments); raw) return raw;
    // Escapes hide nothing.
    if (!*call) return std::unexpected(call->error());
    for (const std::string& one : (**call).texts) {
      if (found(one)) return std::optional<std::string>("a text of the arguments matches");
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> found(std::string_view in) const {
    const auto span = compiled.patterns->find(in, 0);
    if (!span) return std::nullopt;
    return "it matches at byte " + std::to_string(span->begin);
  }
};

}  // namespace

struct RuleSet::Compiled {
  SafetyPolicy policy;
  std::vector<CompiledRule> rules;
};

Result<void> check_gate_rule(const GateRule& rule) {
  if (auto framed = check_frame(rule); !framed) return framed;
  auto compiled = std::visit(Compile(), rule.check);
  if (!compiled) return std::unexpected(std::move(compiled.error()));
  return {};
}

Result<RuleSet> RuleSet::compile(SafetyPolicy policy) {
  auto compiled = std::make_shared<Compiled>();
  if (policy.rules.size() > kRulesMax) {
    return refuse("rule", std::to_string(policy.rules.size()) + " rules; 64 are allowed");
  }
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const GateRule& rule = policy.rules[i];
    const auto here = [&](Error error) {
      error.at = "rule[" + std::to_string(i) + "]." + error.at;
      return std::unexpected(std::move(error));
    };
    if (auto framed = check_frame(rule); !framed) return here(std::move(framed.error()));
    const auto first = std::ranges::find(policy.rules, rule.name, &GateRule::name);
    if (&*first != &rule) return here(refuse("name", "'" + rule.name + "' stands twice").error());
    auto one = std::visit(Compile(), rule.check);
    if (!one) return here(std::move(one.error()));
    compiled->rules.push_back(*std::move(one));
  }
  compiled->policy = std::move(policy);
  return RuleSet(std::move(compiled));
}

const SafetyPolicy& RuleSet::policy() const { return compiled_->policy; }

bool RuleSet::has(GatePhase phase) const {
  return std::ranges::any_of(compiled_->policy.rules, [&](const GateRule& rule) { return is_about(rule, phase); });
}

std::vector<GateVerdict> RuleSet::judge(const GateSubject& subject) const {
  return judge_if(subject, [](const GateRule&) { return true; });
}

std::vector<GateVerdict> RuleSet::judge_whole(std::string_view answer) const {
  GateSubject subject;
  subject.phase = GatePhase::output;
  subject.text = answer;
  return judge_if(subject, [](const GateRule& rule) { return !judges_stream(rule); });
}

template <class Takes>
std::vector<GateVerdict> RuleSet::judge_if(const GateSubject& subject, Takes takes) const {
  std::vector<GateVerdict> verdicts;
  std::optional<Result<CallTargets>> call;
  if (subject.phase == GatePhase::tool) call = call_targets(subject.arguments);
  for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
    const GateRule& rule = compiled_->policy.rules[i];
    if (!is_about(rule, subject.phase) || asks_others(rule) || !takes(rule)) continue;
    if (subject.phase == GatePhase::tool && !is_about_tool(rule, subject.tool)) continue;
    GateVerdict verdict;
    verdict.gate = rule.name;
    verdict.phase = subject.phase;
    verdict.mode = rule.mode;
    Objection objection = std::visit(Judge{rule, compiled_->rules[i], subject, call}, rule.check);
    if (!objection) {
      verdict.passed = rule.on_failure == GateFailure::open;
      verdict.reason = "it could not be judged";
      verdict.error = std::move(objection.error());
    } else if (*objection) {
      verdict.passed = false;
      verdict.reason = **std::move(objection);
    }
    if (!verdict.passed) verdict.action = rule.action;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

std::vector<GateRule> RuleSet::asked(GatePhase phase, std::string_view tool) const {
  std::vector<GateRule> rules;
  for (const GateRule& rule : compiled_->policy.rules) {
    if (!asks_others(rule) || !is_about(rule, phase)) continue;
    if (phase == GatePhase::tool && !is_about_tool(rule, tool)) continue;
    rules.push_back(rule);
  }
  return rules;
}

std::vector<GateRule> RuleSet::streamed_rules() const {
  std::vector<GateRule> rules;
  for (const GateRule& rule : compiled_->policy.rules) {
    if (is_about(rule, GatePhase::output) && judges_stream(rule)) rules.push_back(rule);
  }
  return rules;
}

Hash RuleSet::hash() const { return sha256(policy_text(compiled_->policy)); }

StreamGate RuleSet::stream_gate() const {
  std::vector<StreamRule> rules;
  for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
    const GateRule& rule = compiled_->policy.rules[i];
    if (!is_about(rule, GatePhase::output)) continue;
    if (!judges_stream(rule)) continue;
    const auto* size = std::get_if<SizeCheck>(&rule.check);
    StreamRule one;
    one.name = rule.name;
    one.mode = rule.mode;
    one.action = rule.action;
    one.patterns = compiled_->rules[i].patterns;
    if (size != nullptr) one.bytes_max = size->bytes_max;
    rules.push_back(std::move(one));
  }
  return StreamGate(std::move(rules));
}

}  // namespace orchestrator::harness::codec
