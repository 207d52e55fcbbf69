// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command_context.hpp"

#include <cstring>

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
      "there is no folder for the store: neither XDG_STATE_HOME nor HOME is set; name one with --store jsonl:DIR "
      "or ORCHESTRATOR_STORE",
      "store");
}

bool is_lasting(const Configuration& configuration) { return configuration.text("store") != "memory:"; }

Result<StoreReader> open_reader(const CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return std::unexpected(std::move(configuration.error()));
  }
  auto url = store_url(*configuration);
  if (!url) {
    return std::unexpected(std::move(url.error()));
  }
  return StoreReader::open(*url);
}

}  // namespace orchestrator::cli
