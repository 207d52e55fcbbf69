// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/messages_decoder.hpp"

#include <utility>

#include "codec/chat_completions/chat_items.hpp"
#include "codec/json_slice.hpp"
#include "codec/provider_failure.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

Error too_long(std::uint64_t bytes_max) {
  std::string message = "the answer is longer than " + std::to_string(bytes_max) + " bytes";
  return ProviderError{ProviderErrorCode::provider_response_too_large, std::move(message), {}}.to_error();
}

Error truncated(std::string_view how) {
  return ProviderError{
      ProviderErrorCode::provider_stream_truncated, "the stream ended before the message did" + std::string(how), {}};
}

FinishReason finish_reason_of(std::string_view word) {
  if (word == "end_turn" || word == "stop_sequence") return FinishReason::stop;
  if (word == "tool_use") return FinishReason::tool_calls;
  if (word == "max_tokens" || word == "model_context_window_exceeded") return FinishReason::length;
  if (word == "pause_turn") return FinishReason::pause;
  if (word == "refusal") return FinishReason::refusal;
  return FinishReason::other;
}

Error failure_of(const json::object& event) {
  if (const json::object* error = find_object(event, "error")) return map_stream_error(*error);
  if (const auto message = find_string(event, "error")) return map_stream_error(*message);
  return map_stream_error(event);
}

}  // namespace

MessagesDecoder::MessagesDecoder(DecoderLimits limits)
    : limits_(limits), parser_(limits.stream_bytes), document_(limits.json_depth), blocks_(limits) {}

void MessagesDecoder::feed(std::string_view bytes, std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  SseEvent event;
  SseStep step = SseStep::event;
  while ((step = parser_.next(bytes, event)) == SseStep::event) read_event(event, Tail::no, sink);
  if (step == SseStep::too_large && !done_) fail_answer(too_long(limits_.stream_bytes), sink);
}

void MessagesDecoder::finish(std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  if (const auto tail = parser_.take_tail()) read_event(*tail, Tail::yes, sink);
  if (!done_) fail_answer(truncated(""), sink);
}

void MessagesDecoder::read_event(const SseEvent& event, Tail tail, PieceSink& out) {
  const bool is_mark = event.data == "[DONE]";
  if (done_) {
    if (!is_mark) ++skipped_;
    return;
  }
  if (is_mark) {
    // Of gateways, in place of `message_stop`.
    return stop_reason_.empty() ? fail_answer(truncated(" (the provider sent [DONE])"), out) : end_answer(out);
  }
  if (event.data.empty()) return;
  // Deltas may end or begin within a character.
  const auto object = document_.parse_object(event.data, LoneSurrogates::keep);
  if (!object) {
    // A last event without its blank line may be cut; then the answer is cut, not the JSON broken.
    if (tail == Tail::no) fail_answer(object.error(), out);
    return;
  }
  read_object(string_or(**object, "type", event.type), **object, event.data, out);
}

void MessagesDecoder::read_object(std::string_view type, const Object& event, std::string_view data, PieceSink& out) {
  if (type == "content_block_delta") return add_delta(event, data, out);
  if (type == "content_block_start") return start_block(event, data, out);
  if (type == "content_block_stop") return blocks_.stop(uint_or(event, "index", 0), out);
  if (type == "message_start") {
    const Object* message = find_object(event, "message");
    return start_message(message == nullptr ? event : *message, out);
  }
  if (type == "message_delta") {
    if (const Object* delta = find_object(event, "delta")) note_end(*delta);
    return note_usage(event);
  }
  if (type == "message_stop") return end_answer(out);
  const bool is_error = type == "error" || (type == "message" && find_member(event, "error") != nullptr);
  if (is_error) return fail_answer(failure_of(event), out);
  if (type != "ping") ++skipped_;
}

void MessagesDecoder::start_message(const Object& message, PieceSink& out) {
  const std::string id = without_lone_surrogates(string_or(message, "id"));
  if (has_started_) {
    if (id == message_id_) return;  // a gateway said it twice
    if (!blocks_.empty()) {
      return fail_answer(ProviderError{ProviderErrorCode::provider_stream_error,
                                       "the provider began its answer anew, as " + id + " after " + message_id_,
                                       {}},
                         out);
    }
    usage_ = {};
  }
  has_started_ = true;
  message_id_ = id;
  model_ = without_lone_surrogates(string_or(message, "model"));
  note_end(message);
  note_usage(message);
}

void MessagesDecoder::start_block(const Object& event, std::string_view data, PieceSink& out) {
  const Object* block = find_object(event, "content_block");
  if (block == nullptr) {
    ++skipped_;
    return;
  }
  const auto started = blocks_.start(uint_or(event, "index", 0), *block, slice_member(data, "content_block"), out);
  if (!started) fail_answer(started.error(), out);
}

void MessagesDecoder::add_delta(const Object& event, std::string_view data, PieceSink& out) {
  const Object* delta = find_object(event, "delta");
  if (delta == nullptr) {
    ++skipped_;
    return;
  }
  const auto added = blocks_.add(uint_or(event, "index", 0), *delta, slice_member(data, "delta"), out);
  if (!added) return fail_answer(added.error(), out);
  if (!*added) ++skipped_;
}

void MessagesDecoder::note_end(const Object& delta) {
  if (const auto reason = find_string(delta, "stop_reason")) stop_reason_ = without_lone_surrogates(*reason);
}

void MessagesDecoder::note_usage(const Object& holder) {
  if (const Object* usage = find_object(holder, "usage")) usage_.take(*usage);
}

void MessagesDecoder::end_answer(PieceSink& out) {
  blocks_.stop_all(out);
  if (const auto usage = usage_.sum()) out.part(event::UsageSeen{*usage});
  out.part(event::AnswerFinished{finish_reason_of(stop_reason_), stop_reason_, model_, message_id_});
  done_ = true;
}

void MessagesDecoder::fail_answer(Error error, PieceSink& out) {
  if (const auto usage = usage_.sum()) out.part(event::UsageSeen{*usage});
  out.part(event::AnswerFailed{std::move(error)});
  done_ = true;
}

void MessagesDecoder::read_body(std::string_view body, std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  if (body.size() > limits_.stream_bytes) return fail_answer(too_long(limits_.stream_bytes), sink);
  const auto object = document_.parse_object(body, LoneSurrogates::keep);
  if (!object) return fail_answer(object.error(), sink);
  const json::array* content = find_array(**object, "content");
  if (content == nullptr) return fail_answer(failure_of(**object), sink);
  start_message(**object, sink);
  JsonSlices texts(slice_member(body, "content"));
  std::string_view raw;
  for (std::uint64_t index = 0; index < content->size(); ++index) {
    if (!texts.next(raw)) raw = {};
    const Object* block = (*content)[index].if_object();
    if (block == nullptr) continue;
    if (const auto started = blocks_.start(index, *block, raw, sink); !started) {
      return fail_answer(started.error(), sink);
    }
    blocks_.stop(index, sink);
  }
  end_answer(sink);
}

std::vector<event::ProviderPart> decode_messages_body(std::string_view body, DecoderLimits limits) {
  std::vector<event::ProviderPart> parts;
  MessagesDecoder(limits).read_body(body, parts);
  return parts;
}

}  // namespace orchestrator::harness::codec
