// SPDX-License-Identifier: Apache-2.0
#include "codec/google_gemini/gemini_decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/chat_completions/chat_items.hpp"
#include "codec/json_slice.hpp"
#include "codec/provider_failure.hpp"
#include "codec/service_tier.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

Error too_long(std::uint64_t bytes_max) {
  std::string message = "the answer is longer than " + std::to_string(bytes_max) + " bytes";
  return ProviderError{ProviderErrorCode::provider_response_too_large, std::move(message), {}}.to_error();
}

FinishReason finish_reason_of(std::string_view word, bool has_calls) {
  constexpr std::array<std::string_view, 7> kFiltered{"SAFETY", "RECITATION", "BLOCKLIST",   "PROHIBITED_CONTENT",
                                                      "SPII",   "LANGUAGE",   "IMAGE_SAFETY"};
  if (word == "STOP") return has_calls ? FinishReason::tool_calls : FinishReason::stop;
  if (word == "MAX_TOKENS") return FinishReason::length;
  return std::ranges::find(kFiltered, word) != kFiltered.end() ? FinishReason::content_filter : FinishReason::other;
}

Error failure_of(const json::object& event) {
  if (const json::object* error = find_object(event, "error")) return map_stream_error(*error);
  if (const auto message = find_string(event, "error")) return map_stream_error(*message);
  return map_stream_error(event);
}

std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> left, std::optional<std::uint64_t> right) {
  if (!left && !right) return std::nullopt;
  return left.value_or(0) + right.value_or(0);
}

// The text of element `index` of an array.
std::string_view element(std::string_view array_text, std::size_t index) {
  JsonSlices elements(array_text);
  std::string_view value;
  for (std::size_t i = 0; elements.next(value); ++i) {
    if (i == index) return value;
  }
  return {};
}

// Media have prices of their own.
bool has_tokens_of(const json::object& usage, std::string_view details, std::string_view modality) {
  const json::array* list = find_array(usage, details);
  return list != nullptr && std::ranges::any_of(*list, [&](const json::value& value) {
           const json::object* detail = value.if_object();
           return detail != nullptr && string_or(*detail, "modality") == modality &&
                  uint_or(*detail, "tokenCount", 0) > 0;
         });
}

}  // namespace

GeminiDecoder::GeminiDecoder(DecoderLimits limits)
    : limits_(limits), parser_(limits.stream_bytes), document_(limits.json_depth), parts_(limits) {}

void GeminiDecoder::feed(std::string_view bytes, std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  SseEvent event;
  SseStep step = SseStep::event;
  while ((step = parser_.next(bytes, event)) == SseStep::event) read_event(event, Tail::no, sink);
  if (step == SseStep::too_large && !done_) fail_answer(too_long(limits_.stream_bytes), sink);
}

void GeminiDecoder::finish(std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  if (const auto tail = parser_.take_tail()) read_event(*tail, Tail::yes, sink);
  if (!done_) end_answer(sink);
}

void GeminiDecoder::read_event(const SseEvent& event, Tail tail, PieceSink& out) {
  if (done_) {
    ++skipped_;
    return;
  }
  if (event.data.empty() || event.data == "[DONE]") return;
  const auto object = document_.parse_object(event.data, LoneSurrogates::keep);
  if (!object) {
    // A last event without its blank line may be cut; then the answer is cut, not the JSON broken.
    if (tail == Tail::no) fail_answer(object.error(), out);
    return;
  }
  read_chunk(**object, event.data, out);
}

void GeminiDecoder::read_chunk(const Object& chunk, std::string_view data, PieceSink& out) {
  if (find_member(chunk, "error") != nullptr) return fail_answer(failure_of(chunk), out);
  if (const auto model = find_string(chunk, "modelVersion")) model_ = without_lone_surrogates(*model);
  if (const auto id = find_string(chunk, "responseId"); id && response_id_.empty()) {
    response_id_ = without_lone_surrogates(*id);
  }
  note_usage(chunk);
  if (const Object* feedback = find_object(chunk, "promptFeedback")) {
    if (const auto reason = find_string(*feedback, "blockReason")) block_reason_ = without_lone_surrogates(*reason);
  }
  const json::array* candidates = find_array(chunk, "candidates");
  if (candidates == nullptr) return;
  for (std::size_t i = 0; i < candidates->size() && !done_; ++i) {
    const Object* candidate = (*candidates)[i].if_object();
    if (candidate == nullptr || uint_or(*candidate, "index", 0) != 0) continue;
    read_candidate(*candidate, element(slice_member(data, "candidates"), i), out);
  }
}

void GeminiDecoder::read_candidate(const Object& candidate, std::string_view raw, PieceSink& out) {
  if (const Object* grounding = find_object(candidate, "groundingMetadata")) {
    const json::array* queries = find_array(*grounding, "webSearchQueries");
    has_searched_ = has_searched_ || (queries != nullptr && !queries->empty());
  }
  const Object* content = find_object(candidate, "content");
  const json::array* parts = content == nullptr ? nullptr : find_array(*content, "parts");
  if (parts != nullptr) {
    JsonSlices texts(slice_member(slice_member(raw, "content"), "parts"));
    for (const json::value& part : *parts) {
      std::string_view text;
      texts.next(text);
      const Object* object = part.if_object();
      if (object == nullptr) continue;
      if (const auto taken = parts_.take(*object, text, response_id_, out); !taken) {
        return fail_answer(taken.error(), out);
      }
    }
  }
  JsonSlices members(raw);
  std::string_view name;
  std::string_view value;
  while (members.next(name, value)) {
    if (name.ends_with("Metadata")) parts_.take_metadata(name, value);
  }
  if (const auto reason = find_string(candidate, "finishReason")) finish_reason_ = without_lone_surrogates(*reason);
}

// Cumulative: the last that came counts.
void GeminiDecoder::note_usage(const Object& chunk) {
  const Object* sent = find_object(chunk, "usageMetadata");
  if (sent == nullptr) return;
  Usage usage;
  usage.input = sum_of(read_token_count(*sent, "promptTokenCount", usage.invalid),
                       read_token_count(*sent, "toolUsePromptTokenCount", usage.invalid));
  usage.cached_input = read_token_count(*sent, "cachedContentTokenCount", usage.invalid);
  usage.reasoning = read_token_count(*sent, "thoughtsTokenCount", usage.invalid);
  usage.output = sum_of(read_token_count(*sent, "candidatesTokenCount", usage.invalid), usage.reasoning);
  usage.total = read_token_count(*sent, "totalTokenCount", usage.invalid);
  // What one chunk says of the price holds for all of the answer.
  const bool is_empty = usage == Usage{};
  if (usage_) usage.unpriced = usage_->unpriced;
  if (!is_empty || !usage_) usage_ = std::move(usage);
  if (has_tokens_of(*sent, "promptTokensDetails", "AUDIO")) add_unpriced(*usage_, "audio_input");
  for (const char* modality : {"AUDIO", "IMAGE"}) {
    if (has_tokens_of(*sent, "candidatesTokensDetails", modality)) add_unpriced(*usage_, "media_output");
  }
  add_service_tier(*usage_, string_or(*sent, "serviceTier"));
  add_service_tier(*usage_, string_or(*sent, "trafficType"));
}

void GeminiDecoder::give_usage(PieceSink& out) {
  if (!usage_) return;
  if (has_searched_) add_unpriced(*usage_, "hosted_tools");
  out.part(event::UsageSeen{*usage_});
}

void GeminiDecoder::end_answer(PieceSink& out) {
  if (finish_reason_.empty() && block_reason_.empty()) {
    return fail_answer(
        ProviderError{ProviderErrorCode::provider_stream_truncated, "the stream ended before a finish reason came", {}},
        out);
  }
  if (const auto finished = parts_.finish(response_id_, out); !finished) return fail_answer(finished.error(), out);
  give_usage(out);
  const bool is_blocked = finish_reason_.empty();
  out.part(event::AnswerFinished{
      is_blocked ? FinishReason::content_filter : finish_reason_of(finish_reason_, parts_.has_calls()),
      is_blocked ? "promptFeedback:" + block_reason_ : finish_reason_, model_, response_id_});
  done_ = true;
}

void GeminiDecoder::fail_answer(Error error, PieceSink& out) {
  give_usage(out);
  out.part(event::AnswerFailed{std::move(error)});
  done_ = true;
}

void GeminiDecoder::read_body(std::string_view body, std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  if (body.size() > limits_.stream_bytes) return fail_answer(too_long(limits_.stream_bytes), sink);
  const auto value = document_.parse(body, LoneSurrogates::keep);
  if (!value) return fail_answer(value.error(), sink);
  if (const json::array* chunks = (*value)->if_array()) {
    JsonSlices texts(body);
    for (const json::value& chunk : *chunks) {
      std::string_view text;
      texts.next(text);
      if (const Object* object = chunk.if_object(); object != nullptr && !done_) read_chunk(*object, text, sink);
    }
  } else if (const Object* object = (*value)->if_object()) {
    read_chunk(*object, body, sink);
  } else {
    return fail_answer(bad_json("expected an object or a list", body), sink);
  }
  if (!done_) end_answer(sink);
}

std::vector<event::ProviderPart> decode_gemini_body(std::string_view body, DecoderLimits limits) {
  std::vector<event::ProviderPart> parts;
  GeminiDecoder(limits).read_body(body, parts);
  return parts;
}

}  // namespace orchestrator::harness::codec
