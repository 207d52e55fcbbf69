// SPDX-License-Identifier: Apache-2.0
#include "providers/http_embedder.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <span>

#include "codec/embeddings/embeddings_encoder.hpp"
#include "event/json_writer.hpp"
#include "kernel/money.hpp"
#include "providers/answer_body.hpp"

namespace orchestrator::harness::providers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRequestTexts = 64;
constexpr std::size_t kRequestTextBytes = std::size_t{256} << 10;
// 64 vectors of 4,096 numbers, each written out in 24 bytes, with as much again for white space and what else there is.
constexpr std::size_t kAnswerBytes = std::size_t{12} << 20;
constexpr std::uint32_t kConnectMsMax = 15'000;

Result<void> check_texts(const std::vector<std::string>& texts) {
  const auto invalid = [](const std::string& at, const std::string& what) {
    return fail(RuntimeErrorCode::invalid_argument, at + " " + what, at);
  };
  if (texts.empty() || texts.size() > kEmbeddingTextsMax) {
    return invalid("texts", "has " + std::to_string(texts.size()) + " texts; 1 to " +
                                std::to_string(kEmbeddingTextsMax) + " are allowed");
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string at = "texts[" + std::to_string(i) + "]";
    if (texts[i].empty() || texts[i].size() > kEmbeddingTextBytesMax) {
      return invalid(at, "has " + std::to_string(texts[i].size()) + " bytes; 1 to " +
                             std::to_string(kEmbeddingTextBytesMax) + " are allowed");
    }
    if (!event::is_valid_utf8(texts[i])) return invalid(at, "is not valid UTF-8");
  }
  return {};
}

// How many texts, from the first on, go in one request: at least one.
std::size_t request_size(std::span<const std::string> texts) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const std::string& text : texts.first(std::min(texts.size(), kRequestTexts))) {
    bytes += text.size();
    if (count != 0 && bytes > kRequestTextBytes) break;
    ++count;
  }
  return count;
}

runtime::HttpRequest http_request(const HttpEndpoint& endpoint, std::string body, std::chrono::milliseconds time) {
  const auto time_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 1, UINT32_MAX));
  runtime::HttpRequest request;
  request.url = endpoint.base_url + "/embeddings";
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Accept", "application/json"});
  if (!endpoint.api_key.empty()) request.headers.push_back({"Authorization", "Bearer " + endpoint.api_key});
  for (const auto& [name, value] : endpoint.headers) request.headers.push_back({name, value});
  request.body = std::move(body);
  request.timeouts.connect_ms = std::min(time_ms, kConnectMsMax);
  request.timeouts.first_byte_ms = time_ms;
  request.timeouts.idle_ms = time_ms;
  request.timeouts.total_ms = time_ms;
  request.limits.body_bytes = kAnswerBytes;
  return request;
}

Error without_key(Error error, const std::string& key) {
  hide_key(error, key);
  return error;
}

}  // namespace

Awaitable<Result<EmbeddingBatch>> HttpEmbedder::embed(std::vector<std::string> texts, Deadline deadline) {
  if (auto checked = check_texts(texts); !checked) co_return std::unexpected(std::move(checked.error()));
  if (!config_.missing_key_help.empty() && config_.endpoint.api_key.empty()) {
    const std::string provider = config_.model.provider.str();
    co_return fail(RuntimeErrorCode::key_missing, "there is no key for " + provider + ": " + config_.missing_key_help,
                   provider);
  }
  auto executor = co_await boost::asio::this_coro::executor;
  runtime::HttpClient client(executor);
  auto batch = co_await embed_all(&client, std::move(texts), deadline);
  if (!batch) co_return std::unexpected(without_key(std::move(batch.error()), config_.endpoint.api_key));
  co_return batch;
}

Awaitable<Result<EmbeddingBatch>> HttpEmbedder::embed_all(runtime::HttpClient* client, std::vector<std::string> texts,
                                                          Deadline deadline) const {
  const auto began = Clock::now();
  EmbeddingBatch batch;
  batch.tokens = 0;
  for (std::size_t at = 0; at < texts.size();) {
    const std::size_t count = request_size(std::span(texts).subspan(at));
    std::string body = codec::encode_embeddings_request(config_.model.model, std::span(texts).subspan(at, count));
    auto answer = co_await ask(client, std::move(body), count, deadline);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (!batch.vectors.empty() && batch.vectors.front().size() != answer->vectors.front().size()) {
      co_return fail(ProviderErrorCode::provider_protocol_violation,
                     "one answer with embeddings has vectors of " + std::to_string(batch.vectors.front().size()) +
                         " numbers, the next of " + std::to_string(answer->vectors.front().size()));
    }
    std::ranges::move(answer->vectors, std::back_inserter(batch.vectors));
    if (!answer->tokens) batch.tokens.reset();
    if (batch.tokens) *batch.tokens += *answer->tokens;
    at += count;
  }
  batch.cost_micro_usd = cost_of(batch.tokens);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  batch.latency_us = static_cast<std::uint64_t>(took.count());
  co_return batch;
}

Awaitable<Result<codec::EmbeddingsAnswer>> HttpEmbedder::ask(runtime::HttpClient* client, std::string body,
                                                             std::size_t texts, Deadline deadline) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  if (left.count() <= 0) {
    co_return fail(ProviderErrorCode::provider_first_byte_timeout,
                   "there was no time left to ask " + config_.model.str() + " for embeddings");
  }
  auto stream = client->start(http_request(config_.endpoint, std::move(body), left));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  auto head = co_await stream->head();
  if (!head) co_return std::unexpected(std::move(head.error()));
  if (head->status != 200) {
    const codec::ProviderFailure failure = co_await read_failure(&*stream, *std::move(head));
    co_return std::unexpected(failure.error.to_error());
  }
  // Whatever type it says it has: hosts are lax about that, and a page is no JSON.
  // One byte more than allowed, so that an answer above the bound is the client's to refuse and never a cut one.
  auto answer = co_await whole_body(&*stream, kAnswerBytes + 1);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return codec::decode_embeddings(*answer, texts);
}

std::optional<std::uint64_t> HttpEmbedder::cost_of(const std::optional<std::uint64_t>& tokens) const {
  if (!tokens || !config_.price) return std::nullopt;
  // One price, whatever a catalogue says of long input: that is of one request, and these tokens are of several.
  ModelPrice price = *config_.price;
  price.long_input_above.reset();
  Usage usage;
  usage.input = *tokens;
  usage.output = 0;
  return kernel::cost_of(usage, price);
}

}  // namespace orchestrator::harness::providers
