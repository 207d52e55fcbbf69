// SPDX-License-Identifier: Apache-2.0
#include "event/exact_json.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace orchestrator::harness::event {
namespace {

namespace json = boost::json;

// What json::parser does, but for doubles. The text is given in one piece, so on_number_part is called only for a
// number at the very end of it, and holds what on_double's own text leaves out.
struct ExactHandler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  explicit ExactHandler(json::storage_ptr of_value) : storage(std::move(of_value)) {}

  json::storage_ptr storage;
  std::array<unsigned char, 2048> room{};  // for the stack of most texts
  json::value_stack stack{{}, room.data(), room.size()};
  std::string number_part;

  bool on_document_begin(json::error_code&) {
    stack.reset(storage);
    return true;
  }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t members, json::error_code&) {
    stack.push_object(members);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t elements, json::error_code&) {
    stack.push_array(elements);
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code&) {
    stack.push_key(text);
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t, json::error_code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, std::size_t, json::error_code&) {
    stack.push_string(text);
    return true;
  }
  bool on_number_part(json::string_view text, json::error_code&) {
    number_part.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    number_part.clear();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    number_part.clear();
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view text, json::error_code&) {
    number_part.append(text.data(), text.size());
    double exact = 0;
    const auto read = std::from_chars(number_part.data(), number_part.data() + number_part.size(), exact);
    stack.push_double(read.ec == std::errc() ? exact : value);
    number_part.clear();
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

Result<json::value> parse_exact(std::string_view text, std::size_t depth_max, json::storage_ptr storage) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::basic_parser<ExactHandler> parser(options, std::move(storage));
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = json::error::extra_data;
  if (error) {
    return fail(RuntimeErrorCode::journal_damaged,
                "not valid JSON near byte " + std::to_string(used) + ": " + error.message());
  }
  return parser.handler().stack.release();
}

}  // namespace orchestrator::harness::event
