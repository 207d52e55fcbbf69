// SPDX-License-Identifier: Apache-2.0
#include "providers/local/local_embedder.hpp"

#include <utility>

#include "providers/http_embedder.hpp"

namespace orchestrator::harness::providers {
namespace {

ModelRef local_model() { return {ProviderId("local"), std::string(kLocalModel)}; }

}  // namespace

std::string LocalEmbedder::model() const { return local_model().str(); }

Awaitable<Result<EmbeddingBatch>> LocalEmbedder::embed(std::vector<std::string> texts, Deadline deadline) {
  LocalServer server(settings_);  // an object of its own: they may not be shared between threads
  auto found = co_await server.ensure(progress_, deadline);
  if (!found) co_return std::unexpected(std::move(found.error()));
  HttpEmbedderConfig config;
  config.model = local_model();
  config.endpoint.base_url = std::move(found->base_url);
  config.endpoint.api_key = std::move(found->api_key);
  config.price = price_;
  HttpEmbedder embedder(std::move(config));
  co_return co_await embedder.embed(std::move(texts), deadline);
}

}  // namespace orchestrator::harness::providers
