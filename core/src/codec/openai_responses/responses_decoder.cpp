// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/responses_decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/json_slice.hpp"
#include "codec/openai_responses/response_end.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;
using responses::PartKind;

constexpr std::size_t kPrefixSize = std::string_view("response.").size();

struct DeltaEvent {
  std::string_view type;
  PartKind kind;
  const char* index_name;  // of the part within its item
};
constexpr std::array<DeltaEvent, 6> kDeltas{{
    {"response.output_text.delta", PartKind::text, "content_index"},
    {"response.function_call_arguments.delta", PartKind::arguments, ""},
    {"response.reasoning_summary_text.delta", PartKind::summary, "summary_index"},
    {"response.reasoning_text.delta", PartKind::reasoning, "content_index"},
    {"response.refusal.delta", PartKind::refusal, "content_index"},
    {"response.custom_tool_call_input.delta", PartKind::arguments, ""},
}};

const DeltaEvent* find_delta(std::string_view type) {
  for (const DeltaEvent& delta : kDeltas) {
    if (delta.type == type) return &delta;
  }
  return nullptr;
}

struct EndEvent {
  std::string_view type;
  PartKind kind;
  const char* index_name;
  const char* text_name;
};
constexpr std::array<EndEvent, 6> kEnds{{
    {"response.output_text.done", PartKind::text, "content_index", "text"},
    {"response.function_call_arguments.done", PartKind::arguments, "", "arguments"},
    {"response.reasoning_summary_text.done", PartKind::summary, "summary_index", "text"},
    {"response.reasoning_text.done", PartKind::reasoning, "content_index", "text"},
    {"response.refusal.done", PartKind::refusal, "content_index", "refusal"},
    {"response.custom_tool_call_input.done", PartKind::arguments, "", "input"},
}};

// Events that are known and add nothing to the answer: progress of tools that the provider runs, and signs of life.
bool is_progress(std::string_view type) {
  constexpr std::array<std::string_view, 16> kPrefixes{"response.web_search_call.",
                                                       "response.file_search_call.",
                                                       "response.code_interpreter_call",
                                                       "response.image_generation_call.",
                                                       "response.mcp_call",
                                                       "response.mcp_list_tools.",
                                                       "response.shell_call_",
                                                       "response.local_shell_call",
                                                       "response.apply_patch_call",
                                                       "response.computer_call",
                                                       "response.compaction.",
                                                       "response.audio.",
                                                       "response.reasoning_part.",
                                                       "response.tool_search_call",
                                                       "response.output_text.annotation.",
                                                       "keepalive"};
  return std::ranges::any_of(kPrefixes, [type](std::string_view prefix) { return type.starts_with(prefix); });
}

struct PartType {
  std::string_view type;
  PartKind kind;
  const char* index_name;
  const char* text_name;
};
constexpr std::array<PartType, 4> kPartTypes{{
    {"output_text", PartKind::text, "content_index", "text"},
    {"refusal", PartKind::refusal, "content_index", "refusal"},
    {"reasoning_text", PartKind::reasoning, "content_index", "text"},
    {"summary_text", PartKind::summary, "summary_index", "text"},
}};

const PartType* find_part_type(std::string_view type) {
  for (const PartType& part : kPartTypes) {
    if (part.type == type) return &part;
  }
  return nullptr;
}

Error too_long(std::uint64_t bytes_max) {
  std::string message = "the answer is longer than " + std::to_string(bytes_max) + " bytes";
  return ProviderError{ProviderErrorCode::provider_response_too_large, std::move(message), {}}.to_error();
}

}  // namespace

ResponsesDecoder::ResponsesDecoder(DecoderLimits limits)
    : limits_(limits), parser_(limits.stream_bytes), document_(limits.json_depth), items_(limits) {}

void ResponsesDecoder::feed(std::string_view bytes, std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  SseEvent event;
  SseStep step = SseStep::event;
  while ((step = parser_.next(bytes, event)) == SseStep::event) read_event(event, Tail::no, sink);
  if (step == SseStep::too_large && !done_) fail_answer(too_long(limits_.stream_bytes), sink);
}

void ResponsesDecoder::finish(std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  if (const auto tail = parser_.take_tail()) read_event(*tail, Tail::yes, sink);
  if (done_) return;
  fail_answer(ProviderError{ProviderErrorCode::provider_stream_truncated,
                            "the stream ended before the provider said that the answer is complete",
                            {}},
              sink);
}

void ResponsesDecoder::read_event(const SseEvent& event, Tail tail, PieceSink& out) {
  const bool is_mark = event.data == "[DONE]";
  if (done_) {
    if (!is_mark) ++skipped_;
    return;
  }
  if (is_mark) {
    fail_answer(ProviderError{ProviderErrorCode::provider_stream_truncated,
                              "the provider ended the stream without saying that the answer is complete",
                              {}},
                out);
    return;
  }
  if (event.data.empty() || read_flat_delta(event.data, out)) return;
  const auto object = document_.parse_object(event.data);
  if (!object) {
    // A last event without its blank line may be cut; then the answer is cut, not the JSON broken.
    if (tail == Tail::no) fail_answer(object.error(), out);
    return;
  }
  // A copy, because parsing once more would take the document's own away.
  std::string type(string_or(**object, "type", event.type));
  if (type == "message" && find_member(**object, "error") != nullptr) type = "error";
  if (find_delta(type) != nullptr && event.data.find("\\u") != std::string_view::npos) {
    // The delta may end or begin within a character.
    const auto kept = document_.parse_object(event.data, LoneSurrogates::keep);
    if (kept) read_object(type, **kept, event.data, out);
    return;
  }
  read_object(type, **object, event.data, out);
}

// The events of which there is one per token, without building a document. False where it takes more than that.
bool ResponsesDecoder::read_flat_delta(std::string_view data, PieceSink& out) {
  if (!flat_.read(data)) return false;
  bool escaped = false;
  const auto type = flat_.find_string("type", escaped);
  if (!type || escaped) return false;
  const DeltaEvent* event = find_delta(*type);
  if (event == nullptr) return false;
  bool id_escaped = false;
  const std::string_view item_id = flat_.find_string("item_id", id_escaped).value_or(std::string_view());
  const auto delta = flat_.find_string("delta", escaped);
  if (!delta || id_escaped) return false;
  std::string_view text = *delta;
  if (escaped) {
    scratch_.clear();
    append_unescaped(scratch_, *delta);
    text = scratch_;
  }
  append({event->kind, {flat_.find_uint("output_index"), item_id}, flat_.find_uint(event->index_name).value_or(0)},
         text, out);
  return true;
}

void ResponsesDecoder::read_object(std::string_view type, const Object& event, std::string_view data, PieceSink& out) {
  if (read_part_event(type, event, out)) return;
  if (type == "response.output_item.added") return read_item(event, data, false, out);
  if (type == "response.output_item.done") return read_item(event, data, true, out);
  if (type == "response.created" || type == "response.queued" || type == "response.in_progress") {
    if (const Object* response = find_object(event, "response")) note_response(*response);
    return;
  }
  if (type == "response.completed" || type == "response.incomplete" || type == "response.failed" ||
      type == "response.cancelled") {
    return end_answer(find_object(event, "response"), slice_member(data, "response"), type.substr(kPrefixSize), out);
  }
  if (type == "error") return fail_answer(responses::failure_of_event(event), out);
  if (!is_progress(type)) ++skipped_;
}

// Events of one part of an item. False for all others.
bool ResponsesDecoder::read_part_event(std::string_view type, const Object& event, PieceSink& out) {
  const auto address = [&event](PartKind kind, const char* index_name) {
    return PartAddress{
        kind, {find_uint(event, "output_index"), string_or(event, "item_id")}, uint_or(event, index_name, 0)};
  };
  if (const DeltaEvent* delta = find_delta(type)) {
    append(address(delta->kind, delta->index_name), string_or(event, "delta"), out);
    return true;
  }
  for (const EndEvent& end : kEnds) {
    if (type != end.type) continue;
    end_part(address(end.kind, end.index_name), find_string(event, end.text_name), out);
    return true;
  }
  if (type == "response.content_part.done" || type == "response.reasoning_summary_part.done") {
    const Object* part = find_object(event, "part");
    const PartType* known = part == nullptr ? nullptr : find_part_type(string_or(*part, "type"));
    if (known != nullptr) end_part(address(known->kind, known->index_name), find_string(*part, known->text_name), out);
    return true;
  }
  return type == "response.content_part.added" || type == "response.reasoning_summary_part.added";
}

void ResponsesDecoder::append(const PartAddress& address, std::string_view delta, PieceSink& out) {
  const auto item = items_.for_part(address.kind, address.item);
  if (!item) return fail_answer(item.error(), out);
  fail_unless((*item)->append(address.kind, address.index, delta, out), out);
}

void ResponsesDecoder::end_part(const PartAddress& address, std::optional<std::string_view> whole, PieceSink& out) {
  const auto item = items_.for_part(address.kind, address.item);
  if (!item) return fail_answer(item.error(), out);
  fail_unless((*item)->end_part(address.kind, address.index, whole, out), out);
}

void ResponsesDecoder::read_item(const Object& event, std::string_view data, bool is_end, PieceSink& out) {
  const responses::NativeItem native{find_object(event, "item"), slice_member(data, "item")};
  if (native.object == nullptr) {
    ++skipped_;
    return;
  }
  const auto output_index = find_uint(event, "output_index");
  if (!is_end) return fail_unless(items_.announce(native, output_index), out);
  fail_unless(items_.complete(native, output_index, out), out);
  if (!done_) items_.release(out);
}

void ResponsesDecoder::end_answer(const Object* response, std::string_view response_raw, std::string_view event_status,
                                  PieceSink& out) {
  if (response != nullptr) note_response(*response);
  const responses::ResponseEnd end = responses::read_end(response, event_status);
  const json::array* output = response == nullptr ? nullptr : find_array(*response, "output");
  Result<void> completed;
  if (end.status == responses::EndStatus::failed) {
    completed = std::unexpected(responses::failure_of_response(response));
  } else {
    completed = items_.complete_all(output, slice_member(response_raw, "output"), out);
    if (completed && items_.empty() && output == nullptr)
      completed = fail(ProviderErrorCode::provider_empty_response, "the provider completed an answer without output");
  }
  const auto usage = response == nullptr ? std::nullopt : responses::read_usage(*response);
  if (completed) items_.release(out);
  if (usage) out.part(event::UsageSeen{*usage});
  if (!completed) return fail_answer(completed.error(), out);
  const FinishReason reason = responses::finish_reason_of(end, {items_.has_calls(), items_.has_refusal()});
  out.part(event::AnswerFinished{reason, end.native, model_, response_id_});
  done_ = true;
}

void ResponsesDecoder::note_response(const Object& response) {
  if (const auto model = find_string(response, "model"); model && !model->empty()) model_ = *model;
  if (const auto id = find_string(response, "id"); id && !id->empty()) response_id_ = *id;
}

void ResponsesDecoder::fail_unless(const Result<void>& result, PieceSink& out) {
  if (!result) fail_answer(result.error(), out);
}

void ResponsesDecoder::fail_answer(Error error, PieceSink& out) {
  items_.release_rest(out);
  out.part(event::AnswerFailed{std::move(error)});
  done_ = true;
}

void ResponsesDecoder::read_body(std::string_view body, std::vector<event::ProviderPart>& out) {
  PieceSink sink(out);
  if (body.size() > limits_.stream_bytes) {
    return fail_answer(too_long(limits_.stream_bytes), sink);
  }
  const auto object = document_.parse_object(body);
  if (!object) return fail_answer(object.error(), sink);
  const bool is_response = find_array(**object, "output") != nullptr || find_string(**object, "status");
  if (!is_response) return fail_answer(responses::failure_of_event(**object), sink);
  const bool has_status = find_string(**object, "status").has_value();
  end_answer(*object, body, has_status ? "" : "completed", sink);
}

std::vector<event::ProviderPart> decode_responses_body(std::string_view body, DecoderLimits limits) {
  std::vector<event::ProviderPart> parts;
  ResponsesDecoder(limits).read_body(body, parts);
  return parts;
}

}  // namespace orchestrator::harness::codec
