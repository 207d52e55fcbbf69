// SPDX-License-Identifier: Apache-2.0
#include "evals/case_json.hpp"

#include <array>
#include <utility>

#include "event/canonical_json.hpp"
#include "event/exact_json.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::harness::evals {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 128;
constexpr auto kMembers =
    std::to_array<std::string_view>({"expected", "id", "input", "source", "system", "tags", "tools"});

std::unexpected<Error> bad(std::string message, std::string at) {
  return fail(RuntimeErrorCode::invalid_argument, std::move(message), std::move(at));
}

Result<std::string> text_member(const json::object& object, std::string_view name, const std::string& at) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return bad("'" + std::string(name) + "' must be a text", at);
  return std::string(value->as_string());
}

MediaSource* source_of(ContentPart& part) {
  if (auto* image = std::get_if<ImagePart>(&part)) return &image->source;
  if (auto* audio = std::get_if<AudioPart>(&part)) return &audio->source;
  if (auto* video = std::get_if<VideoPart>(&part)) return &video->source;
  if (auto* file = std::get_if<FilePart>(&part)) return &file->source;
  return nullptr;
}

std::string_view type_of(const ContentPart& part) {
  static constexpr std::array<std::string_view, 6> kNames{"text", "image", "audio", "video", "file", "json"};
  return kNames.at(part.index());
}

Result<ContentPart> media_part(const std::string& type, const json::object& object, const std::string& at) {
  ContentPart part = ImagePart{};
  if (type == "audio") part = AudioPart{};
  if (type == "video") part = VideoPart{};
  if (type == "file") part = FilePart{};
  auto url = text_member(object, "url", at);
  if (!url) return std::unexpected(url.error());
  if (url->empty()) return bad("'url' is empty", at);
  source_of(part)->url = *std::move(url);
  if (object.contains("media_type")) {
    auto media_type = text_member(object, "media_type", at);
    if (!media_type) return std::unexpected(media_type.error());
    source_of(part)->media_type = *std::move(media_type);
  }
  return part;
}

Result<ContentPart> part_of(const json::value& value, const std::string& at) {
  if (!value.is_object()) return bad("a part must be an object with a 'type'", at);
  const json::object& object = value.get_object();
  auto type = text_member(object, "type", at);
  if (!type) return std::unexpected(type.error());
  const bool is_media = *type == "image" || *type == "audio" || *type == "video" || *type == "file";
  for (const auto& [name, member] : object) {
    const bool known = name == "type" || (is_media ? name == "url" || name == "media_type" : name == *type);
    if (!known) return bad("a part of type '" + *type + "' has no member '" + std::string(name) + "'", at);
  }
  if (is_media) return media_part(*type, object, at);
  if (*type == "text") {
    auto text = text_member(object, "text", at);
    if (!text) return std::unexpected(text.error());
    return TextPart{*std::move(text)};
  }
  if (*type == "json") {
    const json::value* content = object.if_contains("json");
    if (content == nullptr) return bad("a part of type 'json' needs the member 'json'", at);
    return JsonPart{{canonical_line(*content)}};
  }
  return bad("'" + *type + "' is no type of a part; allowed: text, json, image, audio, video, file", at);
}

Result<std::vector<ContentPart>> input_of(const json::value& value) {
  std::vector<ContentPart> parts;
  if (value.is_string()) {
    parts.emplace_back(TextPart{std::string(value.get_string())});
    return parts;
  }
  if (!value.is_array()) return bad("'input' must be a text or a list of parts", "input");
  for (const json::value& element : value.get_array()) {
    auto part = part_of(element, "input/" + std::to_string(parts.size()));
    if (!part) return std::unexpected(part.error());
    parts.push_back(*std::move(part));
  }
  return parts;
}

Result<void> read_rest(const json::object& object, EvalCase& one) {
  if (const json::value* expected = object.if_contains("expected")) one.expected = {canonical_line(*expected)};
  if (object.contains("system")) {
    auto system = text_member(object, "system", "system");
    if (!system) return std::unexpected(system.error());
    one.system = *std::move(system);
  }
  if (const json::value* tags = object.if_contains("tags")) {
    if (!tags->is_object()) return bad("'tags' must be an object of texts", "tags");
    for (const auto& [name, value] : tags->get_object()) {
      if (!value.is_string()) return bad("the tag '" + std::string(name) + "' must be a text", "tags");
      one.tags[std::string(name)] = std::string(value.get_string());
    }
  }
  if (const json::value* tools = object.if_contains("tools")) {
    if (!tools->is_array()) return bad("'tools' must be a list of names", "tools");
    one.tools.emplace();
    for (const json::value& name : tools->get_array()) {
      if (!name.is_string()) return bad("'tools' must be a list of names", "tools");
      one.tools->emplace_back(name.get_string());
    }
  }
  if (object.contains("source")) {
    auto text = text_member(object, "source", "source");
    if (!text) return std::unexpected(text.error());
    one.source = RunId::parse(*text);
    if (!one.source) return bad("'source' is no run id, such as run_01K...", "source");
  }
  return {};
}

json::value value_of(const RawJson& raw) {
  auto value = parse_json(raw.text);
  return value ? *std::move(value) : json::value(raw.text);
}

}  // namespace

std::string canonical_line(const json::value& value) {
  const std::string text = json::serialize(value);
  auto canonical = event::canonical_json(text);
  return canonical ? *std::move(canonical) : text;
}

Result<json::value> parse_json(std::string_view text) {
  auto value = event::parse_exact(text, kDepthMax);
  if (!value) return bad("no JSON: " + value.error().message, "");
  return value;
}

Result<EvalCase> case_of(const json::object& object) {
  for (const auto& [name, value] : object) {
    if (std::ranges::find(kMembers, std::string_view(name)) == kMembers.end()) {
      return bad(
          "'" + std::string(name) + "' is no member of a case" + event::did_you_mean(std::string(name), kMembers),
          std::string(name));
    }
  }
  EvalCase one;
  if (object.contains("id")) {
    auto id = text_member(object, "id", "id");
    if (!id) return std::unexpected(id.error());
    if (id->empty()) return bad("'id' is empty; leave it out to have one made", "id");
    one.id = *std::move(id);
  }
  const json::value* input = object.if_contains("input");
  if (input == nullptr) return bad("'input' is missing", "input");
  auto parts = input_of(*input);
  if (!parts) return std::unexpected(parts.error());
  one.input = *std::move(parts);
  if (auto read = read_rest(object, one); !read) return std::unexpected(read.error());
  return one;
}

Result<json::object> object_of(const EvalCase& one) {
  json::object object;
  object["id"] = one.id;
  json::array parts;
  for (const ContentPart& part : one.input) {
    json::object member{{"type", type_of(part)}};
    if (const auto* text = std::get_if<TextPart>(&part)) {
      member["text"] = text->text;
    } else if (const auto* content = std::get_if<JsonPart>(&part)) {
      member["json"] = value_of(content->json);
    } else {
      ContentPart copy = part;
      const MediaSource& source = *source_of(copy);
      if (source.is_inline()) {
        return fail(RuntimeErrorCode::not_supported, "the case " + one.id + " has media of its own, not an address",
                    one.id);
      }
      member["url"] = source.url;
      if (!source.media_type.empty()) member["media_type"] = source.media_type;
    }
    parts.emplace_back(std::move(member));
  }
  const bool is_text = one.input.size() == 1 && std::holds_alternative<TextPart>(one.input.front());
  object["input"] = is_text ? json::value(std::get<TextPart>(one.input.front()).text) : json::value(std::move(parts));
  if (one.expected) object["expected"] = value_of(*one.expected);
  if (one.system) object["system"] = *one.system;
  if (!one.tags.empty()) object["tags"] = json::value_from(one.tags);
  if (one.tools) object["tools"] = json::value_from(*one.tools);
  if (one.source) object["source"] = one.source->str();
  return object;
}

json::object hashed_members(const EvalCase& one) {
  json::array parts;
  for (const ContentPart& part : one.input) {
    json::object member{{"type", type_of(part)}};
    if (const auto* text = std::get_if<TextPart>(&part)) {
      member["text"] = text->text;
    } else if (const auto* content = std::get_if<JsonPart>(&part)) {
      member["json"] = value_of(content->json);
    } else {
      ContentPart copy = part;
      const MediaSource& source = *source_of(copy);
      member["media_type"] = source.media_type;
      member["bytes"] = source.is_inline() ? source.bytes.hash().str() : source.url;
    }
    parts.emplace_back(std::move(member));
  }
  json::object object{{"input", std::move(parts)}};
  if (one.expected) object["expected"] = value_of(*one.expected);
  if (one.system) object["system"] = *one.system;
  if (one.tools) object["tools"] = json::value_from(*one.tools);
  if (one.source) object["source"] = one.source->str();
  return object;
}

}  // namespace orchestrator::harness::evals
