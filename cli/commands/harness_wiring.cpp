// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/harness_wiring.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/commands/gate_rules.hpp"
#include "cli/commands/memory_access.hpp"
#include "cli/commands/named_endpoint.hpp"
#include "cli/commands/own_catalogue.hpp"
#include "cli/commands/redaction_choice.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/commands/tool_choice.hpp"
#include "orchestrator/harness/observability.hpp"
#include "providers/http_provider.hpp"

namespace orchestrator::cli {
namespace {

namespace providers = harness::providers;
using harness::Result;

constexpr std::size_t kKeyNameBytesMax = 64;

/// The provider of an endpoint out of [providers.NAME]; adds its key to `keys`.
Result<std::shared_ptr<harness::ProviderAdapter>> named_provider(const NamedProvider& named,
                                                                 const Environment& environment,
                                                                 std::vector<harness::ConfiguredSecret>& keys) {
  auto endpoint = named_endpoint(named, environment);
  if (!endpoint) {
    return std::unexpected(std::move(endpoint.error()));
  }
  if (const std::string& key = endpoint->address.api_key; harness::is_protected_key(key)) {
    keys.push_back({named.name.substr(0, kKeyNameBytesMax), key});
  }
  providers::HttpProviderConfig config;
  config.id = harness::ProviderId(named.name);
  config.format =
      named.kind == "responses" ? providers::responses_format(named.base_url) : providers::chat_format(named.base_url);
  config.endpoint = std::move(endpoint->address);
  config.missing_key_help = std::move(endpoint->missing_key_help);
  config.models = named.models;
  return std::make_shared<providers::HttpProvider>(std::move(config));
}

/// Null where nothing is to be logged.
Result<std::shared_ptr<harness::LogSink>> log_sink(const Configuration& configuration) {
  const Setting* levels = configuration.find("log.level");
  if (levels == nullptr || configuration.text("log.level") == "off") {
    return nullptr;
  }
  harness::LogConfig config;
  config.levels = configuration.text("log.level").value_or("");
  config.jsonl = configuration.text("log.format") == "jsonl";
  config.file = configuration.text("log.file").value_or("");
  auto sink = harness::make_log_sink(config);
  if (!sink && sink.error().code == harness::name_of(harness::RuntimeErrorCode::configuration_invalid)) {
    sink.error().message = levels->origin + ": " + sink.error().message;
  }
  return sink;
}

/// With a store where a run may ask for it: one that has a tool of memory or uses memory itself, or that goes on and
/// may.
Result<harness::MemoryToolsConfig> memory_config(const CommandContext& context, const Configuration& configuration) {
  harness::MemoryToolsConfig config;
  config.user = memory_user(configuration);
  auto chosen = choose_tools(context.invocation, configuration);
  const bool is_chosen = chosen && std::ranges::any_of(chosen->names, is_memory_tool);
  const auto policy = memory_policy(context.invocation, configuration);
  const bool is_used = is_chosen || (policy && (policy->recall_max > 0 || policy->keep_run));
  const std::string_view name = context.invocation.command->name;
  const bool goes_on = name == "resume" || name == "fork" || name == "daemon";
  if (!is_used && !goes_on) {
    return config;
  }
  auto embedder = memory_embedder(configuration, context.environment);
  auto url = embedder ? memory_url(configuration) : std::unexpected(std::move(embedder.error()));
  auto store = url ? harness::open_memory_store(*url) : std::unexpected(std::move(url.error()));
  if (store) {
    config.store = *std::move(store);
    config.embedder = *std::move(embedder);
  } else if (is_used) {
    return std::unexpected(std::move(store.error()));
  } else {
    // It may need none; if it has tools of memory, they say that there is no store.
    context.notes.note_from_any_thread("going on without memory: " + store.error().message);
  }
  return config;
}

Result<harness::Harness> make(const CommandContext& context, const Configuration& configuration,
                              std::shared_ptr<harness::JournalStore> store, harness::SafetyPolicy rules) {
  auto sink = log_sink(configuration);
  if (!sink) {
    return std::unexpected(std::move(sink.error()));
  }
  harness::HarnessBuilder builder = harness::HarnessBuilder::from_environment();
  builder.store(std::move(store)).limits(configuration.limits()).timeouts(configuration.timeouts());
  builder.context(configuration.context());
  builder.retries(configuration.retries()).retry_budget(configuration.retry_budget()).circuit(configuration.circuit());
  if (auto catalogue = own_catalogue(configuration); catalogue) {
    builder.catalogue(*std::move(catalogue));
  } else {
    return std::unexpected(std::move(catalogue.error()));
  }
  if (*sink != nullptr) {
    builder.log(*std::move(sink));
  }
  const Notes& notes = context.notes;
  harness::LocalConfig local;
  local.progress = [&notes](std::string_view line) { notes.note_from_any_thread(line); };
  builder.provider(harness::local_provider(std::move(local)));
  std::vector<harness::ConfiguredSecret> keys;
  for (const NamedProvider& named : configuration.providers()) {
    auto provider = named_provider(named, context.environment, keys);
    if (!provider) {
      return std::unexpected(std::move(provider.error()));
    }
    builder.provider(*std::move(provider));
  }
  auto tools = tools_config(configuration);
  if (!tools) {
    return std::unexpected(std::move(tools.error()));
  }
  builder.safety(std::move(rules));
  auto redaction = choose_redaction(context, configuration, std::move(keys));
  if (!redaction) {
    return std::unexpected(std::move(redaction.error()));
  }
  builder.redaction(std::move(redaction->policy), std::move(redaction->vault));
  auto memory = memory_config(context, configuration);
  if (!memory) {
    return std::unexpected(std::move(memory.error()));
  }
  builder.memory(memory->store, {}, memory->embedder);
  for (auto& tool : built_in_tools(*tools, *memory)) {
    builder.tool(std::move(tool));
  }
  if (const auto model = configuration.text("model"); model) {
    builder.default_model(*model);
  }
  return builder.build();
}

}  // namespace

Result<harness::Harness> make_harness(const CommandContext& context, const Configuration& configuration,
                                      const std::optional<std::string>& gates_file) {
  auto store = open_configured_store(context, configuration);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  auto rules = gates_file ? read_gate_rules(*gates_file) : gate_rules_in_force(context.invocation, configuration);
  if (!rules) {
    return std::unexpected(std::move(rules.error()));
  }
  return make(context, configuration, *std::move(store), *std::move(rules));
}

Result<harness::Harness> make_harness_without_store(const CommandContext& context, const Configuration& configuration) {
  auto store = harness::open_store("memory:");
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  return make(context, configuration, *std::move(store), {});
}

}  // namespace orchestrator::cli
