// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/input_content.hpp"

#include <algorithm>

#include "codec/media_source.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec::responses {
namespace {

const std::string* text_in(const ContentPart& part) {
  if (const auto* text = std::get_if<TextPart>(&part)) return &text->text;
  if (const auto* json = std::get_if<JsonPart>(&part)) return &json->json.text;
  return nullptr;
}

Result<void> append_image(std::string& out, const ImagePart& image) {
  const auto address = media_address(image.source, "image/png");
  if (!address) return std::unexpected(address.error());
  ObjectWriter object(out);
  object.text("type", "input_image");
  object.text("image_url", *address);
  if (!image.detail.empty()) object.text("detail", image.detail);
  object.end();
  return {};
}

Result<void> append_file(std::string& out, const FilePart& file) {
  const auto address = media_address(file.source, "application/octet-stream");
  if (!address) return std::unexpected(address.error());
  ObjectWriter object(out);
  object.text("type", "input_file");
  if (file.source.is_inline()) {
    const bool is_pdf = file.source.media_type == "application/pdf";
    const std::string_view fallback = is_pdf ? "file.pdf" : "file.txt";
    object.text("filename", file.source.name.empty() ? fallback : std::string_view(file.source.name));
    object.text("file_data", *address);
  } else {
    object.text("file_url", *address);
  }
  object.end();
  return {};
}

Result<void> append_part(std::string& out, const ContentPart& part) {
  if (const std::string* text = text_in(part)) {
    ObjectWriter object(out);
    object.text("type", "input_text");
    object.text("text", *text);
    object.end();
    return {};
  }
  if (const auto* image = std::get_if<ImagePart>(&part)) return append_image(out, *image);
  if (const auto* file = std::get_if<FilePart>(&part)) return append_file(out, *file);
  const bool is_audio = std::holds_alternative<AudioPart>(part);
  return fail(RuntimeErrorCode::capability_missing,
              is_audio ? "this provider takes no audio" : "this provider takes no video",
              is_audio ? "input.audio" : "input.video");
}

}  // namespace

Result<void> append_input_content(std::string& out, const std::vector<ContentPart>& parts) {
  out += '[';
  for (std::size_t at = 0; at < parts.size(); ++at) {
    if (at > 0) out += ',';
    if (auto written = append_part(out, parts[at]); !written) return written;
  }
  out += ']';
  return {};
}

Result<void> append_tool_output(std::string& out, const std::vector<ContentPart>& parts) {
  const bool is_text = std::ranges::all_of(parts, [](const ContentPart& part) { return text_in(part) != nullptr; });
  if (!is_text) return append_input_content(out, parts);
  std::string text;
  for (const ContentPart& part : parts) {
    if (!text.empty()) text += '\n';
    text += *text_in(part);
  }
  event::append_json_string(out, text);
  return {};
}

void append_output_text(std::string& out, const std::vector<ContentPart>& parts) {
  const auto append = [&out](std::string_view text) {
    ObjectWriter object(out);
    object.text("type", "output_text");
    object.text("text", text);
    object.end();
  };
  if (parts.empty()) append({});
  for (std::size_t at = 0; at < parts.size(); ++at) {
    if (at > 0) out += ',';
    const std::string* text = text_in(parts[at]);
    append(text == nullptr ? std::string_view() : std::string_view(*text));
  }
}

void append_refusal_part(std::string& out, std::string_view text) {
  ObjectWriter object(out);
  object.text("type", "refusal");
  object.text("refusal", text);
  object.end();
}

}  // namespace orchestrator::harness::codec::responses
