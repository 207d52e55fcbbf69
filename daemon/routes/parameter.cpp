// SPDX-License-Identifier: Apache-2.0
#include "daemon/routes/parameter.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>

#include "event/timestamp.hpp"

namespace orchestrator::daemon {
namespace {

using Kind = Parameter::Kind;
using Checked = std::expected<void, ApiError>;

constexpr std::size_t kShownBytes = 64;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// RFC 3339 in UTC, with or without fractions of a second.
std::optional<harness::WallTime> parse_time(std::string text) {
  constexpr std::size_t kWholeSeconds = 19;
  if (text.size() < kWholeSeconds + 1 || text.back() != 'Z') return std::nullopt;
  std::string fraction;
  if (text.size() > kWholeSeconds + 1) {
    if (text[kWholeSeconds] != '.') return std::nullopt;
    fraction = text.substr(kWholeSeconds + 1, text.size() - kWholeSeconds - 2);
  }
  if (fraction.size() > 9) return std::nullopt;
  fraction.resize(6, '0');
  return harness::event::parse_rfc3339(text.substr(0, kWholeSeconds) + "." + fraction + "Z");
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

Checked refuse(const Parameter& parameter, std::string_view code, const std::string& why, const std::string& value,
               boost::json::value limit = nullptr) {
  // An id names something after all; what it was is cut, for it may be anything.
  return std::unexpected(ApiError{.code = std::string(parameter.error_code.empty() ? code : parameter.error_code),
                                  .message = std::string(parameter.name) + " " + why,
                                  .at = std::string(parameter.name),
                                  .limit = std::move(limit),
                                  .got = boost::json::value(value.substr(0, kShownBytes))});
}

template <class Id>
Checked check_id(const Parameter& parameter, const std::string& value, const char* shape) {
  if (Id::parse(value)) return {};
  return refuse(parameter, "invalid_id", std::string("is no id; one looks like ") + shape, value);
}

Checked check_value(const Parameter& parameter, const std::string& value) {
  switch (parameter.kind) {
    case Kind::text:
      if (value.size() >= parameter.least && value.size() <= parameter.most) return {};
      return refuse(parameter, "out_of_range",
                    "must have " + std::to_string(parameter.least) + " to " + std::to_string(parameter.most) + " bytes",
                    value, parameter.most);
    case Kind::number: {
      const auto number = parse_number(value);
      if (number && *number >= parameter.least && *number <= parameter.most) return {};
      return refuse(
          parameter, "out_of_range",
          "must be a whole number from " + std::to_string(parameter.least) + " to " + std::to_string(parameter.most),
          value, parameter.most);
    }
    case Kind::choice: {
      const auto words = words_of(parameter.choices);
      for (const std::string_view word : words) {
        if (word == value) return {};
      }
      return refuse(parameter, "invalid_value", "must be one of: " + std::string(parameter.choices), value);
    }
    case Kind::time:
      if (parse_time(value)) return {};
      return refuse(parameter, "invalid_time", "must be a time such as 2026-11-22T14:45:56Z", value);
    case Kind::run_id:
      return check_id<harness::RunId>(parameter, value, "run_01K5D0000000000000000000000");
    case Kind::session_id:
      return check_id<harness::SessionId>(parameter, value, "ses_01K5D0000000000000000000000");
    case Kind::interrupt_id:
      return check_id<harness::InterruptId>(parameter, value, "0123456789abcdef");
  }
  return {};
}

}  // namespace

Checked Arguments::take(const Parameter& parameter, const std::string& value) {
  if (auto checked = check_value(parameter, value); !checked) return checked;
  if (!values_.emplace(parameter.name, value).second) {
    return refuse(parameter, "invalid_value", "comes twice", value);
  }
  return {};
}

std::optional<std::string> Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint64_t> Arguments::number(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_number(*value) : std::nullopt;
}

std::optional<harness::WallTime> Arguments::time(std::string_view name) const {
  const auto value = text(name);
  return value ? parse_time(*value) : std::nullopt;
}

harness::RunId Arguments::run_id() const {
  return harness::RunId::parse(text("run_id").value_or("")).value_or(harness::RunId());
}

harness::SessionId Arguments::session_id() const {
  return harness::SessionId::parse(text("session_id").value_or("")).value_or(harness::SessionId());
}

harness::InterruptId Arguments::interrupt_id() const {
  return harness::InterruptId::parse(text("interrupt_id").value_or("")).value_or(harness::InterruptId());
}

std::string schema_of(const Parameter& parameter) {
  boost::json::object schema;
  schema["type"] = parameter.kind == Kind::number ? "integer" : "string";
  switch (parameter.kind) {
    case Kind::text:
      schema["minLength"] = parameter.least;
      schema["maxLength"] = parameter.most;
      break;
    case Kind::number:
      schema["minimum"] = parameter.least;
      schema["maximum"] = parameter.most;
      break;
    case Kind::choice: {
      boost::json::array words;
      for (const std::string_view word : words_of(parameter.choices)) words.emplace_back(word);
      schema["enum"] = std::move(words);
      break;
    }
    case Kind::time:
      schema["format"] = "date-time";
      break;
    case Kind::run_id:
      schema["pattern"] = "^run_[0-9A-Za-z]{26}$";
      break;
    case Kind::session_id:
      schema["pattern"] = "^ses_[0-9A-Za-z]{26}$";
      break;
    case Kind::interrupt_id:
      schema["pattern"] = "^[0-9A-Fa-f]{16}$";
      break;
  }
  return boost::json::serialize(schema);
}

Parameter run_id_parameter() {
  return {.place = Parameter::Place::path, .name = "run_id", .summary = "The run", .kind = Kind::run_id};
}

Parameter limit_parameter(std::uint64_t most) {
  return {.name = "limit", .summary = "How many at most", .kind = Kind::number, .least = 1, .most = most};
}

Parameter cursor_parameter() {
  return {.name = "cursor",
          .summary = "Where to go on, as the page before said",
          .kind = Kind::run_id,
          .error_code = "invalid_cursor"};
}

Parameter flag_parameter(std::string_view name, std::string_view summary) {
  return {.name = name, .summary = summary, .kind = Kind::choice, .choices = "true false"};
}

}  // namespace orchestrator::daemon
