// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/content_blocks.hpp"

#include <algorithm>

#include "codec/media_source.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec::messages {
namespace {

Result<void> append_source(std::string& out, const MediaSource& source, std::string_view fallback_type) {
  ObjectWriter object(out);
  if (!source.is_inline()) {
    object.text("type", "url");
    object.text("url", source.url);
    object.end();
    return {};
  }
  const std::string_view type = source.media_type.empty() ? fallback_type : std::string_view(source.media_type);
  if (type.starts_with("text/")) {
    if (!source.bytes.is_loaded() || !event::is_valid_utf8(source.bytes.view())) {
      return fail(RuntimeErrorCode::invalid_argument, "a text file must be UTF-8: " + source.name, "input.file");
    }
    object.text("type", "text");
    object.text("media_type", "text/plain");
    object.text("data", source.bytes.view());
  } else {
    const auto data = media_base64(source);
    if (!data) return std::unexpected(data.error());
    object.text("type", "base64");
    object.text("media_type", type);
    object.text("data", *data);
  }
  object.end();
  return {};
}

}  // namespace

const std::string* text_in(const ContentPart& part) {
  if (const auto* text = std::get_if<TextPart>(&part)) return &text->text;
  if (const auto* json = std::get_if<JsonPart>(&part)) return &json->json.text;
  return nullptr;
}

void append_text_block(std::string& out, std::string_view text) {
  ObjectWriter object(out);
  object.text("type", "text");
  object.text("text", text);
  object.end();
}

Result<void> append_block(std::string& out, const ContentPart& part) {
  if (const std::string* text = text_in(part)) {
    append_text_block(out, *text);
    return {};
  }
  const auto* image = std::get_if<ImagePart>(&part);
  const auto* file = std::get_if<FilePart>(&part);
  if (image == nullptr && file == nullptr) {
    const bool is_audio = std::holds_alternative<AudioPart>(part);
    return fail(RuntimeErrorCode::capability_missing,
                is_audio ? "this provider takes no audio" : "this provider takes no video",
                is_audio ? "input.audio" : "input.video");
  }
  ObjectWriter object(out);
  object.text("type", image != nullptr ? "image" : "document");
  auto written = image != nullptr ? append_source(object.key("source"), image->source, "image/png")
                                  : append_source(object.key("source"), file->source, "application/pdf");
  if (!written) return written;
  if (file != nullptr && !file->source.name.empty()) object.text("title", file->source.name);
  object.end();
  return {};
}

Result<void> append_result_content(std::string& out, const std::vector<ContentPart>& parts) {
  const bool is_text = std::ranges::all_of(parts, [](const ContentPart& part) { return text_in(part) != nullptr; });
  if (is_text) {
    std::string text;
    for (const ContentPart& part : parts) {
      if (!text.empty()) text += '\n';
      text += *text_in(part);
    }
    event::append_json_string(out, text);
    return {};
  }
  out += '[';
  bool is_first = true;
  for (const ContentPart& part : parts) {
    const std::string* text = text_in(part);
    if (text != nullptr && text->empty()) continue;
    if (!is_first) out += ',';
    is_first = false;
    if (auto written = append_block(out, part); !written) return written;
  }
  out += ']';
  return {};
}

}  // namespace orchestrator::harness::codec::messages
