// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command_context.hpp"

#include <cstring>

#include "harness/default_store.hpp"

namespace orchestrator::cli {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

ExitStatus report(CommandContext& context, const harness::Error& error) {
  context.out.flush();
  context.notes.error(error.message.empty() ? error.code : error.message);
  return exit_status_of(error);
}

ExitStatus finish_output(CommandContext& context, ExitStatus status) {
  context.out.flush();
  if (const auto error = context.out.error(); error) {
    context.notes.error(std::string("cannot write output: ") + std::strerror(*error));
    return status == ExitStatus::done ? ExitStatus::failed : status;
  }
  return status;
}

Result<Configuration> load_configuration(const CommandContext& context) {
  ConfigurationSources sources;
  sources.environment = context.environment;
  const auto take = [&](const std::string& flag, const std::string& key) {
    if (const auto value = context.invocation.value(flag); value) {
      sources.flags.emplace(key, *value);
    }
  };
  take("--store", "store");
  take("--model", "model");
  take("--timeout", "timeouts.run");
  take("--after-output", "retry.after_output");
  take("--when-full", "context.when_full");
  take("--workspace", "workspace");
  take("--approve", "approve");
  take("--injection", "safety.injection");
  sources.explicit_file = context.invocation.value("--config");
  return Configuration::load(sources);
}

Result<std::string> store_url(const Configuration& configuration) {
  if (auto url = configuration.text("store"); url) {
    return *std::move(url);
  }
  return fail(
      RuntimeErrorCode::configuration_invalid,
      "there is no folder for the store: neither XDG_STATE_HOME nor HOME is set; name one with --store sqlite:FILE "
      "or ORCHESTRATOR_STORE",
      "store");
}

bool is_lasting(const Configuration& configuration) { return configuration.text("store") != "memory:"; }

Result<std::shared_ptr<harness::JournalStore>> open_configured_store(const CommandContext& context,
                                                                     const Configuration& configuration) {
  auto url = store_url(configuration);
  if (!url) {
    return std::unexpected(std::move(url.error()));
  }
  const Setting* setting = configuration.find("store");
  if (setting == nullptr || setting->origin != kDefaultOrigin) {
    return harness::open_store(*url);
  }
  const Notes& notes = context.notes;
  return harness::assembly::open_default_store(*url,
                                               [&notes](std::string_view text) { notes.note_from_any_thread(text); });
}

Result<StoreReader> open_reader(const CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return std::unexpected(std::move(configuration.error()));
  }
  auto store = open_configured_store(context, *configuration);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  return StoreReader(*std::move(store));
}

}  // namespace orchestrator::cli
