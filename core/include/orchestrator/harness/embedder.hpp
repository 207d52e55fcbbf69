// SPDX-License-Identifier: Apache-2.0
#pragma once

// Vectors that stand for the meaning of texts, made by a provider's endpoint. Memories have them so that a search finds
// what says the same in other words (memory.hpp). Included by its own name: harness.hpp does without.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/catalogue.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness {

/// Bounds of one call.
inline constexpr std::size_t kEmbeddingTextsMax = 1'024;
inline constexpr std::size_t kEmbeddingTextBytesMax = std::size_t{32} << 10;
/// What one call is given by the tools of memory and by the command line, which go on without vectors after it.
inline constexpr std::chrono::seconds kEmbeddingTime{10};

/// What a call of an embedder gave, and what it took.
struct EmbeddingBatch {
  /// One for each text, in their order, all of one length: 1 to 4,096 finite numbers that are not all zero.
  std::vector<std::vector<float>> vectors;
  std::optional<std::uint64_t> tokens;  // of all texts, as the provider counts; empty is unknown, which is not zero
  std::uint64_t latency_us = 0;         // of the whole call
  /// Of all texts, rounded half up once. Empty where the tokens or the model's price are not known.
  std::optional<std::uint64_t> cost_micro_usd;
};

/// One model that makes vectors. Any thread; every awaitable runs on its caller's executor, and the object must outlive
/// it. Cancelling the awaitable closes the provider's socket at once.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Who makes the vectors, such as `openai/text-embedding-3-small`. Only vectors of one model are compared, so this
  /// goes with every vector into `Embedding::model`.
  [[nodiscard]] virtual std::string model() const = 0;
  /// A vector for each of 1 to `kEmbeddingTextsMax` texts, each of 1 to `kEmbeddingTextBytesMax` bytes of UTF-8.
  /// Nothing is tried again: what fails, fails whole. Errors: `invalid_argument` naming the text, `key_missing`,
  /// `cancelled`, and those of a provider, as a run would have them; at the deadline `provider_first_byte_timeout`,
  /// `provider_connect_timeout` or `provider_stalled`; for vectors that cannot be used `provider_protocol_violation`.
  virtual boost::asio::awaitable<Result<EmbeddingBatch>> embed(std::vector<std::string> texts,
                                                               std::chrono::steady_clock::time_point deadline) = 0;
};

/// An embedder at OpenAI's own address or a compatible one. `model` is the name after `openai/`; `catalogue` may know
/// its price, and is not kept. Without a key its calls fail with `key_missing`. Errors: `configuration_invalid`
/// (address), `invalid_argument` (model).
[[nodiscard]] Result<std::shared_ptr<Embedder>> openai_embedder(
    OpenAiConfig config, const std::string& model, const ModelCatalogue& catalogue = ModelCatalogue::built_in());

/// An embedder of any host that answers `POST {base_url}/embeddings` as OpenAI does: llama.cpp, Ollama, vLLM and the
/// like. For the rest as `openai_embedder`, and as `chat_provider` in what `config` says; `models` is not looked at.
[[nodiscard]] Result<std::shared_ptr<Embedder>> chat_embedder(
    ChatConfig config, const std::string& model, const ModelCatalogue& catalogue = ModelCatalogue::built_in());

/// An embedder that asks the small local model, `local/smollm2-135m-instruct`, whose server the first call starts; see
/// `local_provider`. It needs no key and nothing leaves the machine, but the model was made to answer and not for this:
/// docs/harness/memory-context-track.md has how much it finds. Texts of more than 1,024 tokens fail with
/// `provider_server_error`; where the model is not installed calls fail with `local_model_unavailable`.
[[nodiscard]] std::shared_ptr<Embedder> local_embedder(LocalConfig config,
                                                       const ModelCatalogue& catalogue = ModelCatalogue::built_in());

}  // namespace orchestrator::harness
