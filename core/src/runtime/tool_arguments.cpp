// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/tool_arguments.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "codec/lossy_utf8.hpp"
#include "event/exact_json.hpp"
#include "event/json_writer.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::harness::arguments {
namespace {

constexpr std::size_t kJsonDepthMax = 128;

std::string pointer_below(const std::string& pointer, std::string_view name) {
  std::string below = pointer + "/";
  for (const char c : name) {
    if (c == '~') {
      below += "~0";
    } else if (c == '/') {
      below += "~1";
    } else {
      below += c;
    }
  }
  return below;
}

// Whole doubles below 2^64, above -2^63: each of them is an integer of 64 bits.
bool is_whole_in(double value, double least, double beyond) {
  return value == std::trunc(value) && value >= least && value < beyond;
}

constexpr double kTwoTo63 = 9'223'372'036'854'775'808.0;
constexpr double kTwoTo64 = 18'446'744'073'709'551'616.0;

}  // namespace

void SchemaText::open(const std::string& path, bool is_described, std::string_view type) {
  text_ += '{';
  if (is_described && !path.empty()) {
    paths_.insert(path);
    const auto found = std::ranges::find(fields_, path, &FieldDescription::field);
    if (found != fields_.end()) {
      text_ += R"("description":)";
      quoted(found->text);
      text_ += ',';
    }
  }
  text_ += R"("type":)";
  quoted(type);
}

void SchemaText::bounds(std::int64_t minimum, std::uint64_t maximum) {
  text_ += R"(,"minimum":)";
  event::append_json_integer(text_, minimum);
  text_ += R"(,"maximum":)";
  event::append_json_integer(text_, maximum);
}

void SchemaText::quoted(std::string_view text) {
  std::string clean;
  codec::append_lossy_utf8(clean, text);
  event::append_json_string(text_, clean);
}

std::string SchemaText::finish() {
  for (const FieldDescription& described : fields_) {
    if (paths_.contains(described.field)) continue;
    const std::vector<std::string_view> known(paths_.begin(), paths_.end());
    throw std::invalid_argument("a description is of '" + described.field + "', which is no field of the arguments" +
                                event::did_you_mean(described.field, known));
  }
  return std::move(text_);
}

bool Reader::is_null() const { return value_->is_null(); }

ToolError Reader::refuse(std::string_view expected) const {
  std::string found = boost::json::serialize(*value_);
  constexpr std::size_t kShownBytesMax = 60;
  if (found.size() > kShownBytesMax) found = std::string(boost::json::to_string(value_->kind()));
  return ToolError{ToolErrorCode::tool_args_invalid,
                   (pointer_.empty() ? "(root)" : pointer_) + ": is " + found + ", must be " + std::string(expected),
                   pointer_,
                   {}};
}

bool Reader::is_object() const { return value_->is_object(); }

bool Reader::text(std::string& to) const {
  if (!value_->is_string()) return false;
  to = value_->get_string();
  return true;
}

std::optional<bool> Reader::boolean() const {
  return value_->is_bool() ? std::optional(value_->get_bool()) : std::nullopt;
}

std::optional<double> Reader::number() const {
  if (!value_->is_number()) return std::nullopt;
  const double number = value_->to_number<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> Reader::integer() const {
  if (value_->is_int64()) return value_->get_int64();
  if (!value_->is_double() || !is_whole_in(value_->get_double(), -kTwoTo63, kTwoTo63)) return std::nullopt;
  return static_cast<std::int64_t>(value_->get_double());
}

std::optional<std::uint64_t> Reader::natural() const {
  if (value_->is_uint64()) return value_->get_uint64();
  if (value_->is_int64() && value_->get_int64() >= 0) return static_cast<std::uint64_t>(value_->get_int64());
  if (!value_->is_double() || !is_whole_in(value_->get_double(), 0, kTwoTo64)) return std::nullopt;
  return static_cast<std::uint64_t>(value_->get_double());
}

std::optional<Reader> Reader::member(std::string_view name) const {
  const boost::json::object* object = value_->if_object();
  const boost::json::value* found = object == nullptr ? nullptr : object->if_contains(name);
  if (found == nullptr) return std::nullopt;
  return Reader(*found, pointer_below(pointer_, name));
}

std::optional<std::vector<Reader>> Reader::elements() const {
  const boost::json::array* array = value_->if_array();
  if (array == nullptr) return std::nullopt;
  std::vector<Reader> elements;
  for (const boost::json::value& element : *array) {
    elements.emplace_back(element, pointer_below(pointer_, std::to_string(elements.size())));
  }
  return elements;
}

std::optional<std::vector<std::pair<std::string, Reader>>> Reader::members() const {
  const boost::json::object* object = value_->if_object();
  if (object == nullptr) return std::nullopt;
  std::vector<std::pair<std::string, Reader>> members;
  for (const auto& [key, value] : *object) {
    members.emplace_back(std::string(key), Reader(value, pointer_below(pointer_, key)));
  }
  return members;
}

std::expected<Document, ToolError> Document::parse(std::string_view json) {
  auto value = event::parse_exact(json, kJsonDepthMax);
  if (!value) {
    return std::unexpected(
        ToolError{ToolErrorCode::tool_args_invalid, "not one JSON value: " + value.error().message, {}, {}});
  }
  Document document;
  document.value_ = std::make_shared<const boost::json::value>(*std::move(value));
  return document;
}

}  // namespace orchestrator::harness::arguments
