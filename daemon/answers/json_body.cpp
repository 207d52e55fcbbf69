// SPDX-License-Identifier: Apache-2.0
#include "daemon/answers/json_body.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codec/lone_surrogates.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::daemon {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 128;

// Sees the names of members only: a second one of a name in one object ends the parse.
struct NameHandler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  std::vector<std::set<std::string>> objects;
  std::string name;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    objects.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    name.append(text.data(), text.size());
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code& error) {
    name.append(text.data(), text.size());
    if (!objects.back().insert(name).second) {
      error = json::error::exception;
      return false;
    }
    name.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

std::string place_of(std::string_view text, std::size_t at) {
  std::size_t line = 1;
  std::size_t start = 0;
  for (std::size_t i = 0; i < at && i < text.size(); ++i) {
    if (text[i] == '\n') {
      line += 1;
      start = i + 1;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(at - start + 1);
}

std::size_t first_bad_byte(std::string_view text) {
  std::size_t valid = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = 1;
    while (size <= 4 && at + size <= text.size() && !harness::event::is_valid_utf8(text.substr(at, size))) size += 1;
    if (size > 4 || at + size > text.size()) return valid;
    at += size;
    valid = at;
  }
  return valid;
}

ApiError refusal_of(std::string_view text, std::size_t at, const json::error_code& error) {
  const std::string where = place_of(text, at);
  if (error == json::error::too_deep) {
    return {.code = "json_too_deep",
            .message = "the body is nested more than 128 deep at " + where,
            .limit = std::uint64_t{kDepthMax}};
  }
  // For half a pair the parser has errors of several names, one of which is that of any broken text.
  if (harness::codec::rewrite_lone_surrogates(text, harness::codec::LoneSurrogates::replace) != text) {
    return {.code = "invalid_unicode", .message = "the body holds half a pair of surrogates at " + where};
  }
  return {.code = "invalid_json", .message = "the body is no JSON: " + error.message() + " at " + where};
}

ApiError of_violation(const harness::codec::SchemaViolation& violation) {
  const std::string_view keyword = violation.keyword;
  std::string code = "invalid_value";
  if (keyword == "additionalProperties") code = "unknown_field";
  if (keyword == "required") code = "missing_field";
  if (keyword == "type") code = "wrong_type";
  for (const std::string_view bound : {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
                                       "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}) {
    if (keyword == bound) code = "out_of_range";
  }
  const std::string subject = violation.pointer.empty() ? "the body" : violation.pointer;
  return {.code = std::move(code), .message = subject + " " + violation.message, .at = violation.pointer};
}

}  // namespace

std::expected<json::value, ApiError> parse_json_body(std::string_view text) {
  if (!harness::event::is_valid_utf8(text)) {
    const std::size_t at = first_bad_byte(text);
    return std::unexpected(ApiError{.code = "invalid_utf8",
                                    .message = "the body is not UTF-8 at byte " + std::to_string(at),
                                    .got = std::uint64_t{at}});
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::stream_parser parser({}, options);
  json::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error) return std::unexpected(refusal_of(text, used, error));
  json::basic_parser<NameHandler> names(options);
  const std::size_t seen = names.write_some(false, text.data(), text.size(), error);
  if (error) {
    const std::string& name = names.handler().name;
    return std::unexpected(
        ApiError{.code = "duplicate_key",
                 .message = "the member '" + name.substr(0, 64) + "' comes twice, again at " + place_of(text, seen)});
  }
  return parser.release();
}

std::expected<void, ApiError> check_json_body(const json::value& value, const harness::codec::JsonSchema& schema) {
  const auto violations = schema.check(value);
  if (violations.empty()) return {};
  // A name that is not known says more than the one that is missing because of it.
  for (const auto& violation : violations) {
    if (violation.keyword == "additionalProperties") return std::unexpected(of_violation(violation));
  }
  return std::unexpected(of_violation(violations.front()));
}

}  // namespace orchestrator::daemon
