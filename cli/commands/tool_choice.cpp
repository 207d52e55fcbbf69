// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/tool_choice.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/configuration/quantity.hpp"
#include "cli/display/quoted_text.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kCallsAtOnceMost = 64;

std::vector<std::string> workspace_names() {
  std::vector<std::string> names;
  for (const auto& tool : harness::workspace_tools()) {
    names.push_back(tool->spec().name);
  }
  return names;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(name);
  }
}

harness::ApprovalMode approval_of(const std::string& word) {
  return word == "never"    ? harness::ApprovalMode::never
         : word == "always" ? harness::ApprovalMode::always
                            : harness::ApprovalMode::ask;
}

harness::InjectionStance stance_of(const std::string& word) {
  return word == "off"      ? harness::InjectionStance::off
         : word == "strict" ? harness::InjectionStance::strict
                            : harness::InjectionStance::mark;
}

Result<void> take_names(const std::vector<std::string>& wanted, const std::string& origin, RuntimeErrorCode code,
                        ToolChoice& choice) {
  for (const std::string& name : wanted) {
    if (auto known = find_built_in_tool(name); !known) {
      return fail(code, origin + ": " + known.error().message, origin);
    }
    add_once(choice.names, name);
  }
  return {};
}

/// The names that flags or, where no flag speaks of tools, the configuration give.
Result<void> choose_names(const Invocation& invocation, const Configuration& configuration, ToolChoice& choice) {
  if (invocation.has("--workspace")) {
    choice.names = workspace_names();
  }
  if (invocation.has("--workspace") || invocation.has("--tool")) {
    return take_names(invocation.values("--tool"), "--tool", RuntimeErrorCode::invalid_argument, choice);
  }
  const Setting* setting = configuration.find("tools");
  if (setting == nullptr) {
    return {};
  }
  return take_names(std::get<std::vector<std::string>>(setting->value), setting->origin + ": 'tools'",
                    RuntimeErrorCode::configuration_invalid, choice);
}

Result<void> choose_workspace(const Configuration& configuration, ToolChoice& choice) {
  const auto needing = workspace_names();
  const auto needs = std::ranges::find_if(
      choice.names, [&](const std::string& name) { return std::ranges::find(needing, name) != needing.end(); });
  if (needs == choice.names.end()) {
    return {};
  }
  const auto folder = configuration.text("workspace");
  if (!folder) {
    return fail(RuntimeErrorCode::invalid_argument,
                "the tool '" + *needs + "' works in a folder: name it with --workspace DIR", "--workspace");
  }
  choice.workspace = *folder;
  return {};
}

Result<std::vector<std::string>> checked_texts(const Configuration& configuration, const std::string& key,
                                               bool (*is_right)(const std::string&), const std::string& allowed) {
  const Setting* setting = configuration.find(key);
  if (setting == nullptr) {
    return std::vector<std::string>();
  }
  auto texts = std::get<std::vector<std::string>>(setting->value);
  for (const std::string& text : texts) {
    if (text.empty() || !is_right(text)) {
      return fail(RuntimeErrorCode::configuration_invalid,
                  setting->origin + ": '" + key + "' holds " + quoted_text(text) + "; allowed: " + allowed,
                  setting->origin);
    }
  }
  return texts;
}

}  // namespace

std::vector<std::shared_ptr<harness::Tool>> built_in_tools(const harness::BuiltInToolsConfig& config,
                                                           const harness::MemoryToolsConfig& memory) {
  auto tools = harness::workspace_tools(config);
  tools.push_back(harness::fetch_url_tool(config));
  for (auto& tool : harness::memory_tools(memory)) {
    tools.push_back(std::move(tool));
  }
  return tools;
}

bool is_memory_tool(const std::string& name) {
  return std::ranges::any_of(harness::memory_tools(), [&](const auto& tool) { return tool->spec().name == name; });
}

Result<harness::BuiltInToolsConfig> tools_config(const Configuration& configuration) {
  harness::BuiltInToolsConfig config;
  config.command_network = configuration.text("sandbox.command_network") == "grant";
  const auto is_host = [](const std::string& text) { return text.find_first_of("/ @*") == std::string::npos; };
  if (auto hosts = checked_texts(configuration, "sandbox.fetch_hosts", is_host, "HOST or HOST:PORT"); hosts) {
    config.fetch_hosts = *std::move(hosts);
  } else {
    return std::unexpected(std::move(hosts.error()));
  }
  const auto is_below = [](const std::string& text) {
    const auto path = std::filesystem::path(text).lexically_normal();
    return path.is_relative() && path != "." && path.begin() != path.end() && *path.begin() != "..";
  };
  if (auto paths = checked_texts(configuration, "sandbox.protected_paths", is_below, "a path below the workspace");
      paths) {
    config.protected_paths = *std::move(paths);
  } else {
    return std::unexpected(std::move(paths.error()));
  }
  return config;
}

Result<harness::ToolSpec> find_built_in_tool(const std::string& name) {
  std::vector<std::string> names;
  std::string known;
  for (const auto& tool : built_in_tools()) {
    if (tool->spec().name == name) {
      return tool->spec();
    }
    names.push_back(tool->spec().name);
    known.append(known.empty() ? "" : ", ").append(tool->spec().name);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string suggestion = harness::event::did_you_mean(name, views);
  return fail(RuntimeErrorCode::invalid_argument,
              "no tool " + quoted_text(name) + (suggestion.empty() ? "; there are: " + known : suggestion), name);
}

Result<ToolChoice> choose_tools(const Invocation& invocation, const Configuration& configuration) {
  ToolChoice choice;
  choice.policy.approval = approval_of(configuration.text("approve").value_or("ask"));
  choice.policy.injection = stance_of(configuration.text("safety.injection").value_or("mark"));
  choice.policy.approval_timeout_ms = configuration.number("timeouts.approval");
  if (const auto count = invocation.value("--parallel-tools"); count) {
    const auto number = parse_count(*count, 1, kCallsAtOnceMost);
    if (!number) {
      return fail(RuntimeErrorCode::invalid_argument, "--parallel-tools " + number.error(), "--parallel-tools");
    }
    choice.policy.calls_at_once = static_cast<std::uint32_t>(*number);
  }
  Result<void> done = choose_names(invocation, configuration, choice);
  if (done && invocation.has("--no-tools")) {
    choice.names.clear();  // wrong names are told all the same
  }
  done = done ? choose_workspace(configuration, choice) : done;
  if (!done) {
    return std::unexpected(std::move(done.error()));
  }
  return choice;
}

}  // namespace orchestrator::cli
