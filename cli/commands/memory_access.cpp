// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/memory_access.hpp"

#include <algorithm>
#include <utility>

#include "cli/commands/named_endpoint.hpp"
#include "cli/commands/own_catalogue.hpp"
#include "cli/display/quoted_text.hpp"
#include "harness/default_model.hpp"
#include "providers/http_embedder.hpp"
#include "providers/local/local_settings.hpp"

namespace orchestrator::cli {
namespace {

using harness::Embedder;
using harness::Result;
using harness::RuntimeErrorCode;

Result<std::shared_ptr<Embedder>> embedder_of(const harness::ModelRef& model, const Configuration& configuration,
                                              const Environment& environment,
                                              const harness::ModelCatalogue& catalogue) {
  const std::string provider = model.provider.str();
  if (provider == "openai") {
    harness::OpenAiConfig config;
    config.api_key = environment("OPENAI_API_KEY").value_or("");
    if (const auto url = environment("OPENAI_BASE_URL"); url && !url->empty()) {
      config.base_url = *url;
    }
    return harness::openai_embedder(std::move(config), model.model, catalogue);
  }
  if (provider == "chat") {
    harness::ChatConfig config;
    config.api_key = environment("CHAT_API_KEY").value_or("");
    config.base_url = environment("CHAT_BASE_URL").value_or("");
    if (config.base_url.empty()) {
      config.base_url = harness::assembly::find_local_chat_server().value_or("");
    }
    return harness::chat_embedder(std::move(config), model.model, catalogue);
  }
  if (model.str() == "local/" + std::string(harness::providers::kLocalModel)) {
    return harness::local_embedder({}, catalogue);
  }
  const auto& named = configuration.providers();
  const auto found = std::ranges::find(named, provider, &NamedProvider::name);
  if (found == named.end()) {
    return harness::fail(RuntimeErrorCode::configuration_invalid,
                         "no embeddings are asked of the provider " + quoted_text(provider) +
                             "; allowed: openai, chat, local/smollm2-135m-instruct, and those of [providers.NAME]");
  }
  auto endpoint = named_endpoint(*found, environment);
  if (!endpoint) {
    return std::unexpected(std::move(endpoint.error()));
  }
  harness::providers::HttpEmbedderConfig config;
  config.model = model;
  config.endpoint = std::move(endpoint->address);
  config.missing_key_help = std::move(endpoint->missing_key_help);
  return harness::providers::http_embedder(std::move(config), catalogue);
}

}  // namespace

harness::Result<std::string> memory_url(const Configuration& configuration) {
  if (auto url = configuration.text("memory.store"); url) {
    return *std::move(url);
  }
  if (configuration.folders().state) {
    return "sqlite:" + *configuration.folders().state + "/memory.db";
  }
  return harness::fail(harness::RuntimeErrorCode::configuration_invalid,
                       "there is no folder for memories: set memory.store, ORCHESTRATOR_MEMORY, HOME or "
                       "XDG_STATE_HOME",
                       "memory.store");
}

std::string memory_user(const Configuration& configuration) { return configuration.text("memory.user").value_or(""); }

harness::Result<std::shared_ptr<Embedder>> memory_embedder(const Configuration& configuration,
                                                           const Environment& environment) {
  const Setting* setting = configuration.find("memory.embeddings");
  if (setting == nullptr) {
    return nullptr;
  }
  const auto model = harness::ModelRef::parse(std::get<std::string>(setting->value));
  if (!model) {
    return std::unexpected(model.error());
  }
  auto own = own_catalogue(configuration);
  if (!own) {
    return std::unexpected(std::move(own.error()));
  }
  harness::ModelCatalogue catalogue = harness::ModelCatalogue::built_in();
  catalogue.prepend(*own);
  auto embedder = embedder_of(*model, configuration, environment, catalogue);
  if (!embedder) {
    return harness::fail(RuntimeErrorCode::configuration_invalid,
                         setting->origin + ": 'memory.embeddings': " + embedder.error().message, setting->origin);
  }
  return embedder;
}

}  // namespace orchestrator::cli
