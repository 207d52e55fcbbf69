// SPDX-License-Identifier: Apache-2.0
// `orchestrator fork`

#include <boost/json.hpp>
#include <charconv>
#include <functional>
#include <map>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/redaction_choice.hpp"
#include "cli/commands/run_drive.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/input/input_file.hpp"
#include "cli/input/prompt.hpp"
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

/// Hands every event of a run to `see`, in order.
Result<void> for_each_event(StoreReader& store, const harness::RunId& run_id,
                            const std::function<void(const StreamEvent&)>& see) {
  std::uint64_t after = 0;
  for (;;) {
    auto page = store.events(run_id, after);
    if (!page) {
      return std::unexpected(std::move(page.error()));
    }
    if (page->empty()) {
      return {};
    }
    for (const StoredEvent& stored : *page) {
      see(stored.event);
    }
    after = page->back().event.meta.seq;
  }
}

/// The last event that has this label.
Result<std::uint64_t> seq_of_label(StoreReader& store, const harness::RunId& run_id, const std::string& label) {
  std::uint64_t found = 0;
  auto read = for_each_event(store, run_id, [&](const StreamEvent& event) {
    const auto* checkpoint = event.get_if<StreamEvent::CheckpointCreated>();
    if (checkpoint != nullptr && checkpoint->label == label) {
      found = event.meta.seq;
    }
  });
  if (!read) {
    return std::unexpected(std::move(read.error()));
  }
  if (found == 0) {
    return refuse("--at", "is " + quoted_text(label) + ", which is neither an event's number nor a checkpoint's label");
  }
  return found;
}

/// The tools of the calls that the fork may end, by call id.
Result<std::map<std::string, std::string>> tools_of_calls(StoreReader& store, const harness::RunId& run_id) {
  std::map<std::string, std::string> tools;
  auto read = for_each_event(store, run_id, [&](const StreamEvent& event) {
    if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>(); requested != nullptr) {
      tools[requested->call_id] = requested->tool;
    }
  });
  if (!read) {
    return std::unexpected(std::move(read.error()));
  }
  return tools;
}

Result<std::uint64_t> point_of(const Invocation& invocation, StoreReader& store, const harness::RunId& run_id) {
  const auto text = invocation.value("--at");
  if (!text) {
    return 0;
  }
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seq);
  if (error != std::errc{} || end != text->data() + text->size()) {
    return seq_of_label(store, run_id, *text);
  }
  if (seq == 0) {
    return refuse("--at", "is 0; the first event is 1");
  }
  return seq;
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
  auto seq = point_of(invocation, store, run_id);
  if (!seq) {
    return std::unexpected(std::move(seq.error()));
  }
  options.at_seq = *seq;
  Result<void> done = read_texts(invocation, options);
  done = done ? read_results(invocation, options) : done;
  done = done ? read_settings(invocation, configuration, *started, options) : done;
  if (!done) {
    return std::unexpected(std::move(done.error()));
  }
  return options;
}

}  // namespace

ExitStatus fork_command(CommandContext& context) {
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
  auto tools = tools_of_calls(*store, *run_id);
  if (!tools) {
    return report(context, tools.error());
  }
  auto harness = make_harness(context, *configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  StopSignals signals(harness->executor(), context.notes);
  const DriveOptions drive{harness->executor(),
                           configuration->folders(),
                           false,
                           is_lasting(*configuration),
                           *std::move(tools),
                           {},
                           display_vault(context, *configuration)};
  return drive_run(context, harness->fork(*run_id, *std::move(options)), signals, drive);
}

}  // namespace orchestrator::cli
