// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/config_key.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "cli/configuration/quantity.hpp"
#include "cli/display/quoted_text.hpp"
#include "event/nearest_name.hpp"
#include "journal/postgres_address.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::cli {
namespace {

using Checked = std::expected<ConfigValue, std::string>;

constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t k63 = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kAnyProvider = "NAME";

constexpr ConfigKey bound(std::string_view name, std::uint64_t most) {
  return {.name = name, .type = ValueType::count, .in_project = true, .least = 1, .most = most};
}
constexpr ConfigKey bytes(std::string_view name, std::uint64_t most) {
  return {.name = name, .type = ValueType::size, .in_project = true, .least = 1, .most = most};
}
constexpr ConfigKey duration(std::string_view name) {
  return {.name = name, .type = ValueType::duration, .in_project = true};
}

constexpr ConfigKey duration_of_user(std::string_view name) { return {.name = name, .type = ValueType::duration}; }

constexpr auto kKeys = std::to_array<ConfigKey>({
    {.name = "model", .type = ValueType::model, .in_project = true},
    {.name = "store", .type = ValueType::store, .in_project = true, .variable = "ORCHESTRATOR_STORE"},
    {.name = "tools", .type = ValueType::texts},
    {.name = "workspace", .type = ValueType::text},
    {.name = "approve", .type = ValueType::choice, .choices = "never ask always"},
    {.name = "sandbox.command_network", .type = ValueType::choice, .choices = "require grant"},
    {.name = "sandbox.fetch_hosts", .type = ValueType::texts},
    {.name = "sandbox.protected_paths", .type = ValueType::texts},
    {.name = "memory.store", .type = ValueType::text, .variable = "ORCHESTRATOR_MEMORY"},
    {.name = "memory.user", .type = ValueType::text},
    {.name = "safety.injection",
     .type = ValueType::choice,
     .choices = "off mark strict",
     .variable = "ORCHESTRATOR_INJECTION"},
    {.name = "safety.rules", .type = ValueType::text, .variable = "ORCHESTRATOR_GATES"},
    {.name = "safety.redact",
     .type = ValueType::choice,
     .choices = "none keys full reversible",
     .variable = "ORCHESTRATOR_REDACT"},
    {.name = "safety.redact_names", .type = ValueType::texts},
    {.name = "memory.recall", .type = ValueType::count, .least = 0, .most = 100},
    {.name = "memory.recall_tokens", .type = ValueType::count, .least = 1, .most = 100'000},
    duration_of_user("memory.timeout"),
    {.name = "memory.keep_runs", .type = ValueType::choice, .choices = "no yes"},
    {.name = "memory.embeddings", .type = ValueType::model, .variable = "ORCHESTRATOR_MEMORY_EMBEDDINGS"},
    {.name = "log.level", .type = ValueType::text, .in_project = true, .variable = "ORCHESTRATOR_LOG"},
    {.name = "log.format",
     .type = ValueType::choice,
     .in_project = true,
     .choices = "console jsonl",
     .variable = "ORCHESTRATOR_LOG_FORMAT"},
    {.name = "log.file", .type = ValueType::text, .in_project = true, .variable = "ORCHESTRATOR_LOG_FILE"},
    duration("timeouts.connect"),
    duration("timeouts.first_byte"),
    duration("timeouts.first_token"),
    duration("timeouts.idle"),
    duration("timeouts.turn"),
    duration("timeouts.run"),
    duration("timeouts.approval"),
    {.name = "retry.attempts", .type = ValueType::count, .in_project = true, .least = 1, .most = 20},
    duration("retry.delay"),
    duration("retry.delay_max"),
    duration("retry.retry_after_max"),
    {.name = "retry.after_output", .type = ValueType::choice, .in_project = true, .choices = "fail restart continue"},
    {.name = "retry.burst", .type = ValueType::count, .in_project = true, .most = k32},
    {.name = "retry.per_minute", .type = ValueType::count, .in_project = true, .most = k32},
    {.name = "circuit.failures", .type = ValueType::count, .in_project = true, .most = k32},
    duration("circuit.open"),
    {.name = "fallbacks", .type = ValueType::texts, .in_project = true},
    {.name = "catalogue", .type = ValueType::text},
    {.name = "context.tokens", .type = ValueType::count, .in_project = true, .least = 1, .most = k63},
    {.name = "context.window_turns", .type = ValueType::count, .in_project = true, .most = k32},
    {.name = "context.fill_percent", .type = ValueType::count, .in_project = true, .least = 10, .most = 100},
    {.name = "context.recent_turns", .type = ValueType::count, .in_project = true, .least = 1, .most = k32},
    {.name = "context.when_full", .type = ValueType::choice, .in_project = true, .choices = "trim extract summarise"},
    {.name = "context.summary_tokens", .type = ValueType::count, .in_project = true, .least = 50, .most = k32},
    bound("history.turns", k32),
    bound("history.tokens", k63),
    bytes("history.bytes", k63),
    bound("limits.turns", k32),
    bound("limits.run_events", k63),
    bytes("limits.run_bytes", k63),
    bound("limits.input_parts", k32),
    bytes("limits.input_bytes", k63),
    bytes("limits.stream_bytes", k63),
    bound("limits.stream_items", k32),
    bound("limits.tool_calls_per_turn", k32),
    bound("limits.hints_queued", k32),
    bytes("limits.hint_bytes", k63),
    bytes("limits.checkpoint_label_bytes", k63),
    bytes("limits.journal_backlog_bytes", k63),
    bytes("limits.event_tail_bytes", k63),
    bound("limits.json_depth", 1'000),
    {.name = "providers.NAME.kind", .type = ValueType::choice, .choices = "chat responses"},
    {.name = "providers.NAME.base_url", .type = ValueType::text},
    {.name = "providers.NAME.api_key_env", .type = ValueType::text},
    {.name = "providers.NAME.api_key_file", .type = ValueType::text},
    {.name = "providers.NAME.models", .type = ValueType::texts},
});

/// `providers.x.kind` as `providers.NAME.kind`; every other name as it is.
std::string generic(std::string_view name) {
  constexpr std::string_view prefix = "providers.";
  const std::size_t dot = name.rfind('.');
  if (!name.starts_with(prefix) || dot < prefix.size()) {
    return std::string(name);
  }
  return std::string(prefix).append(kAnyProvider).append(name.substr(dot));
}

Checked as_value(std::expected<std::uint64_t, std::string> number) {
  if (!number) {
    return std::unexpected(std::move(number.error()));
  }
  return ConfigValue(static_cast<std::int64_t>(*number));
}

Checked wrong_type(const ConfigValue& value, std::string_view wanted) {
  constexpr auto names =
      std::to_array<std::string_view>({"a text", "a whole number", "a number", "a truth value", "a list"});
  return std::unexpected("is " + std::string(names.at(value.index())) + "; it must be " + std::string(wanted));
}

Checked check_number(const ConfigKey& key, const ConfigValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr) {
    return as_value(parse_count(std::to_string(*number), key.least, key.most));
  }
  const auto* text = std::get_if<std::string>(&value);
  if (key.type != ValueType::size || text == nullptr) {
    return wrong_type(value, key.type == ValueType::size ? "a size such as \"16MiB\"" : "a whole number");
  }
  const auto size = parse_size_bytes(*text);
  if (!size) {
    return std::unexpected(size.error());
  }
  return as_value(parse_count(std::to_string(*size), key.least, key.most));
}

Checked check_store(const std::string& text) {
  const std::string allowed = "; allowed: jsonl:DIR, sqlite:FILE, memory:, postgres://USER@HOST/DATABASE";
  if (text == "jsonl:") {
    return std::unexpected("is 'jsonl:', which names no folder" + allowed);
  }
  if (text == "sqlite:") {
    return std::unexpected("is 'sqlite:', which names no file" + allowed);
  }
  const bool is_known = text.starts_with("jsonl:") || text.starts_with("sqlite:") || text == "memory:";
  if (!is_known && !harness::journal::is_postgres_url(text)) {
    return std::unexpected("is " + quoted_text(harness::journal::without_passwords(text)) + allowed);
  }
  return ConfigValue(text);
}

Checked check_text(const ConfigKey& key, const std::string& text) {
  if (text.empty()) {
    return std::unexpected("is empty");
  }
  switch (key.type) {
    case ValueType::duration:
      return as_value(parse_duration_ms(text));
    case ValueType::model:
      if (auto model = harness::ModelRef::parse(text); !model) {
        return std::unexpected("is wrong: " + model.error().message);
      }
      return ConfigValue(text);
    case ValueType::store:
      return check_store(text);
    case ValueType::choice: {
      const std::string padded = " " + std::string(key.choices) + " ";
      if (text.find(' ') != std::string::npos || padded.find(" " + text + " ") == std::string::npos) {
        std::string allowed(key.choices);
        for (std::size_t space = allowed.find(' '); space != std::string::npos; space = allowed.find(' ', space + 2)) {
          allowed.insert(space, ",");
        }
        return std::unexpected("is " + quoted_text(text) + "; allowed: " + allowed);
      }
      return ConfigValue(text);
    }
    default:
      return ConfigValue(text);
  }
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

const ConfigKey* find_key(std::string_view name) {
  const auto found = std::ranges::find(kKeys, generic(name), &ConfigKey::name);
  return found == kKeys.end() ? nullptr : &*found;
}

std::string suggest_key(std::string_view name) {
  std::vector<std::string> names;
  const std::size_t dot = name.rfind('.');
  for (const ConfigKey& key : kKeys) {
    std::string candidate(key.name);
    if (name.starts_with("providers.") && candidate.starts_with("providers.")) {
      candidate = std::string(name.substr(0, dot)) + candidate.substr(candidate.rfind('.'));
    }
    names.push_back(std::move(candidate));
  }
  std::vector<std::string_view> views(names.begin(), names.end());
  // A slip in the last word alone is compared with the last words alone: `log.levle`, or `levle` at the top.
  if (std::string found = harness::event::did_you_mean(name, views); !found.empty()) {
    return found;
  }
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  std::vector<std::string_view> lasts;
  for (const std::string_view view : views) {
    lasts.push_back(view.substr(view.rfind('.') + 1));
  }
  if (const auto nearest = harness::event::nearest_name(last, lasts); nearest) {
    const auto index = static_cast<std::size_t>(std::ranges::find(lasts, *nearest) - lasts.begin());
    return "; did you mean '" + names[index] + "'?";
  }
  return "; there are: model, store, tools, workspace, approve, sandbox.*, safety.*, memory.*, log.*, timeouts.*, "
         "retry.*, "
         "circuit.*, "
         "fallbacks, catalogue, context.*, history.*, limits.*, "
         "providers.NAME.*";
}

Checked check_value(const ConfigKey& key, const ConfigValue& value) {
  switch (key.type) {
    case ValueType::count:
    case ValueType::size:
      return check_number(key, value);
    case ValueType::texts:
      return std::holds_alternative<std::vector<std::string>>(value) ? Checked(value)
                                                                     : wrong_type(value, "a list of texts");
    default:
      break;
  }
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr) {
    return check_text(key, *text);
  }
  return wrong_type(value, key.type == ValueType::duration ? "a time such as \"90s\"" : "a text");
}

}  // namespace orchestrator::cli
