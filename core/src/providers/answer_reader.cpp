// SPDX-License-Identifier: Apache-2.0
#include "providers/answer_reader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "codec/provider_failure.hpp"
#include "providers/answer_body.hpp"

namespace orchestrator::harness::providers {
namespace {

using CallResult = std::expected<void, ProviderCallFailure>;

// How long an answer that is complete may take to end its transfer, so that its connection can be used again.
constexpr std::chrono::milliseconds kConnectionEndTime{100};

enum class BodyKind : std::uint8_t { stream, json, page };

// Hosts are lax about the type of a stream; about HTML and JSON they are not.
BodyKind kind_of(const runtime::HttpResponseHead& head) {
  const std::string* type = head.find("content-type");
  if (type == nullptr) return BodyKind::stream;
  std::string lower = *type;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  if (lower.find("json") != std::string::npos) return BodyKind::json;
  if (lower.find("html") != std::string::npos) return BodyKind::page;
  return BodyKind::stream;
}

}  // namespace

AnswerReader::AnswerReader(runtime::HttpStream stream, const WireFormat* format, ProviderCallContext context,
                           ProviderSink* sink)
    : stream_(std::move(stream)), format_(format), context_(std::move(context)), sink_(sink) {}

std::unexpected<ProviderCallFailure> AnswerReader::failed(Error error) const {
  ProviderCallFailure failure;
  if (error.code == name_of(ProviderErrorCode::provider_connect_timeout)) {
    failure.timer = TimerKind::connect;
    failure.timer_ms = context_.timeouts.connect_ms;
  } else if (error.code == name_of(ProviderErrorCode::provider_first_byte_timeout)) {
    failure.timer = TimerKind::first_byte;
    failure.timer_ms = context_.timeouts.first_byte_ms;
  } else if (error.code == name_of(ProviderErrorCode::provider_stalled)) {
    failure.timer = TimerKind::idle;
    failure.timer_ms = context_.timeouts.idle_ms;
  }
  failure.error = std::move(error);
  return std::unexpected(std::move(failure));
}

Awaitable<CallResult> AnswerReader::read() {
  auto head = co_await stream_.head();
  if (!head) co_return failed(head.error());
  co_await sink_->headers(head->status, codec::request_id_of(pairs_of(head->headers)));
  const BodyKind kind = kind_of(*head);
  if (head->status != 200 || kind == BodyKind::page) co_return co_await read_failure(*std::move(head));
  if (kind == BodyKind::json) co_return co_await read_body();
  co_return co_await read_stream();
}

Awaitable<CallResult> AnswerReader::read_failure(runtime::HttpResponseHead head) {
  const codec::ProviderFailure failure = co_await providers::read_failure(&stream_, std::move(head));
  auto result = failed(failure.error);
  result.error().advice = codec::advice_of(failure);
  co_return result;
}

Awaitable<CallResult> AnswerReader::read_body() {
  const auto bytes_max = static_cast<std::size_t>(context_.limits.stream_bytes);
  auto body = co_await whole_body(&stream_, bytes_max);
  if (!body) co_return failed(body.error());
  std::vector<ProviderPart> parts = format_->decode_body(*body, context_.limits);
  co_await sink_->add(&parts);
  co_await sink_->flush();
  co_return CallResult();
}

Awaitable<CallResult> AnswerReader::read_stream() {
  auto decoder = format_->decoder(context_.limits);
  std::vector<ProviderPart> parts;
  std::string buffer;
  std::uint64_t skipped = 0;
  while (!decoder->done()) {
    auto more = co_await stream_.read(buffer, sink_->flush_at());
    if (!more) {
      co_await sink_->flush();
      co_return failed(more.error());
    }
    if (*more && buffer.empty()) {
      co_await sink_->flush();
      continue;
    }
    if (*more) {
      decoder->feed(buffer, parts);
    } else {
      decoder->finish(parts);
    }
    // Decoded events are progress, comments are not.
    if (!parts.empty() || decoder->skipped_events() != skipped) stream_.progress();
    skipped = decoder->skipped_events();
    if (!parts.empty()) co_await sink_->add(&parts);
    if (!*more) break;
  }
  co_await sink_->flush();
  co_await let_connection_go();
  co_return CallResult();
}

// Reads what is left of the transfer, for a moment, so that the connection can serve the next call.
Awaitable<void> AnswerReader::let_connection_go() {
  const auto deadline = std::chrono::steady_clock::now() + kConnectionEndTime;
  std::string buffer;
  for (;;) {
    auto more = co_await stream_.read(buffer, deadline);
    if (!more || !*more || buffer.empty()) co_return;
  }
}

}  // namespace orchestrator::harness::providers
