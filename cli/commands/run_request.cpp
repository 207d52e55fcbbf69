// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run_request.hpp"

#include <limits>

#include "cli/configuration/quantity.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/input/input_file.hpp"
#include "cli/input/prompt.hpp"

namespace orchestrator::cli {
namespace {

using harness::Error;
using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kTurnsMost = 1'000;
constexpr std::uint64_t kAttemptsMost = 20;
constexpr std::uint64_t kRecallMost = 100;

std::unexpected<Error> refuse(const std::string& flag, const std::string& why) {
  return fail(RuntimeErrorCode::invalid_argument, flag + " " + why, flag);
}

/// `KEY=VALUE` in two; the key is never empty.
Result<std::pair<std::string, std::string>> split_pair(const std::string& flag, const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos || sign == 0) {
    return refuse(flag, "is " + quoted_text(text) + "; it takes KEY=VALUE");
  }
  return std::pair(text.substr(0, sign), text.substr(sign + 1));
}

Result<void> read_settings(const Invocation& invocation, RunRequest& request) {
  for (const std::string& text : invocation.values("--set")) {
    auto pair = split_pair("--set", text);
    if (!pair) {
      return std::unexpected(std::move(pair.error()));
    }
    if (auto done = harness::set_by_name(request.settings, pair->first, pair->second); !done) {
      return refuse("--set", pair->first + ": " + done.error().message);
    }
  }
  if (const auto tokens = invocation.value("--max-output-tokens"); tokens) {
    const auto count = parse_count(*tokens, 1, std::numeric_limits<std::uint32_t>::max());
    if (!count) {
      return refuse("--max-output-tokens", count.error());
    }
    request.settings.max_output_tokens = static_cast<std::uint32_t>(*count);
  }
  if (const auto path = invocation.value("--output-schema"); path) {
    auto schema = read_output_schema(*path);
    if (!schema) {
      return std::unexpected(std::move(schema.error()));
    }
    request.settings.output_schema = *std::move(schema);
  }
  return {};
}

Result<void> read_bounds(const Invocation& invocation, RunRequest& request) {
  if (const auto turns = invocation.value("--max-turns"); turns) {
    const auto count = parse_count(*turns, 1, kTurnsMost);
    if (!count) {
      return refuse("--max-turns", count.error());
    }
    request.budgets.turns = static_cast<std::uint32_t>(*count);
  }
  if (const auto usd = invocation.value("--budget-usd"); usd) {
    const auto micro_usd = parse_usd_micro(*usd);
    if (!micro_usd) {
      return refuse("--budget-usd", micro_usd.error());
    }
    request.budgets.cost_micro_usd = *micro_usd;
  }
  if (const auto attempts = invocation.value("--attempts"); attempts) {
    const auto count = parse_count(*attempts, 1, kAttemptsMost);
    if (!count) {
      return refuse("--attempts", count.error());
    }
    request.retries.attempts_max = static_cast<std::uint32_t>(*count);
  }
  if (const auto tokens = invocation.value("--context-tokens"); tokens) {
    const auto count = parse_count(*tokens, 1, std::numeric_limits<std::int64_t>::max());
    if (!count) {
      return refuse("--context-tokens", count.error());
    }
    request.context.tokens_max = *count;
  }
  request.budgets.allow_unpriced = invocation.has("--allow-unpriced");
  return {};
}

Result<void> read_plan(const Invocation& invocation, const Configuration& configuration, RunRequest& request) {
  request.fallbacks = invocation.values("--fallback");
  const Setting* configured = configuration.find("fallbacks");
  if (request.fallbacks.empty() && configured != nullptr && !invocation.value("--model")) {
    request.fallbacks = std::get<std::vector<std::string>>(configured->value);
  }
  for (const std::string& name : request.fallbacks) {
    if (auto model = harness::ModelRef::parse(name); !model) {
      return refuse("--fallback", "is wrong: " + model.error().message);
    }
  }
  return {};
}

Result<void> read_texts(const Invocation& invocation, RunRequest& request) {
  request.system = invocation.value("--system").value_or("");
  request.hints = invocation.values("--hint");
  for (const std::string& hint : request.hints) {
    if (auto checked = check_text(hint, "--hint"); !checked) {
      return checked;
    }
  }
  for (const std::string& text : invocation.values("--label")) {
    auto pair = split_pair("--label", text);
    if (!pair) {
      return std::unexpected(std::move(pair.error()));
    }
    request.labels.push_back(*std::move(pair));
  }
  for (const std::string& text : invocation.values("--pin")) {
    auto pair = split_pair("--pin", text);
    if (!pair) {
      return std::unexpected(std::move(pair.error()));
    }
    request.pins.push_back(*std::move(pair));
  }
  request.unpins = invocation.values("--unpin");
  for (const std::string& path : invocation.values("--file")) {
    auto part = read_input_file(path, request.limits.input_bytes);
    if (!part) {
      return std::unexpected(std::move(part.error()));
    }
    request.files.push_back(*std::move(part));
  }
  return {};
}

}  // namespace

Result<harness::MemoryPolicy> memory_policy(const Invocation& invocation, const Configuration& configuration) {
  harness::MemoryPolicy policy = configuration.memory();
  if (const auto text = invocation.value("--recall"); text) {
    const auto count = parse_count(*text, 0, kRecallMost);
    if (!count) {
      return refuse("--recall", count.error());
    }
    policy.recall_max = static_cast<std::uint32_t>(*count);
  }
  policy.keep_run = policy.keep_run || invocation.has("--keep-run");
  return policy;
}

Result<RunRequest> make_run_request(const Invocation& invocation, const Configuration& configuration) {
  RunRequest request;
  request.model = configuration.text("model");
  request.timeouts = configuration.timeouts();
  request.retries = configuration.retries();
  request.context = configuration.context();
  auto memory = memory_policy(invocation, configuration);
  if (!memory) {
    return std::unexpected(std::move(memory.error()));
  }
  request.memory = *std::move(memory);
  request.limits = configuration.limits();
  request.remember = !invocation.has("--no-remember");
  request.on_unsupported =
      invocation.has("--drop-unsupported") ? harness::OnUnsupported::drop : harness::OnUnsupported::refuse;
  Result<void> done = read_settings(invocation, request);
  done = done ? read_bounds(invocation, request) : done;
  done = done ? read_plan(invocation, configuration, request) : done;
  done = done ? read_texts(invocation, request) : done;
  if (!done) {
    return std::unexpected(std::move(done.error()));
  }
  auto tools = choose_tools(invocation, configuration);
  if (!tools) {
    return std::unexpected(std::move(tools.error()));
  }
  request.tools = *std::move(tools);
  return request;
}

harness::RunBuilder build_run(const RunRequest& request, const harness::Session& session, std::string prompt) {
  std::vector<harness::ContentPart> parts = request.files;
  parts.emplace_back(harness::TextPart{std::move(prompt)});
  harness::RunBuilder builder = session.run(std::move(parts));
  if (request.model) {
    builder.model(*request.model);
  }
  builder.on_unsupported(request.on_unsupported)
      .system(request.system)
      .settings(request.settings)
      .budgets(request.budgets)
      .timeouts(request.timeouts)
      .retries(request.retries)
      .context(request.context)
      .memory(request.memory)
      .limits(request.limits)
      .remember(request.remember)
      .tools(request.tools.names)
      .tool_policy(request.tools.policy);
  if (!request.tools.workspace.empty()) {
    builder.workspace(request.tools.workspace);
  }
  for (const std::string& name : request.fallbacks) {
    builder.fallback(name);
  }
  for (const std::string& name : request.unpins) {
    builder.unpin(name);
  }
  for (const auto& [name, text] : request.pins) {
    builder.pin(name, text);
  }
  for (const std::string& hint : request.hints) {
    builder.hint(hint);
  }
  for (const auto& [key, value] : request.labels) {
    builder.label(key, value);
  }
  return builder;
}

}  // namespace orchestrator::cli
