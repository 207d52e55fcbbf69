// SPDX-License-Identifier: Apache-2.0
// `orchestrator gates list|try|validate`

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/gate_rules.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/store/run_reference.hpp"
#include "cli/store/run_scan.hpp"
#include "codec/gates/gate_trial.hpp"
#include "orchestrator/harness/safety.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::GateRule;
using harness::GateVerdict;
using harness::Result;
using harness::RunSummary;
using harness::RuntimeErrorCode;
using harness::SafetyPolicy;
using harness::codec::GateTrial;
using harness::codec::TriedStep;

std::string phases_of(const GateRule& rule) {
  std::string text;
  for (const harness::GatePhase phase : rule.phases) {
    text.append(text.empty() ? "" : ", ").append(harness::name_of(phase));
  }
  return text;
}

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

/// What a rule looks for, in a few words.
struct CheckText {
  std::string operator()(const harness::PatternCheck& check) const { return counted(check.patterns.size(), "pattern"); }
  std::string operator()(const harness::KeywordCheck& check) const { return counted(check.keywords.size(), "keyword"); }
  std::string operator()(const harness::SchemaCheck&) const { return "a JSON schema"; }
  std::string operator()(const harness::SizeCheck& check) const { return "at most " + size_text(check.bytes_max); }
  std::string operator()(const harness::ClassifierCheck& check) const {
    return "asks " + check.model.str() + ": " + quoted_text(check.question);
  }
  std::string operator()(const harness::CodeCheck& check) const { return check.gate->version(); }
  std::string operator()(const harness::RateCheck& check) const {
    return "at most " + counted(check.calls_max, "call") +
           (check.window_ms == 0 ? " a run" : " in " + duration_text(check.window_ms * 1'000));
  }
  std::string operator()(const harness::CallCheck& check) const {
    std::string text;
    const auto add = [&text](const char* kind, const harness::AllowDeny& lists) {
      if (!lists.is_empty()) {
        text.append(text.empty() ? "" : ", ").append(kind);
      }
    };
    add("tools", check.tools);
    add("paths", check.paths);
    add("hosts", check.hosts);
    add("commands", check.commands);
    return text;
  }
};

Result<SafetyPolicy> rules_to_list(const CommandContext& context) {
  if (!context.invocation.arguments.empty()) {
    return read_gate_rules(context.invocation.arguments.front());
  }
  auto configuration = load_configuration(context);
  if (!configuration) {
    return std::unexpected(std::move(configuration.error()));
  }
  return gate_rules_in_force(context.invocation, *configuration);
}

/// The runs that a trial is of.
struct Chosen {
  std::optional<harness::RunId> run;
  harness::RunFilter filter;
  std::uint64_t limit = UINT64_MAX;
};

std::unexpected<harness::Error> refuse(const std::string& what) {
  return fail(RuntimeErrorCode::invalid_argument,
              "--runs " + what + "; a run, or any of status=STATUS,session=ID,limit=N is allowed", "--runs");
}

Result<void> narrow(Chosen& chosen, StoreReader& store, std::string_view key, std::string_view value) {
  if (key == "status") {
    for (const auto status : {harness::RunStatus::active, harness::RunStatus::completed, harness::RunStatus::failed,
                              harness::RunStatus::aborted}) {
      if (value == word_of(status)) {
        chosen.filter.status = status;
        return {};
      }
    }
    return refuse("has the status " + quoted_text(std::string(value)) +
                  ", which is none of active, completed, failed, aborted");
  }
  if (key == "session") {
    auto session = find_session(store, std::string(value));
    if (!session) {
      return std::unexpected(std::move(session.error()));
    }
    chosen.filter.session_id = *session;
    return {};
  }
  if (key == "limit") {
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), chosen.limit);
    if (failed == std::errc() && end == value.data() + value.size() && chosen.limit > 0) {
      return {};
    }
    return refuse("has limit=" + std::string(value) + ", which is no number from 1 on");
  }
  return refuse("has the unknown key " + quoted_text(std::string(key)));
}

Result<Chosen> choose(StoreReader& store, const std::optional<std::string>& filter) {
  Chosen chosen;
  if (!filter || *filter == "all") {
    return chosen;
  }
  if (filter->find('=') == std::string::npos) {
    auto run = find_run(store, *filter);
    if (!run) {
      return std::unexpected(std::move(run.error()));
    }
    chosen.run = *run;
    return chosen;
  }
  std::string_view rest = *filter;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return refuse("has " + quoted_text(std::string(part)) + " without a value");
    }
    if (auto done = narrow(chosen, store, part.substr(0, equals), part.substr(equals + 1)); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  return chosen;
}

Result<GateTrial> try_run(StoreReader& store, const harness::codec::RuleSet& rules, const harness::RunId& run_id) {
  GateTrial trial(rules);
  std::uint64_t after_seq = 0;
  for (;;) {
    auto page = store.events(run_id, after_seq);
    if (!page) {
      return std::unexpected(std::move(page.error()));
    }
    if (page->empty()) {
      return trial;
    }
    for (const StoredEvent& stored : *page) {
      trial.add(stored.event);
      after_seq = stored.event.meta.seq;
    }
  }
}

std::string what_of(const TriedStep& step) {
  return step.tool.empty() ? std::string(harness::name_of(step.phase)) : "tool " + step.tool;
}

std::string sum_text(const GateTrial::Cost& cost) {
  if (cost.is_whole) {
    return cost_text(cost.micro_usd);
  }
  return cost.micro_usd == 0 ? "an unknown amount" : "at least " + cost_text(cost.micro_usd);
}

/// What a trial of many runs adds up to, and its rows.
class Report {
 public:
  explicit Report(CommandContext& context) : context_(context), is_json_(context.invocation.has("--json")) {}

  void add(const RunSummary& run, const GateTrial& trial) {
    ++runs_;
    judged_ += trial.judged();
    if (trial.steps().empty()) {
      return;
    }
    ++denied_runs_;
    ended_runs_ += trial.end_seq() ? 1 : 0;
    add_cost(cost_, trial.cost());
    add_cost(saved_, trial.saved());
    for (const TriedStep& step : trial.steps()) {
      for (const GateVerdict& verdict : step.objections) {
        add(run, step, verdict);
      }
    }
    steps_ += trial.steps().size();
  }

  void finish() {
    if (is_json_) {
      context_.out.write(json_line(boost::json::object{{"type", "summary"},
                                                       {"runs", runs_},
                                                       {"steps", judged_},
                                                       {"runs_with_objections", denied_runs_},
                                                       {"steps_with_objections", steps_},
                                                       {"runs_ended", ended_runs_},
                                                       {"cost_micro_usd", json_of(cost_)},
                                                       {"cost_micro_usd_known", cost_.micro_usd},
                                                       {"saved_micro_usd", json_of(saved_)},
                                                       {"saved_micro_usd_known", saved_.micro_usd}}));
    } else {
      context_.out.write(table_.text(context_.terminal.out_is_terminal ? context_.terminal.columns : 1'000));
    }
    context_.notes.note("tried on " + counted(judged_, "step") + " of " + counted(runs_, "run") + ": " +
                        (steps_ == 0 ? "nothing would have been denied"
                                     : counted(steps_, "step") + " of " + counted(denied_runs_, "run") +
                                           " would have been denied, and " + counted(ended_runs_, "run") +
                                           " ended there; these runs cost " + sum_text(cost_) + ", of which " +
                                           sum_text(saved_) + " was asked for after the end"));
  }

 private:
  void add(const RunSummary& run, const TriedStep& step, const GateVerdict& verdict) {
    if (!is_json_) {
      table_.add({run.run_id.str(), std::to_string(step.seq), verdict.gate, std::string(harness::name_of(verdict.mode)),
                  what_of(step), verdict.reason});
      return;
    }
    boost::json::object object{{"type", "objection"},
                               {"run_id", run.run_id.str()},
                               {"seq", step.seq},
                               {"rule", verdict.gate},
                               {"mode", harness::name_of(verdict.mode)},
                               {"phase", harness::name_of(step.phase)},
                               {"action", harness::name_of(verdict.action)},
                               {"reason", verdict.reason}};
    if (!step.tool.empty()) {
      object.emplace("tool", step.tool);
    }
    if (verdict.error) {
      object.emplace("error", verdict.error->code);
    }
    context_.out.write(json_line(object));
  }
  static void add_cost(GateTrial::Cost& sum, const GateTrial::Cost& part) {
    sum.micro_usd += part.micro_usd;
    sum.is_whole = sum.is_whole && part.is_whole;
  }
  static boost::json::value json_of(const GateTrial::Cost& cost) {
    return cost.is_whole ? boost::json::value(cost.micro_usd) : boost::json::value();
  }

  CommandContext& context_;
  const bool is_json_;
  Table table_{{"RUN", "SEQ", "RULE", "MODE", "STEP", "WHY"}};
  std::uint64_t runs_ = 0;
  std::uint64_t judged_ = 0;
  std::uint64_t denied_runs_ = 0;
  std::uint64_t ended_runs_ = 0;
  std::uint64_t steps_ = 0;
  GateTrial::Cost cost_;
  GateTrial::Cost saved_;
};

}  // namespace

ExitStatus gates_validate_command(CommandContext& context) {
  const std::string& path = context.invocation.arguments.front();
  const auto policy = read_gate_rules(path);
  if (!policy) {
    return report(context, policy.error());
  }
  context.out.write(path + ": " + counted(policy->rules.size(), "rule") + ", nothing wrong\n");
  return ExitStatus::done;
}

ExitStatus gates_list_command(CommandContext& context) {
  const auto policy = rules_to_list(context);
  if (!policy) {
    return report(context, policy.error());
  }
  if (policy->rules.empty()) {
    context.notes.note("no rules are in force: --gates FILE or safety.rules names a file of them");
  }
  Table table({"RULE", "ON", "MODE", "ACTION", "FAILS", "CHECKS"});
  for (const GateRule& rule : policy->rules) {
    const std::string check = std::visit(CheckText(), rule.check);
    if (!context.invocation.has("--json")) {
      table.add({rule.name, phases_of(rule), std::string(harness::name_of(rule.mode)),
                 std::string(harness::name_of(rule.action)), std::string(harness::name_of(rule.on_failure)), check});
      continue;
    }
    boost::json::array phases;
    for (const harness::GatePhase phase : rule.phases) {
      phases.emplace_back(harness::name_of(phase));
    }
    context.out.write(json_line(boost::json::object{{"name", rule.name},
                                                    {"on", phases},
                                                    {"mode", harness::name_of(rule.mode)},
                                                    {"action", harness::name_of(rule.action)},
                                                    {"on_failure", harness::name_of(rule.on_failure)},
                                                    {"checks", check}}));
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  return ExitStatus::done;
}

ExitStatus gates_try_command(CommandContext& context) {
  auto policy = read_gate_rules(context.invocation.arguments.front());
  if (!policy) {
    return report(context, policy.error());
  }
  auto rules = harness::codec::RuleSet::compile(*std::move(policy));
  if (!rules) {
    return report(context, rules.error());
  }
  for (const GateRule& rule : rules->policy().rules) {
    if (std::holds_alternative<harness::ClassifierCheck>(rule.check)) {
      context.notes.note("the rule " + quoted_text(rule.name) + " is left out: a trial calls no model");
    }
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto chosen = choose(*store, context.invocation.value("--runs"));
  if (!chosen) {
    return report(context, chosen.error());
  }
  Report result(context);
  std::optional<harness::Error> failure;
  std::uint64_t left = chosen->limit;
  const auto visit = [&](const RunSummary& run) {
    auto trial = try_run(*store, *rules, run.run_id);
    if (!trial && trial.error().code == harness::name_of(RuntimeErrorCode::journal_damaged) && !chosen->run) {
      context.notes.note(run.run_id.str() + " is left out: " + trial.error().message);
      return true;
    }
    if (!trial) {
      failure = std::move(trial.error());
      return false;
    }
    result.add(run, *trial);
    return --left > 0 && !context.out.is_closed();
  };
  if (chosen->run) {
    auto run = store->summary(*chosen->run);
    if (!run) {
      return report(context, run.error());
    }
    visit(*run);
  } else if (auto scanned = scan_runs(*store, chosen->filter, visit); !scanned) {
    failure = std::move(scanned.error());
  }
  if (failure) {
    return report(context, *failure);
  }
  result.finish();
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
