// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_content.hpp"

#include <cstddef>
#include <string_view>

#include "codec/media_source.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

std::unexpected<Error> cannot_take(std::string_view what) {
  return fail(RuntimeErrorCode::capability_missing, "this provider cannot take " + std::string(what));
}

std::string audio_format(std::string_view media_type) {
  if (media_type == "audio/mpeg" || media_type == "audio/mp3") return "mp3";
  if (media_type.empty() || media_type == "audio/wav" || media_type == "audio/x-wav" || media_type == "audio/wave") {
    return "wav";
  }
  const auto slash = media_type.find('/');
  return std::string(media_type.substr(slash == std::string_view::npos ? 0 : slash + 1));
}

Result<void> write_image(std::string& out, const ImagePart& image, const ChatInputs& inputs) {
  if (!inputs.image) return cannot_take("images");
  if (!image.source.is_inline() && !inputs.image_by_address) {
    return cannot_take("images by address: give their bytes");
  }
  const auto address = media_address(image.source, "image/png");
  if (!address) return std::unexpected(address.error());
  ObjectWriter object(out);
  object.text("type", "image_url");
  ObjectWriter inner(object.key("image_url"));
  inner.text("url", *address);
  if (!image.detail.empty()) inner.text("detail", image.detail);
  inner.end();
  object.end();
  return {};
}

Result<void> write_audio(std::string& out, const AudioPart& audio, const ChatInputs& inputs) {
  if (!inputs.audio) return cannot_take("audio");
  if (!audio.source.is_inline()) return cannot_take("audio by address: give its bytes");
  const auto data = media_base64(audio.source);
  if (!data) return std::unexpected(data.error());
  ObjectWriter object(out);
  object.text("type", "input_audio");
  ObjectWriter inner(object.key("input_audio"));
  inner.text("data", *data);
  inner.text("format", audio_format(audio.source.media_type));
  inner.end();
  object.end();
  return {};
}

Result<void> write_video(std::string& out, const VideoPart& video, const ChatInputs& inputs) {
  if (!inputs.video) return cannot_take("video");
  const auto address = media_address(video.source, "video/mp4");
  if (!address) return std::unexpected(address.error());
  ObjectWriter object(out);
  object.text("type", "video_url");
  ObjectWriter inner(object.key("video_url"));
  inner.text("url", *address);
  inner.end();
  object.end();
  return {};
}

Result<void> write_file(std::string& out, const FilePart& file, const ChatInputs& inputs) {
  if (!inputs.file) return cannot_take("files");
  if (!file.source.is_inline()) return cannot_take("files by address: give their bytes");
  const auto address = media_address(file.source, "application/pdf");
  if (!address) return std::unexpected(address.error());
  ObjectWriter object(out);
  object.text("type", "file");
  ObjectWriter inner(object.key("file"));
  inner.text("filename", file.source.name.empty() ? std::string_view("file") : std::string_view(file.source.name));
  inner.text("file_data", *address);
  inner.end();
  object.end();
  return {};
}

}  // namespace

const std::string* find_text(const ContentPart& part) {
  if (const auto* text = std::get_if<TextPart>(&part)) return &text->text;
  if (const auto* json = std::get_if<JsonPart>(&part)) return &json->json.text;
  return nullptr;
}

Result<void> append_chat_part(std::string& out, const ContentPart& part, const ChatInputs& inputs) {
  if (const auto* image = std::get_if<ImagePart>(&part)) return write_image(out, *image, inputs);
  if (const auto* audio = std::get_if<AudioPart>(&part)) return write_audio(out, *audio, inputs);
  if (const auto* video = std::get_if<VideoPart>(&part)) return write_video(out, *video, inputs);
  if (const auto* file = std::get_if<FilePart>(&part)) return write_file(out, *file, inputs);
  ObjectWriter object(out);
  object.text("type", "text");
  object.text("text", *find_text(part));
  object.end();
  return {};
}

Result<void> append_chat_content(std::string& out, const std::vector<ContentPart>& parts, const ChatInputs& inputs) {
  if (parts.empty() || (parts.size() == 1 && find_text(parts[0]) != nullptr)) {
    event::append_json_string(out, parts.empty() ? std::string_view() : std::string_view(*find_text(parts[0])));
    return {};
  }
  out += '[';
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += ',';
    if (auto written = append_chat_part(out, parts[i], inputs); !written) return written;
  }
  out += ']';
  return {};
}

}  // namespace orchestrator::harness::codec
