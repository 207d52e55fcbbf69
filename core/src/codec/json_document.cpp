// SPDX-License-Identifier: Apache-2.0
#include "codec/json_document.hpp"

#include <utility>

#include "codec/json_value_count.hpp"
#include "codec/key_redaction.hpp"
#include "codec/lone_surrogates.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

json::parse_options options_of(std::uint32_t depth_max, bool allow_invalid_utf8) {
  json::parse_options options;
  options.max_depth = depth_max;
  options.allow_invalid_utf8 = allow_invalid_utf8;
  return options;
}

// Boost.JSON calls an escaped half of a surrogate pair a syntax error like any other.
bool has_surrogate_escape(std::string_view text) {
  return text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
}

}  // namespace

JsonDocument::JsonDocument(std::uint32_t depth_max)
    : depth_max_(depth_max),
      block_(std::make_unique_for_overwrite<unsigned char[]>(kBlockBytes)),
      parser_(json::storage_ptr(), options_of(depth_max, false)) {}

json::error_code JsonDocument::parse_once(json::parser& parser, std::string_view text, std::size_t& consumed) {
  json::error_code code;
  value_.reset();
  parser.reset();  // frees what an earlier failure left behind
  // A new one, not a released one: that would ask for twice as much with each block, until there is none (Boost 1.81).
  memory_.emplace(block_.get(), kBlockBytes);
  parser.reset(&*memory_);
  consumed = parser.write(text.data(), text.size(), code);
  if (!code) value_.emplace(parser.release());
  return code;
}

Result<const json::value*> JsonDocument::parse(std::string_view text, LoneSurrogates surrogates) {
  if (has_more_values(text, kValuesMax)) {
    return fail(ProviderErrorCode::provider_response_too_large,
                "the provider sent JSON of more than " + std::to_string(kValuesMax) + " values");
  }
  std::size_t consumed = 0;
  json::error_code code = parse_once(parser_, text, consumed);
  if (code && has_surrogate_escape(text)) {
    const std::string rewritten = rewrite_lone_surrogates(text, surrogates);
    if (surrogates == LoneSurrogates::replace) {
      code = parse_once(parser_, rewritten, consumed);
    } else if (event::is_valid_utf8(text)) {
      json::parser lenient(json::storage_ptr(), options_of(depth_max_, true));
      code = parse_once(lenient, rewritten, consumed);
    }
  }
  if (!code) return &*value_;
  parser_.reset();
  std::string problem = code.message();
  if (code == json::error::too_deep) problem = "nested deeper than " + std::to_string(depth_max_);
  return std::unexpected(bad_json(problem + " at byte " + std::to_string(consumed), text));
}

Result<const json::object*> JsonDocument::parse_object(std::string_view text, LoneSurrogates surrogates) {
  const auto value = parse(text, surrogates);
  if (!value) return std::unexpected(value.error());
  if (const json::object* object = (*value)->if_object()) return object;
  return std::unexpected(bad_json("expected an object", text));
}

Error bad_json(std::string_view problem, std::string_view text) {
  std::string message = "the provider sent JSON that cannot be used: ";
  message += problem;
  message += "; it begins with \"";
  // Keys are looked for before the cut, which might leave a part of one that nothing tells from other text.
  constexpr std::size_t kSearched = 1'000;
  message += escape_excerpt(redact_keys(text.substr(0, kSearched)));
  message += '"';
  return ProviderError{ProviderErrorCode::provider_bad_json, std::move(message), {}}.to_error();
}

std::string escape_excerpt(std::string_view text, std::size_t bytes_max) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char character : text.substr(0, bytes_max)) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (character == '\n') {
      out += "\\n";
    } else if (character == '\r') {
      out += "\\r";
    } else if (character == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15U];
    } else {
      out += character;
    }
  }
  if (text.size() > bytes_max) out += "...";
  return out;
}

const json::value* find_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::object* find_object(const json::object& object, std::string_view name) {
  const json::value* value = find_member(object, name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* find_array(const json::object& object, std::string_view name) {
  const json::value* value = find_member(object, name);
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<std::string_view> find_string(const json::object& object, std::string_view name) {
  const json::value* value = find_member(object, name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::uint64_t> find_uint(const json::object& object, std::string_view name) {
  const json::value* value = find_member(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  json::error_code code;
  const auto number = value->to_number<std::uint64_t>(code);
  if (code) return std::nullopt;
  return number;
}

std::string_view string_or(const json::object& object, std::string_view name, std::string_view fallback) {
  return find_string(object, name).value_or(fallback);
}

std::uint64_t uint_or(const json::object& object, std::string_view name, std::uint64_t fallback) {
  return find_uint(object, name).value_or(fallback);
}

bool bool_or(const json::object& object, std::string_view name, bool fallback) {
  const json::value* value = find_member(object, name);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

std::optional<std::uint64_t> read_token_count(const json::object& object, std::string_view name, bool& invalid) {
  if (find_member(object, name) == nullptr) return std::nullopt;
  const auto count = find_uint(object, name);
  if (count && *count <= kTokenCountMax) return count;
  invalid = true;
  return std::nullopt;
}

// As deep as the parser allows.
std::size_t count_values(const json::value& value) {
  std::size_t count = 1;
  if (const json::array* list = value.if_array()) {
    for (const json::value& element : *list) count += count_values(element);
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) count += count_values(member.value());
  }
  return count;
}

}  // namespace orchestrator::harness::codec
