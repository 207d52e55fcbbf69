// SPDX-License-Identifier: Apache-2.0
// `orchestrator fork`

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/fork_restore.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/redaction_choice.hpp"
#include "cli/commands/run_drive.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/input/input_file.hpp"
#include "cli/input/prompt.hpp"
#include "cli/store/open_questions.hpp"
#include "cli/store/run_point.hpp"
#include "cli/store/run_reference.hpp"
#include "event/erasure.hpp"

namespace orchestrator::cli {
namespace {

using harness::Error;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::StreamEvent;

std::unexpected<Error> refuse(const std::string& flag, const std::string& why) {
  return fail(RuntimeErrorCode::invalid_argument, flag + " " + why, flag);
}

/// What stands before and behind `sign`, the place of a `=`.
Result<std::pair<std::string, std::string>> split(const std::string& flag, const std::string& text, std::size_t sign,
                                                  const std::string& form) {
  if (sign == std::string::npos || sign == 0) {
    return refuse(flag, "is " + quoted_text(text) + "; it takes " + form);
  }
  return std::pair(text.substr(0, sign), text.substr(sign + 1));
}

Result<void> read_results(const Invocation& invocation, harness::ForkOptions& options) {
  for (const std::string& text : invocation.values("--tool-result")) {
    auto pair = split("--tool-result", text, text.find('='), "CALL=JSON");
    if (!pair) {
      return std::unexpected(std::move(pair.error()));
    }
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(pair->second, error);
    if (error) {
      return refuse("--tool-result", "has no JSON after '" + pair->first + "=': " + error.message());
    }
    harness::SubstitutedResult result;
    result.call_id = pair->first;
    if (value.is_string()) {
      result.result.emplace_back(harness::TextPart{std::string(value.get_string())});
    } else {
      result.result.emplace_back(harness::JsonPart{{boost::json::serialize(value)}});
    }
    options.tool_results.push_back(std::move(result));
  }
  for (const std::string& text : invocation.values("--gate")) {
    auto pair = split("--gate", text, text.rfind('='), "RULE=pass or RULE=deny");
    if (!pair) {
      return std::unexpected(std::move(pair.error()));
    }
    if (pair->second != "pass" && pair->second != "deny") {
      return refuse("--gate", "is " + quoted_text(text) + "; it takes RULE=pass or RULE=deny");
    }
    options.gate_decisions.push_back({pair->first, pair->second == "pass"});
  }
  return {};
}

Result<void> read_texts(const Invocation& invocation, harness::ForkOptions& options) {
  options.model = invocation.value("--model");
  options.fallbacks = invocation.values("--fallback");
  if (!options.model && !options.fallbacks.empty()) {
    return refuse("--fallback", "goes with --model: a plan of its own");
  }
  options.system = invocation.value("--system");
  options.hints = invocation.values("--hint");
  for (const std::string& hint : options.hints) {
    if (auto checked = check_text(hint, "--hint"); !checked) {
      return checked;
    }
  }
  if (const auto prompt = invocation.value("--prompt"); prompt) {
    if (auto checked = check_text(*prompt, "--prompt"); !checked) {
      return checked;
    }
    options.input.emplace().emplace_back(harness::TextPart{*prompt});
  }
  for (const std::string& text : invocation.values("--label")) {
    auto pair = split("--label", text, text.find('='), "KEY=VALUE");
    if (!pair) {
      return std::unexpected(std::move(pair.error()));
    }
    options.labels.push_back(*std::move(pair));
  }
  return {};
}

/// What flags say counts, and what they leave is as the run has it.
Result<void> read_settings(const Invocation& invocation, const Configuration& configuration,
                           const StreamEvent::RunStarted& source, harness::ForkOptions& options) {
  auto asked = make_run_request(invocation, configuration);
  if (!asked) {
    return std::unexpected(std::move(asked.error()));
  }
  harness::GenerationSettings settings = source.settings;
  for (const std::string& text : invocation.values("--set")) {
    auto pair = split("--set", text, text.find('='), "KEY=VALUE");
    auto done = pair ? harness::set_by_name(settings, pair->first, pair->second)
                     : Result<void>(std::unexpected(std::move(pair.error())));
    if (!done) {
      return done;
    }
  }
  if (asked->settings.max_output_tokens && invocation.has("--max-output-tokens")) {
    settings.max_output_tokens = asked->settings.max_output_tokens;
  }
  if (invocation.has("--output-schema")) {
    settings.output_schema = asked->settings.output_schema;
  }
  options.settings = std::move(settings);
  harness::Budgets budgets = source.budgets;
  if (invocation.has("--max-turns")) {
    budgets.turns = asked->budgets.turns;
  }
  if (invocation.has("--budget-usd")) {
    budgets.cost_micro_usd = asked->budgets.cost_micro_usd;
  }
  budgets.allow_unpriced = budgets.allow_unpriced || invocation.has("--allow-unpriced");
  options.budgets = budgets;
  if (invocation.has("--approve")) {
    options.approval = asked->tools.policy.approval;
  }
  if (invocation.has("--timeout")) {
    options.run_timeout_ms = asked->timeouts.run_ms;
  }
  options.workspace = invocation.value("--workspace");
  return {};
}

Result<harness::ForkOptions> options_of(const Invocation& invocation, const Configuration& configuration,
                                        StoreReader& store, const harness::RunId& run_id) {
  harness::ForkOptions options;
  auto page = store.events(run_id, 0);
  if (!page) {
    return std::unexpected(std::move(page.error()));
  }
  const auto* started = page->empty() ? nullptr : page->front().event.get_if<StreamEvent::RunStarted>();
  if (!page->empty() && harness::event::is_erased(page->front().event)) {
    return harness::event::fail_erased(run_id, "it cannot be forked");
  }
  if (started == nullptr) {
    return fail(RuntimeErrorCode::journal_damaged, "the run has no first event", run_id.str());
  }
  if (const auto at = invocation.value("--at"); at) {
    auto seq = find_point(store, run_id, "--at", *at);
    if (!seq) {
      return std::unexpected(std::move(seq.error()));
    }
    options.at_seq = *seq;
  }
  Result<void> done = read_texts(invocation, options);
  done = done ? read_results(invocation, options) : done;
  done = done ? read_settings(invocation, configuration, *started, options) : done;
  if (!done) {
    return std::unexpected(std::move(done.error()));
  }
  return options;
}

/// What can be done instead, and what has been done already.
void tell_of_refusal(CommandContext& context, const Error& error, StoreReader& store, const harness::RunId& run_id,
                     const std::optional<harness::RunId>& undo) {
  const bool is_at_end = error.at == "at_seq" && error.code == harness::name_of(RuntimeErrorCode::precondition_failed);
  if (const auto run = store.summary(run_id); run && is_at_end) {
    context.notes.note("a message that goes on from there: orchestrator fork " + run_id.str() +
                       " --hint TEXT, or in the session of the run: orchestrator run --session " +
                       run->session_id.str() + " TEXT");
  }
  if (undo) {
    context.notes.note("files were put back before that; that is taken back with: orchestrator undo " + undo->str());
  }
}

}  // namespace

ExitStatus fork_command(CommandContext& context) {
  if (auto checked = check_restore_flags(context); !checked) {
    return report(context, checked.error());
  }
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto run_id = find_run(*store, context.invocation.arguments.front());
  if (!run_id) {
    return report(context, run_id.error());
  }
  auto options = options_of(context.invocation, *configuration, *store, *run_id);
  if (!options) {
    return report(context, options.error());
  }
  options->by = control_by();
  options->trust_imported = context.invocation.has("--trust-imported");
  auto calls = read_calls_at(*store, *run_id, options->at_seq);
  if (!calls) {
    return report(context, calls.error());
  }
  auto harness = make_harness(context, *configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  const auto restored = restore_workspace(context, *harness, *run_id, options->at_seq);
  if (!restored) {
    return restored.error();
  }
  StopSignals signals(harness->executor(), context.notes);
  const DriveOptions drive{harness->executor(),
                           configuration->folders(),
                           false,
                           is_lasting(*configuration),
                           calls->tools_of_calls(),
                           *calls,
                           display_vault(context, *configuration)};
  auto fork = harness->fork(*run_id, *std::move(options));
  const auto refusal = fork ? std::nullopt : std::optional(fork.error());
  const ExitStatus status = drive_run(context, std::move(fork), signals, drive);
  if (refusal) {
    tell_of_refusal(context, *refusal, *store, *run_id, *restored);
  }
  return status;
}

}  // namespace orchestrator::cli
