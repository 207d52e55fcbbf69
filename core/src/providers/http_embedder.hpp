// SPDX-License-Identifier: Apache-2.0
#pragma once

// The embedder behind an OpenAI-compatible `POST /embeddings`. Immutable, any thread; see `Embedder`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/embeddings/embeddings_decoder.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "providers/http_provider.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::harness::providers {

struct HttpEmbedderConfig {
  ModelRef model;
  HttpEndpoint endpoint;
  std::string missing_key_help;     // where not empty, a key is needed, and this says how to give one
  std::optional<ModelPrice> price;  // empty: as the catalogue says
};

class HttpEmbedder final : public Embedder {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit HttpEmbedder(HttpEmbedderConfig config) : config_(std::move(config)) {}

  [[nodiscard]] std::string model() const override { return config_.model.str(); }
  /// Texts go in requests of at most 64 texts and 256 KiB, one after another on one connection, which ends with the
  /// call: connections belong to an executor, and the next call may come from another.
  Awaitable<Result<EmbeddingBatch>> embed(std::vector<std::string> texts, Deadline deadline) override;

 private:
  Awaitable<Result<EmbeddingBatch>> embed_all(runtime::HttpClient* client, std::vector<std::string> texts,
                                              Deadline deadline) const;
  Awaitable<Result<codec::EmbeddingsAnswer>> ask(runtime::HttpClient* client, std::string body, std::size_t texts,
                                                 Deadline deadline) const;
  [[nodiscard]] std::optional<std::uint64_t> cost_of(const std::optional<std::uint64_t>& tokens) const;

  const HttpEmbedderConfig config_;
};

/// The embedder of a checked endpoint and model. Errors: `configuration_invalid` (address), `invalid_argument` (model).
[[nodiscard]] Result<std::shared_ptr<Embedder>> http_embedder(HttpEmbedderConfig config,
                                                              const ModelCatalogue& catalogue);

}  // namespace orchestrator::harness::providers
