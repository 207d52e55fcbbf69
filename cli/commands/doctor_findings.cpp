// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor_findings.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "cli/commands/gate_rules.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/reachability.hpp"
#include "cli/configuration/key_file.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/store/run_scan.hpp"
#include "journal/postgres_address.hpp"

namespace orchestrator::cli {
namespace {

struct Variable {
  const char* name;
  bool secret;
};

constexpr auto kVariables = std::to_array<Variable>({
    {"OPENAI_API_KEY", true},
    {"OPENAI_BASE_URL", false},
    {"ANTHROPIC_API_KEY", true},
    {"ANTHROPIC_BASE_URL", false},
    {"GEMINI_API_KEY", true},
    {"GEMINI_BASE_URL", false},
    {"GOOGLE_GEMINI_BASE_URL", false},
    {"CHAT_API_KEY", true},
    {"CHAT_BASE_URL", false},
    {"ORCHESTRATOR_STORE", false},
    {"ORCHESTRATOR_LOG", false},
    {"ORCHESTRATOR_LOG_FORMAT", false},
    {"ORCHESTRATOR_LOG_FILE", false},
    {"XDG_CONFIG_HOME", false},
    {"XDG_STATE_HOME", false},
    {"XDG_RUNTIME_DIR", false},
    {"HTTPS_PROXY", false},
    {"HTTP_PROXY", false},
    {"ALL_PROXY", false},
    {"NO_PROXY", false},
    {"SSL_CERT_FILE", false},
    {"SSL_CERT_DIR", false},
    {"NO_COLOR", false},
});

/// An address without the user information and the passwords that may stand in it.
std::string without_user(const std::string& address) {
  const std::string text = harness::journal::without_passwords(address);
  const std::size_t scheme = text.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = text.substr(0, text.find_first_of("/?#", start)).rfind('@');
  return at == std::string::npos || at < start ? text : text.substr(0, start) + "...@" + text.substr(at + 1);
}

struct ShowValue {
  ValueType type;
  std::string operator()(const std::string& text) const { return without_user(text); }
  std::string operator()(std::int64_t number) const {
    const auto value = static_cast<std::uint64_t>(number);
    return type == ValueType::duration ? duration_text(value * 1'000)
           : type == ValueType::size   ? size_text(value)
                                       : std::to_string(number);
  }
  std::string operator()(double number) const { return std::to_string(number); }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>& texts) const {
    std::string all;
    for (const std::string& text : texts) {
      all.append(all.empty() ? "" : ", ").append(text);
    }
    return all;
  }
};

CheckFound check_store(const CommandContext& context, const Configuration& configuration) {
  CheckFound check{"store", false, {}};
  auto url = store_url(configuration);
  if (!url) {
    check.detail = url.error().message;
    return check;
  }
  auto opened = open_configured_store(context, configuration);
  if (!opened) {
    check.detail = opened.error().message;
    return check;
  }
  StoreReader store(*std::move(opened));
  std::uint64_t runs = 0;
  auto scanned = scan_runs(store, {}, [&](const harness::RunSummary&) {
    ++runs;
    return true;
  });
  if (!scanned) {
    check.detail = scanned.error().message;
    return check;
  }
  for (const std::string_view scheme : {"jsonl:", "sqlite:"}) {
    if (url->starts_with(scheme) && ::access(url->c_str() + scheme.size(), W_OK) != 0) {
      check.detail = *url + " cannot be written";
      return check;
    }
  }
  check.works = true;
  check.detail = store.store().url() + ", " + std::to_string(runs) + (runs == 1 ? " run" : " runs");
  return check;
}

CheckFound check_rules(const CommandContext& context, const Configuration& configuration) {
  const auto rules = gate_rules_in_force(context.invocation, configuration);
  if (!rules) {
    return {"rules", false, rules.error().message};
  }
  const std::size_t count = rules->rules.size();
  return {"rules", true,
          count == 0 ? "none" : std::to_string(count) + (count == 1 ? " rule" : " rules") + " that runs are under"};
}

CheckFound check_address(const std::string& name, const std::string& url, bool offline) {
  if (offline) {
    return {name, std::nullopt, without_user(url) + ", not asked (--offline)"};
  }
  const auto status = ask_address(url);
  if (!status) {
    return {name, false, without_user(url) + ": " + status.error().message};
  }
  return {name, true, without_user(url) + " answers (status " + std::to_string(*status) + ")"};
}

using Providers = std::vector<std::shared_ptr<harness::ProviderAdapter>>;

/// Why a built-in provider cannot be used at all: its address is wrong. A missing key is no such reason.
std::optional<std::string> refusal(const Providers& providers, const std::string& name) {
  for (const auto& provider : providers) {
    if (provider->id().str() != name) {
      continue;
    }
    const auto ready = provider->ready({provider->id(), "default"});
    if (!ready && ready.error().code == harness::name_of(harness::RuntimeErrorCode::configuration_invalid)) {
      return ready.error().message;
    }
  }
  return std::nullopt;
}

struct BuiltIn {
  std::string name;
  std::optional<std::string> url;
  bool has_key = false;
  std::string default_url;
};

CheckFound check_built_in(const BuiltIn& provider, const Providers& providers, bool offline) {
  const auto& [name, url, has_key, default_url] = provider;
  if (auto reason = refusal(providers, name)) {
    return {name, false, *std::move(reason)};
  }
  if (!url && !has_key) {
    return {name, std::nullopt, "not configured"};
  }
  CheckFound check = check_address(name, url.value_or(default_url), offline);
  check.detail += has_key ? ", key set" : ", no key";
  return check;
}

CheckFound check_named(const NamedProvider& named, const Environment& environment, bool offline) {
  if (!named.api_key_env.empty() && !environment(named.api_key_env)) {
    return {named.name, false, named.api_key_env + " is not set"};
  }
  if (!named.api_key_file.empty()) {
    if (auto key = read_key_file(named.api_key_file); !key) {
      return {named.name, false, key.error().message};
    }
  }
  return check_address(named.name, named.base_url, offline);
}

CheckFound check_local(const Providers& providers) {
  for (const auto& provider : providers) {
    const auto models = provider->known_models();
    if (provider->id().str() == "local") {
      const auto ready = provider->ready({provider->id(), models.empty() ? "default" : models.front()});
      return ready ? CheckFound{"local", true, "installed" + (models.empty() ? "" : ": local/" + models.front())}
                   : CheckFound{"local", std::nullopt, ready.error().message};
    }
  }
  return {"local", std::nullopt, "not part of this program"};
}

/// Bubblewrap confines the commands that `run_command` starts.
CheckFound check_sandbox(const Environment& environment) {
  const std::string path = environment("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string program = path.substr(start, end - start) + "/bwrap";
    if (program.starts_with('/') && ::access(program.c_str(), X_OK) == 0) {
      return {"sandbox", true, "bubblewrap at " + program};
    }
    start = end + 1;
  }
  return {"sandbox", std::nullopt, "bubblewrap (bwrap) is not in PATH: commands of run_command cannot be confined"};
}

std::optional<std::string> set_value(const Environment& environment, const std::string& name) {
  auto value = environment(name);
  return value && !value->empty() ? value : std::nullopt;
}

}  // namespace

std::vector<SettingFound> find_settings(const Configuration& configuration) {
  std::vector<SettingFound> found;
  for (const auto& [key, setting] : configuration.settings()) {
    const ConfigKey* rule = find_key(key);
    found.push_back(
        {key, std::visit(ShowValue{rule == nullptr ? ValueType::text : rule->type}, setting.value), setting.origin});
  }
  return found;
}

std::vector<VariableFound> find_variables(const Environment& environment) {
  std::vector<VariableFound> found;
  for (const auto& [name, secret] : kVariables) {
    const auto value = set_value(environment, name);
    found.push_back({name, !value ? "not set" : secret ? "set" : without_user(*value), value.has_value()});
  }
  return found;
}

std::vector<CheckFound> run_checks(const CommandContext& context, const Configuration& configuration, bool offline) {
  const Environment& environment = context.environment;
  std::vector<CheckFound> found;
  found.push_back(check_store(context, configuration));
  found.push_back(check_rules(context, configuration));
  auto harness = make_harness_without_store(context, configuration);
  const Providers providers = harness ? harness->providers() : Providers();
  const BuiltIn openai{"openai", set_value(environment, "OPENAI_BASE_URL"),
                       set_value(environment, "OPENAI_API_KEY").has_value(), "https://api.openai.com/v1"};
  found.push_back(check_built_in(openai, providers, offline));
  const BuiltIn anthropic{"anthropic", set_value(environment, "ANTHROPIC_BASE_URL"),
                          set_value(environment, "ANTHROPIC_API_KEY").has_value(), "https://api.anthropic.com"};
  found.push_back(check_built_in(anthropic, providers, offline));
  auto gemini_url = set_value(environment, "GEMINI_BASE_URL");
  const BuiltIn gemini{"gemini", gemini_url ? gemini_url : set_value(environment, "GOOGLE_GEMINI_BASE_URL"),
                       set_value(environment, "GEMINI_API_KEY").has_value(),
                       "https://generativelanguage.googleapis.com"};
  found.push_back(check_built_in(gemini, providers, offline));
  const auto chat_url = set_value(environment, "CHAT_BASE_URL");
  const BuiltIn chat{"chat", chat_url, chat_url && set_value(environment, "CHAT_API_KEY"), ""};
  found.push_back(check_built_in(chat, providers, offline));
  for (const NamedProvider& named : configuration.providers()) {
    found.push_back(check_named(named, environment, offline));
  }
  if (!harness) {
    found.push_back({"providers", false, harness.error().message});
    return found;
  }
  found.push_back(check_local(providers));
  found.push_back(check_sandbox(environment));
  return found;
}

}  // namespace orchestrator::cli
