// SPDX-License-Identifier: Apache-2.0
// The embedders that come with the library, from their settings.
#include <utility>

#include "providers/http_embedder.hpp"
#include "providers/local/local_embedder.hpp"

namespace orchestrator::harness {

Result<std::shared_ptr<Embedder>> openai_embedder(OpenAiConfig config, const std::string& model,
                                                  const ModelCatalogue& catalogue) {
  providers::HttpEmbedderConfig http;
  http.model = {ProviderId("openai"), model};
  http.endpoint.base_url = std::move(config.base_url);
  http.endpoint.api_key = std::move(config.api_key);
  auto& headers = http.endpoint.headers;
  if (!config.organization.empty()) headers.emplace_back("OpenAI-Organization", std::move(config.organization));
  if (!config.project.empty()) headers.emplace_back("OpenAI-Project", std::move(config.project));
  http.missing_key_help = "set OPENAI_API_KEY";
  return providers::http_embedder(std::move(http), catalogue);
}

Result<std::shared_ptr<Embedder>> chat_embedder(ChatConfig config, const std::string& model,
                                                const ModelCatalogue& catalogue) {
  providers::HttpEmbedderConfig http;
  http.model = {std::move(config.id), model};
  http.endpoint.base_url = config.base_url.empty() ? "http://127.0.0.1:8080/v1" : std::move(config.base_url);
  http.endpoint.api_key = std::move(config.api_key);
  return providers::http_embedder(std::move(http), catalogue);
}

std::shared_ptr<Embedder> local_embedder(LocalConfig config, const ModelCatalogue& catalogue) {
  ModelOffer offer;
  offer.model = {ProviderId("local"), std::string(providers::kLocalModel)};
  catalogue.complete(offer);
  return std::make_shared<providers::LocalEmbedder>(providers::find_local_settings(config.executable),
                                                    std::move(config.progress), std::move(offer.price));
}

namespace providers {

Result<std::shared_ptr<Embedder>> http_embedder(HttpEmbedderConfig config, const ModelCatalogue& catalogue) {
  // A model name has one form, wherever one is given.
  auto model = ModelRef::parse(config.model.str());
  if (!model) return std::unexpected(std::move(model.error()));
  auto& endpoint = config.endpoint;
  auto checked =
      checked_base_url(endpoint.base_url, !endpoint.api_key.empty(), config.model.provider.str() + ".base_url");
  if (!checked) return std::unexpected(std::move(checked.error()));
  endpoint.base_url = *std::move(checked);
  if (!config.price) {
    ModelOffer offer;
    offer.model = *std::move(model);
    catalogue.complete(offer);
    config.price = std::move(offer.price);
  }
  return std::make_shared<HttpEmbedder>(std::move(config));
}

}  // namespace providers

}  // namespace orchestrator::harness
