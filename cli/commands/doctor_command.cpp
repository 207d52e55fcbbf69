// SPDX-License-Identifier: Apache-2.0
// `orchestrator doctor`

#include <algorithm>
#include <boost/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/commands/doctor_findings.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "event/runtime_version.hpp"

namespace orchestrator::cli {
namespace {

struct Findings {
  std::vector<SettingFound> settings;
  std::vector<VariableFound> variables;
  std::vector<CheckFound> checks;
};

std::string verdict(const std::optional<bool>& works) { return !works ? "-" : *works ? "ok" : "FAILS"; }

void write_json(Output& out, const Findings& found) {
  out.write(json_line({{"kind", "version"}, {"version", harness::event::runtime_version()}}));
  for (const SettingFound& setting : found.settings) {
    out.write(
        json_line({{"kind", "setting"}, {"key", setting.key}, {"value", setting.value}, {"origin", setting.origin}}));
  }
  for (const VariableFound& variable : found.variables) {
    out.write(json_line(
        {{"kind", "variable"}, {"name", variable.name}, {"set", variable.is_set}, {"shown", variable.shown}}));
  }
  for (const CheckFound& check : found.checks) {
    const boost::json::value works = check.works ? boost::json::value(*check.works) : boost::json::value(nullptr);
    out.write(json_line({{"kind", "check"}, {"name", check.name}, {"works", works}, {"detail", check.detail}}));
  }
}

void write_text(Output& out, const Findings& found, const Configuration& configuration) {
  constexpr std::size_t columns = 1'000;
  out.write("orchestrator " + std::string(harness::event::runtime_version()) + "\n\nSettings in force");
  std::string files;
  for (const std::string& file : configuration.files()) {
    files.append(files.empty() ? " (read: " : ", ").append(file);
  }
  out.write(files + (files.empty() ? " (no configuration file)" : ")") + ":\n");
  Table settings({"KEY", "FROM", "VALUE"});
  for (const SettingFound& setting : found.settings) {
    settings.add({setting.key, setting.origin, setting.value});
  }
  out.write(settings.text(columns) + "\nEnvironment:\n");
  Table variables({"VARIABLE", "VALUE"});
  for (const VariableFound& variable : found.variables) {
    if (variable.is_set || variable.name.ends_with("_KEY")) {
      variables.add({variable.name, variable.shown});
    }
  }
  out.write(variables.text(columns) + "\nChecks:\n");
  Table checks({"WHAT", "WORKS", "DETAIL"});
  for (const CheckFound& check : found.checks) {
    checks.add({check.name, verdict(check.works), check.detail});
  }
  out.write(checks.text(columns));
}

}  // namespace

ExitStatus doctor_command(CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return report(context, configuration.error());
  }
  Findings found;
  found.settings = find_settings(*configuration);
  found.variables = find_variables(context.environment);
  found.checks = run_checks(context, *configuration, context.invocation.has("--offline"));
  if (context.invocation.has("--json")) {
    write_json(context.out, found);
  } else {
    write_text(context.out, found, *configuration);
  }
  const bool fails = std::ranges::any_of(found.checks, [](const CheckFound& check) { return check.works == false; });
  return fails ? ExitStatus::failed : ExitStatus::done;
}

}  // namespace orchestrator::cli
