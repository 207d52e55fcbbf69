// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON payloads of providers, parsed over and over by one decoder: a parser that keeps its memory, and getters
// that take nothing for granted (documented members are missing, null or of another type on compatible hosts).
// One document belongs to one decoder and one thread. What it returns is valid until its next `parse`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec {

/// What becomes of an escape such as `\ud83d` without its other half, which JSON text may hold but UTF-8 cannot:
/// U+FFFD, or its three bytes in the manner of WTF-8, for `SurrogateJoiner` to join with the next delta.
enum class LoneSurrogates : std::uint8_t { replace, keep };

class JsonDocument {
 public:
  /// More values are refused: a few bytes of text, such as `[],`, make a value of many bytes.
  static constexpr std::size_t kValuesMax = 1UL << 19;

  explicit JsonDocument(std::uint32_t depth_max = 128);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  /// Parses one whole JSON text. Valid until the next call. Fails with `provider_bad_json`, whose message says what
  /// is wrong at which byte and quotes the first 200 bytes, for broken JSON, trailing bytes, invalid UTF-8 and
  /// nesting beyond `depth_max`; with `provider_response_too_large` for more than `kValuesMax` values.
  Result<const boost::json::value*> parse(std::string_view text, LoneSurrogates surrogates = LoneSurrogates::replace);

  /// The same where the value must be an object; anything else is `provider_bad_json` too.
  Result<const boost::json::object*> parse_object(std::string_view text,
                                                  LoneSurrogates surrogates = LoneSurrogates::replace);

 private:
  static constexpr std::size_t kBlockBytes = 4'096;

  boost::json::error_code parse_once(boost::json::parser& parser, std::string_view text, std::size_t& consumed);

  std::uint32_t depth_max_;
  std::unique_ptr<unsigned char[]> block_;
  std::optional<boost::json::monotonic_resource> memory_;  // of one parse
  boost::json::parser parser_;
  std::optional<boost::json::value> value_;  // lives in memory_
};

/// A `provider_bad_json` error: `problem`, then the first 200 bytes of `text`, escaped and free of keys.
[[nodiscard]] Error bad_json(std::string_view problem, std::string_view text);

/// `text` with quotes, backslashes, control characters and non-ASCII bytes escaped as in C, cut after `bytes_max` input
/// bytes and then marked by `...`.
[[nodiscard]] std::string escape_excerpt(std::string_view text, std::size_t bytes_max = 200);

// Members of objects. A missing member, null and a value of another type all give the fallback.
// Views and pointers are valid as long as the object.

/// The member, or null where it is missing or JSON null.
[[nodiscard]] const boost::json::value* find_member(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::object* find_object(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::array* find_array(const boost::json::object& object, std::string_view name);
/// The member where it is a string (an empty one is not null).
[[nodiscard]] std::optional<std::string_view> find_string(const boost::json::object& object, std::string_view name);
/// The member where it is a whole number from 0 to 2^64-1.
[[nodiscard]] std::optional<std::uint64_t> find_uint(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::string_view string_or(const boost::json::object& object, std::string_view name,
                                         std::string_view fallback = {});
[[nodiscard]] std::uint64_t uint_or(const boost::json::object& object, std::string_view name, std::uint64_t fallback);
[[nodiscard]] bool bool_or(const boost::json::object& object, std::string_view name, bool fallback);

/// The largest token count that is believed.
inline constexpr std::uint64_t kTokenCountMax = 1'000'000'000'000;

/// How many values a value is made of, itself included.
[[nodiscard]] std::size_t count_values(const boost::json::value& value);

/// A token count. Empty where it is missing or null; also empty, with `invalid` set, where it is no whole number from
/// 0 to `kTokenCountMax`: negative, fractional, absurd, or a string.
[[nodiscard]] std::optional<std::uint64_t> read_token_count(const boost::json::object& object, std::string_view name,
                                                            bool& invalid);

}  // namespace orchestrator::harness::codec
