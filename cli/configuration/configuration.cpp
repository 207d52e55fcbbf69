// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/configuration.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "cli/configuration/config_file.hpp"
#include "cli/configuration/variable_expansion.hpp"
#include "cli/display/quoted_text.hpp"
#include "harness/default_store.hpp"
#include "journal/postgres_address.hpp"
#include "orchestrator/harness/ids.hpp"
#include "providers/http_provider.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

// Providers that exist without configuration; their settings are environment variables.
constexpr auto kBuiltIn =
    std::to_array<std::string_view>({"openai", "chat", "anthropic", "gemini", "local", "scripted"});

std::unexpected<harness::Error> refuse(const std::string& origin, const std::string& message) {
  return fail(RuntimeErrorCode::configuration_invalid, origin + ": " + message, origin);
}

std::string place(const std::string& path, const ConfigEntry& entry) {
  return path + ":" + std::to_string(entry.line) + ":" + std::to_string(entry.column);
}

/// `jsonl:DIR` and `sqlite:FILE` with a relative path mean below the folder of the file that says so.
std::string anchored(const std::string& store, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return store;
  for (const std::string_view scheme : {"jsonl:", "sqlite:"}) {
    if (!store.starts_with(scheme) || store.substr(scheme.size()).starts_with('/')) continue;
    return std::string(scheme) + path.substr(0, slash + 1) + store.substr(scheme.size());
  }
  return store;
}

/// Replaces ${NAME} in the texts of a value. A project's file may not read the environment: it would carry secrets
/// to wherever its values go.
Result<void> expand(ConfigValue& value, const std::string& where, const std::string& key,
                    const Environment& environment, bool is_project) {
  std::vector<std::string*> texts;
  if (auto* text = std::get_if<std::string>(&value); text != nullptr) {
    texts.push_back(text);
  } else if (auto* list = std::get_if<std::vector<std::string>>(&value); list != nullptr) {
    for (std::string& element : *list) {
      texts.push_back(&element);
    }
  }
  for (std::string* text : texts) {
    if (is_project && text->find("${") != std::string::npos) {
      return refuse(where, "'" + key + "' has " + quoted_text(*text) + ": a project's file may not read variables");
    }
    auto expanded = expand_variables(*text, environment);
    if (!expanded) {
      return refuse(where, "'" + key + "' " + expanded.error());
    }
    *text = *std::move(expanded);
  }
  return {};
}

/// The flag that sets a key.
std::string flag_of(const std::string& key) {
  if (key == "timeouts.run") {
    return "--timeout";
  }
  if (key == "context.when_full") {
    return "--when-full";
  }
  return key == "retry.after_output" ? "--after-output" : "--" + key;
}

/// Ready for a store in a folder that can be had, or nothing.
std::optional<std::string> default_store(const UserFolders& folders) {
  return folders.state ? std::optional(harness::assembly::default_store_url(*folders.state)) : std::nullopt;
}

}  // namespace

Result<Configuration> Configuration::load(const ConfigurationSources& sources) {
  Configuration configuration;
  configuration.folders_ = find_user_folders(sources.environment);
  Result<void> done = configuration.add_flags(sources);
  if (done) {
    done = configuration.add_environment(sources.environment);
  }
  if (done && ::access(sources.project_file.c_str(), F_OK) == 0) {
    done = configuration.add_file(sources.project_file, sources.environment, true);
  }
  if (done && sources.explicit_file) {
    done = configuration.add_file(*sources.explicit_file, sources.environment, false);
  } else if (done && configuration.folders_.config) {
    const std::string path = *configuration.folders_.config + "/config.toml";
    if (::access(path.c_str(), F_OK) == 0) {
      done = configuration.add_file(path, sources.environment, false);
    }
  }
  if (done) {
    done = configuration.collect_providers();
  }
  if (!done) {
    return std::unexpected(std::move(done.error()));
  }
  configuration.add_defaults();
  return configuration;
}

Result<void> Configuration::add_flags(const ConfigurationSources& sources) {
  for (const auto& [key, text] : sources.flags) {
    const ConfigKey* rule = find_key(key);
    const std::string flag = flag_of(key);
    auto value = check_value(*rule, text);
    if (!value) {
      return fail(RuntimeErrorCode::invalid_argument, flag + " " + value.error(), flag);
    }
    settings_.emplace(key, Setting{*std::move(value), flag});
  }
  return {};
}

Result<void> Configuration::add_environment(const Environment& environment) {
  for (const ConfigKey& key : config_keys()) {
    if (key.variable.empty()) {
      continue;
    }
    const std::string variable(key.variable);
    const auto text = environment(variable);
    if (!text || text->empty()) {
      continue;
    }
    auto value = check_value(key, *text);
    if (!value) {
      return refuse(variable, "it " + value.error());
    }
    settings_.emplace(std::string(key.name), Setting{*std::move(value), variable});
  }
  return {};
}

Result<void> Configuration::add_file(const std::string& path, const Environment& environment, bool is_project) {
  auto entries = read_config_file(path);
  if (!entries) {
    return std::unexpected(std::move(entries.error()));
  }
  files_.push_back(path);
  for (ConfigEntry& entry : *entries) {
    const std::string where = place(path, entry);
    const ConfigKey* key = find_key(entry.key);
    if (key == nullptr) {
      return refuse(where, "unknown key " + quoted_text(entry.key) + suggest_key(entry.key));
    }
    if (is_project && !key->in_project) {
      return refuse(where, "'" + entry.key +
                               "' may not stand in a project's file, which cannot set endpoints, keys, commands or the "
                               "sandbox; put it into your own config.toml");
    }
    if (auto done = expand(entry.value, where, entry.key, environment, is_project); !done) {
      return done;
    }
    auto value = check_value(*key, entry.value);
    if (!value) {
      return refuse(where, "'" + entry.key + "' " + value.error());
    }
    if (key->type == ValueType::store) {
      if (is_project && harness::journal::is_postgres_url(std::get<std::string>(*value))) {
        return refuse(where, "'" + entry.key +
                                 "' names a server, which may not stand in a project's file: runs would be sent "
                                 "there; put it into your own config.toml");
      }
      value = anchored(std::get<std::string>(*value), path);
    }
    settings_.emplace(entry.key, Setting{*std::move(value), path + ":" + std::to_string(entry.line)});
  }
  return {};
}

Result<void> Configuration::collect_providers() {
  constexpr std::string_view prefix = "providers.";
  std::map<std::string, NamedProvider> found;
  for (const auto& [key, setting] : settings_) {
    if (!key.starts_with(prefix)) {
      continue;
    }
    const std::size_t dot = key.rfind('.');
    const std::string name = key.substr(prefix.size(), dot - prefix.size());
    const std::string field = key.substr(dot + 1);
    if (!harness::ProviderId::parse(name)) {
      return refuse(setting.origin, quoted_text(name) + " is no provider name: 1 to 64 of [a-z0-9_-], a letter first");
    }
    if (std::ranges::find(kBuiltIn, name) != kBuiltIn.end()) {
      return refuse(setting.origin,
                    "'" + name + "' is built in and set by its environment variables; choose another name");
    }
    NamedProvider& provider = found[name];
    provider.name = name;
    provider.origin = provider.origin.empty() ? setting.origin : std::min(provider.origin, setting.origin);
    if (field == "models") {
      provider.models = std::get<std::vector<std::string>>(setting.value);
      continue;
    }
    const auto& text = std::get<std::string>(setting.value);
    (field == "kind"          ? provider.kind
     : field == "base_url"    ? provider.base_url
     : field == "api_key_env" ? provider.api_key_env
                              : provider.api_key_file) = text;
  }
  for (auto& [name, provider] : found) {
    const Setting* address = find(std::string(prefix) + name + ".base_url");
    if (address == nullptr) {
      return refuse(provider.origin, "provider '" + name + "' has no base_url");
    }
    if (!provider.api_key_env.empty() && !provider.api_key_file.empty()) {
      return refuse(provider.origin, "provider '" + name + "' has both api_key_env and api_key_file; keep one");
    }
    const bool has_key = !provider.api_key_env.empty() || !provider.api_key_file.empty();
    auto checked = harness::providers::checked_base_url(provider.base_url, has_key, address->origin);
    if (!checked) {
      return refuse(address->origin, "base_url of provider '" + name + "': " + checked.error().message);
    }
    provider.base_url = *std::move(checked);
    providers_.push_back(std::move(provider));
  }
  return {};
}

void Configuration::add_defaults() {
  const std::string origin(kDefaultOrigin);
  if (auto store = default_store(folders_); store) {
    settings_.emplace("store", Setting{*std::move(store), origin});
  }
  settings_.emplace("log.level", Setting{std::string("off"), origin});
  settings_.emplace("log.format", Setting{std::string("console"), origin});
}

const Setting* Configuration::find(std::string_view key) const {
  const auto found = settings_.find(key);
  return found == settings_.end() ? nullptr : &found->second;
}

std::optional<std::string> Configuration::text(std::string_view key) const {
  const Setting* setting = find(key);
  return setting == nullptr ? std::nullopt : std::optional(std::get<std::string>(setting->value));
}

std::optional<std::uint64_t> Configuration::number(std::string_view key) const {
  const Setting* setting = find(key);
  return setting == nullptr ? std::nullopt
                            : std::optional(static_cast<std::uint64_t>(std::get<std::int64_t>(setting->value)));
}

namespace {

template <class Number>
Number in_range(std::uint64_t value) {
  return static_cast<Number>(std::min<std::uint64_t>(value, std::numeric_limits<Number>::max()));
}

/// Sets `target` where the configuration has the key, at most to what it can hold.
template <class Target>
void apply(const Configuration& configuration, std::string_view key, Target& target) {
  if (const auto value = configuration.number(key); value) {
    if constexpr (requires { target.reset(); }) {
      target = in_range<typename Target::value_type>(*value);
    } else {
      target = in_range<Target>(*value);
    }
  }
}

}  // namespace

harness::TimeoutPolicy Configuration::timeouts() const {
  harness::TimeoutPolicy policy;
  apply(*this, "timeouts.connect", policy.connect_ms);
  apply(*this, "timeouts.first_byte", policy.first_byte_ms);
  apply(*this, "timeouts.idle", policy.idle_ms);
  apply(*this, "timeouts.first_token", policy.first_token_ms);
  apply(*this, "timeouts.turn", policy.turn_ms);
  apply(*this, "timeouts.run", policy.run_ms);
  return policy;
}

harness::RetryPolicy Configuration::retries() const {
  harness::RetryPolicy policy;
  apply(*this, "retry.attempts", policy.attempts_max);
  apply(*this, "retry.delay", policy.delay_ms);
  apply(*this, "retry.delay_max", policy.delay_max_ms);
  apply(*this, "retry.retry_after_max", policy.retry_after_max_ms);
  const std::string after_output = text("retry.after_output").value_or("fail");
  if (after_output == "restart") {
    policy.after_output = harness::AfterOutput::restart;
  } else if (after_output == "continue") {
    policy.after_output = harness::AfterOutput::continue_answer;
  }
  return policy;
}

harness::ContextPolicy Configuration::context() const {
  harness::ContextPolicy policy;
  apply(*this, "context.tokens", policy.tokens_max);
  apply(*this, "context.window_turns", policy.window_turns);
  apply(*this, "context.fill_percent", policy.fill_percent);
  apply(*this, "context.recent_turns", policy.recent_turns);
  apply(*this, "context.summary_tokens", policy.summary_tokens_max);
  if (text("context.when_full") == "extract") {
    policy.when_full = harness::WhenFull::extract;
  } else if (text("context.when_full") == "summarise") {
    policy.when_full = harness::WhenFull::summarise;
  }
  return policy;
}

harness::MemoryPolicy Configuration::memory() const {
  harness::MemoryPolicy policy;
  policy.user = text("memory.user").value_or("");
  apply(*this, "memory.recall", policy.recall_max);
  apply(*this, "memory.recall_tokens", policy.recall_tokens_max);
  apply(*this, "memory.timeout", policy.timeout_ms);
  policy.keep_run = text("memory.keep_runs") == "yes";
  return policy;
}

harness::RetryBudget Configuration::retry_budget() const {
  harness::RetryBudget budget;
  apply(*this, "retry.burst", budget.burst);
  apply(*this, "retry.per_minute", budget.per_minute);
  return budget;
}

harness::CircuitPolicy Configuration::circuit() const {
  harness::CircuitPolicy policy;
  apply(*this, "circuit.failures", policy.failures);
  apply(*this, "circuit.open", policy.open_ms);
  return policy;
}

harness::Limits Configuration::limits() const {
  harness::Limits limits;
  apply(*this, "limits.turns", limits.turns);
  apply(*this, "limits.run_events", limits.run_events);
  apply(*this, "limits.run_bytes", limits.run_bytes);
  apply(*this, "limits.input_parts", limits.input_parts);
  apply(*this, "limits.input_bytes", limits.input_bytes);
  apply(*this, "limits.stream_bytes", limits.stream_bytes);
  apply(*this, "limits.stream_items", limits.stream_items);
  apply(*this, "limits.tool_calls_per_turn", limits.tool_calls_per_turn);
  apply(*this, "limits.hints_queued", limits.hints_queued);
  apply(*this, "limits.hint_bytes", limits.hint_bytes);
  apply(*this, "limits.checkpoint_label_bytes", limits.checkpoint_label_bytes);
  apply(*this, "limits.journal_backlog_bytes", limits.journal_backlog_bytes);
  apply(*this, "limits.event_tail_bytes", limits.event_tail_bytes);
  apply(*this, "limits.json_depth", limits.json_depth);
  return limits;
}

harness::HistoryLimits Configuration::history() const {
  harness::HistoryLimits limits;
  apply(*this, "history.turns", limits.turns);
  apply(*this, "history.tokens", limits.tokens);
  apply(*this, "history.bytes", limits.bytes);
  return limits;
}

}  // namespace orchestrator::cli
