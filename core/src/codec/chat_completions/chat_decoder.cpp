// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_decoder.hpp"

#include <utility>

#include "codec/chat_completions/bare_numbers.hpp"
#include "codec/lossy_utf8.hpp"
#include "codec/provider_failure.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Error too_large(std::uint64_t bytes_max) {
  return ProviderError{ProviderErrorCode::provider_response_too_large,
                       "the answer is longer than " + std::to_string(bytes_max) + " bytes",
                       {}};
}

Result<const json::value*> parse_leniently(JsonDocument& document, std::string_view text) {
  auto value = document.parse(text, LoneSurrogates::keep);
  if (value || value.error().code != name_of(ProviderErrorCode::provider_bad_json)) return value;
  if (const auto quoted = quote_bare_numbers(text)) {
    if (auto again = document.parse(*quoted, LoneSurrogates::keep)) return again;
  }
  return value;
}

}  // namespace

ChatDecoder::ChatDecoder(ChatDecoderOptions options, DecoderLimits limits)
    : limits_(limits), parser_(limits.stream_bytes), document_(limits.json_depth), answer_(options, limits) {}

void ChatDecoder::feed(std::string_view bytes, std::vector<event::ProviderPart>& out) {
  SseEvent event;
  for (;;) {
    const SseStep step = parser_.next(bytes, event);
    if (step == SseStep::event) {
      take_event(event, out);
      continue;
    }
    if (step == SseStep::too_large && !answer_.done()) answer_.fail(too_large(limits_.stream_bytes), out);
    return;
  }
}

void ChatDecoder::take_event(const SseEvent& event, std::vector<event::ProviderPart>& out) {
  const std::string_view data = trim(event.data);
  if (answer_.done() || data.empty()) {
    ++skipped_;
    return;
  }
  if (data == "[DONE]") return answer_.finish(out);
  if (event.type == "error") return take_error_event(data, out);
  take_chunk(data, event.type == "message", out);
}

void ChatDecoder::take_chunk(std::string_view data, bool is_message, std::vector<event::ProviderPart>& out) {
  if (const auto text = repeated_.read(data, scratch_)) return answer_.repeat(repeated_.field(), *text, out);
  const auto value = parse_leniently(document_, data);
  if (value) {
    take_value(**value, out);
    learn(data, **value);
  } else if (is_message) {
    answer_.fail(value.error(), out);
  } else {
    ++skipped_;  // an event of the host's own, such as a ping
  }
}

// Remembers a chunk that did nothing but add text.
void ChatDecoder::learn(std::string_view data, const json::value& value) {
  const std::string_view field = answer_.plain_field();
  if (field.empty() || !value.is_object()) return repeated_.forget();
  const auto* choice = find_array(value.get_object(), "choices")->front().if_object();
  repeated_.learn(data, field, string_or(*find_object(*choice, "delta"), field));
}

// Groq's form: the name says it, whatever the data is.
void ChatDecoder::take_error_event(std::string_view data, std::vector<event::ProviderPart>& out) {
  const auto object = document_.parse_object(data);
  answer_.fail(object ? map_stream_error(**object) : map_stream_error(data), out);
}

void ChatDecoder::take_value(const json::value& value, std::vector<event::ProviderPart>& out) {
  const auto* object = value.if_object();
  if (const auto* list = value.if_array(); list != nullptr && list->size() == 1) object = list->front().if_object();
  if (object == nullptr || !answer_.take(*object, out)) ++skipped_;
}

void ChatDecoder::finish(std::vector<event::ProviderPart>& out) {
  if (answer_.done()) return;
  if (const auto tail = parser_.take_tail()) {
    const std::string_view data = trim(tail->data);
    if (data == "[DONE]") return answer_.finish(out);
    // A half line is no event; a whole one that only lacks its blank line is.
    if (const auto value = parse_leniently(document_, data); value && tail->type != "error") {
      take_value(**value, out);
    } else if (value) {
      take_error_event(data, out);
    }
    if (answer_.done()) return;
  }
  if (answer_.has_finish_reason()) return answer_.finish(out);
  answer_.fail(ProviderError{ProviderErrorCode::provider_stream_truncated,
                             "the stream ended without a finish reason and without [DONE]",
                             {}},
               out);
}

std::vector<event::ProviderPart> decode_chat_body(std::string_view body, ChatDecoderOptions options,
                                                  DecoderLimits limits) {
  std::vector<event::ProviderPart> out;
  ChatAnswer answer(options, limits);
  JsonDocument document(limits.json_depth);
  if (body.size() > limits.stream_bytes) {
    answer.fail(too_large(limits.stream_bytes), out);
    return out;
  }
  std::string text;
  append_lossy_utf8(text, body.starts_with("\xEF\xBB\xBF") ? body.substr(3) : body);
  const auto value = parse_leniently(document, text);
  if (!value) {
    answer.fail(value.error(), out);
  } else if (const auto* object = (*value)->if_object(); object == nullptr) {
    answer.fail(bad_json("expected an object", text), out);
  } else {
    answer.take(*object, out);
    if (!answer.done()) answer.finish(out);
  }
  return out;
}

}  // namespace orchestrator::harness::codec
