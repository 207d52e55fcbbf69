// SPDX-License-Identifier: Apache-2.0
#include "codec/google_gemini/content_list.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/google_gemini/answer_parts.hpp"
#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"
#include "codec/media_source.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec::gemini {
namespace {

constexpr std::string_view kNotCarriedOut = "The call was not carried out.";

const std::string* text_in(const ContentPart& part) {
  if (const auto* text = std::get_if<TextPart>(&part)) return &text->text;
  if (const auto* json = std::get_if<JsonPart>(&part)) return &json->json.text;
  return nullptr;
}

const MediaSource* media_in(const ContentPart& part) {
  if (const auto* image = std::get_if<ImagePart>(&part)) return &image->source;
  if (const auto* audio = std::get_if<AudioPart>(&part)) return &audio->source;
  if (const auto* video = std::get_if<VideoPart>(&part)) return &video->source;
  if (const auto* file = std::get_if<FilePart>(&part)) return &file->source;
  return nullptr;
}

std::string_view fallback_type(const ContentPart& part) {
  if (std::holds_alternative<ImagePart>(part)) return "image/png";
  if (std::holds_alternative<AudioPart>(part)) return "audio/wav";
  return std::holds_alternative<VideoPart>(part) ? "video/mp4" : "application/pdf";
}

Result<void> append_part(std::string& out, const ContentPart& part) {
  ObjectWriter object(out);
  if (const std::string* text = text_in(part)) {
    object.text("text", *text);
    object.end();
    return {};
  }
  const MediaSource& source = *media_in(part);
  const std::string_view type = source.media_type.empty() ? fallback_type(part) : std::string_view(source.media_type);
  ObjectWriter data(object.key(source.is_inline() ? "inlineData" : "fileData"));
  data.text("mimeType", type);
  if (source.is_inline()) {
    const auto bytes = media_base64(source);
    if (!bytes) return std::unexpected(bytes.error());
    data.text("data", *bytes);
  } else {
    data.text("fileUri", source.url);
  }
  data.end();
  object.end();
  return {};
}

class ContentList {
 public:
  ContentList(std::string& out, const ProviderRequest& request)
      : out_(out), request_(request), used_(request.items.size(), false) {}
  Result<void> write();

 private:
  Result<void> take(std::size_t position);
  Result<void> take_message(const MessageItem& message, bool own);
  void write_model_text(std::string_view text, const RawJson& echo, bool own, bool is_thought);
  void take_call(std::size_t position, const ToolCallItem& call, bool own);
  Result<void> answer_calls();
  [[nodiscard]] const ToolResultItem* take_result(std::size_t call_position);
  void begin(std::string_view role);
  void end_content();

  std::string& next_part() {
    if (parts_++ > 0) out_ += ',';
    return out_;
  }

  std::string& out_;
  const ProviderRequest& request_;
  std::vector<bool> used_;          // results that have been written
  std::vector<std::size_t> calls_;  // of the model's content that is open
  std::string_view role_;           // of the open content
  std::size_t contents_ = 0;
  std::size_t parts_ = 0;
};

Result<void> ContentList::write() {
  out_ += '[';
  for (std::size_t i = 0; i < request_.items.size(); ++i) {
    if (auto taken = take(i); !taken) return taken;
  }
  if (auto answered = answer_calls(); !answered) return answered;
  end_content();
  out_ += ']';
  if (contents_ == 0) return fail(RuntimeErrorCode::invalid_argument, "the request holds no message", "input");
  return {};
}

void ContentList::begin(std::string_view role) {
  if (role_ == role) return;
  end_content();
  if (contents_++ > 0) out_ += ',';
  out_.append("{\"role\":\"").append(role).append("\",\"parts\":[");
  role_ = role;
  parts_ = 0;
}

void ContentList::end_content() {
  if (!role_.empty()) out_ += "]}";
  role_ = {};
}

Result<void> ContentList::take(std::size_t position) {
  const ConversationItem& item = *request_.items[position];
  const bool own = item.origin == kOrigin;
  if (const auto* message = std::get_if<MessageItem>(&item.value)) return take_message(*message, own);
  // Results are written with the call that they answer.
  if (std::holds_alternative<ToolResultItem>(item.value)) return answer_calls();
  if (const auto* refusal = std::get_if<RefusalItem>(&item.value)) {
    write_model_text(refusal->text, {}, false, false);
  } else if (const auto* reasoning = std::get_if<ReasoningItem>(&item.value)) {
    // Thought without a signature is of no use to the model.
    if (own && !reasoning->echo.text.empty()) write_model_text(reasoning->text, reasoning->echo, true, true);
  } else if (const auto* call = std::get_if<ToolCallItem>(&item.value)) {
    take_call(position, *call, own);
  } else if (const auto* other = std::get_if<OtherItem>(&item.value); other != nullptr && own) {
    if (other->native_type.ends_with("Metadata")) return {};  // it stood beside the parts
    begin("model");
    next_part() += other->echo.text;
  }
  return {};
}

void ContentList::write_model_text(std::string_view text, const RawJson& echo, bool own, bool is_thought) {
  const std::string_view signature = own ? slice_member(echo.text, "thoughtSignature") : std::string_view();
  if (text.empty() && signature.empty()) return;
  begin("model");
  ObjectWriter part(next_part());
  part.text("text", text);
  if (is_thought) part.flag("thought", true);
  if (!signature.empty()) part.raw("thoughtSignature", signature);
  part.end();
}

Result<void> ContentList::take_message(const MessageItem& message, bool own) {
  if (message.role != Role::assistant) {
    if (auto answered = answer_calls(); !answered) return answered;
    for (const ContentPart& part : message.parts) {
      const std::string* text = text_in(part);
      if (text != nullptr && text->empty()) continue;
      begin("user");
      if (auto written = append_part(next_part(), part); !written) return written;
    }
    return {};
  }
  for (const ContentPart& part : message.parts) {
    const std::string* text = text_in(part);
    if (text == nullptr) {
      return fail(RuntimeErrorCode::capability_missing, "this provider takes no media in messages of the assistant");
    }
    write_model_text(*text, message.echo, own, false);
  }
  return {};
}

void ContentList::take_call(std::size_t position, const ToolCallItem& call, bool own) {
  begin("model");
  ObjectWriter part(next_part());
  ObjectWriter function(part.key("functionCall"));
  const std::string_view id = own ? slice_member(call.echo.text, "id") : std::string_view();
  if (!id.empty()) function.raw("id", id);
  function.text("name", call.name);
  // Arguments must be an object; what the model got wrong goes back inside of one.
  const bool is_object = !call.custom && JsonDocument().parse_object(call.arguments).has_value();
  if (is_object) {
    function.raw("args", call.arguments);
  } else {
    ObjectWriter wrapped(function.key("args"));
    if (!call.arguments.empty()) wrapped.text(call.custom ? "input" : "invalid_arguments", call.arguments);
    wrapped.end();
  }
  function.end();
  const std::string_view signature = own ? slice_member(call.echo.text, "thoughtSignature") : std::string_view();
  if (!signature.empty()) part.raw("thoughtSignature", signature);
  part.end();
  calls_.push_back(position);
}

// The first result after the call that bears its id and stands before the next call of that id.
const ToolResultItem* ContentList::take_result(std::size_t call_position) {
  const std::string& id = std::get<ToolCallItem>(request_.items[call_position]->value).call_id;
  for (std::size_t i = call_position + 1; i < request_.items.size(); ++i) {
    const auto* again = std::get_if<ToolCallItem>(&request_.items[i]->value);
    if (again != nullptr && again->call_id == id) return nullptr;
    const auto* result = std::get_if<ToolResultItem>(&request_.items[i]->value);
    if (result == nullptr || used_[i] || result->call_id != id) continue;
    used_[i] = true;
    return result;
  }
  return nullptr;
}

Result<void> ContentList::answer_calls() {
  if (calls_.empty()) return {};
  begin("user");
  std::vector<const ContentPart*> media;  // a response holds text; what else was given follows it
  for (const std::size_t position : std::exchange(calls_, {})) {
    const ConversationItem& item = *request_.items[position];
    const auto& call = std::get<ToolCallItem>(item.value);
    const ToolResultItem* result = take_result(position);
    std::string text(result == nullptr ? kNotCarriedOut : std::string_view());
    static const std::vector<ContentPart> kNone;
    for (const ContentPart& part : result == nullptr ? kNone : result->parts) {
      if (const std::string* piece = text_in(part)) {
        text.append(text.empty() ? "" : "\n").append(*piece);
      } else {
        media.push_back(&part);
      }
    }
    ObjectWriter part(next_part());
    ObjectWriter response(part.key("functionResponse"));
    const std::string_view id = item.origin == kOrigin ? slice_member(call.echo.text, "id") : std::string_view();
    if (!id.empty()) response.raw("id", id);
    response.text("name", call.name);
    ObjectWriter value(response.key("response"));
    value.text(result == nullptr || result->is_error ? "error" : "output", text);
    value.end();
    response.end();
    part.end();
  }
  for (const ContentPart* part : media) {
    if (auto written = append_part(next_part(), *part); !written) return written;
  }
  return {};
}

}  // namespace

Result<void> append_content_list(std::string& out, const ProviderRequest& request) {
  return ContentList(out, request).write();
}

}  // namespace orchestrator::harness::codec::gemini
