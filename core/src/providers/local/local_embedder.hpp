// SPDX-License-Identifier: Apache-2.0
#pragma once

// The embedder behind the shared local server, which the first call starts: the mean of what its model makes of a
// text's tokens. Immutable, any thread; see `Embedder`.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/embedder.hpp"
#include "providers/local/local_server.hpp"

namespace orchestrator::harness::providers {

class LocalEmbedder final : public Embedder {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  LocalEmbedder(LocalSettings settings, LocalProgress progress, std::optional<ModelPrice> price)
      : settings_(std::move(settings)), progress_(std::move(progress)), price_(std::move(price)) {}

  [[nodiscard]] std::string model() const override;
  /// A text of more than the server's 1,024 tokens is refused with `provider_server_error`.
  Awaitable<Result<EmbeddingBatch>> embed(std::vector<std::string> texts, Deadline deadline) override;

 private:
  const LocalSettings settings_;
  const LocalProgress progress_;
  const std::optional<ModelPrice> price_;
};

}  // namespace orchestrator::harness::providers
