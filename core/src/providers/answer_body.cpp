// SPDX-License-Identifier: Apache-2.0
#include "providers/answer_body.hpp"

#include <algorithm>
#include <utility>

#include "runtime/wall_clock.hpp"

namespace orchestrator::harness::providers {
namespace {

constexpr std::size_t kErrorBodyBytes = 64UL << 10;

void hide(std::string& text, const std::string& secret) {
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

Awaitable<Result<std::string>> whole_body(runtime::HttpStream* stream, std::size_t bytes_max) {
  std::string body;
  std::string buffer;
  while (body.size() < bytes_max) {
    auto more = co_await stream->read(buffer);
    if (!more) co_return std::unexpected(more.error());
    body.append(buffer, 0, std::min(buffer.size(), bytes_max - body.size()));
    if (!*more) break;
  }
  co_return body;
}

Awaitable<codec::ProviderFailure> read_failure(runtime::HttpStream* stream, runtime::HttpResponseHead head) {
  auto body = co_await whole_body(stream, kErrorBodyBytes);
  const std::string text = body ? *std::move(body) : std::string();
  co_return codec::map_http_failure(head.status, pairs_of(head.headers), text, {}, runtime::wall_now());
}

codec::Headers pairs_of(const std::vector<runtime::HttpHeader>& headers) {
  codec::Headers pairs;
  for (const runtime::HttpHeader& header : headers) pairs.emplace_back(header.name, header.value);
  return pairs;
}

void hide_key(Error& error, const std::string& key) {
  if (key.size() < 4) return;
  hide(error.message, key);
  for (ErrorCause& cause : error.cause) hide(cause.message, key);
}

}  // namespace orchestrator::harness::providers
