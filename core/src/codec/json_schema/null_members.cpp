// SPDX-License-Identifier: Apache-2.0
#include "codec/json_schema/null_members.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/json_slice.hpp"
#include "event/exact_json.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

constexpr std::size_t kJsonDepthMax = 128;
constexpr std::size_t kStepsMax = 2'000'000;

// All schemas that may be about one value.
using Schemas = std::vector<const json::object*>;

bool is_required(const json::object& schema, std::string_view name) {
  const json::value* required = schema.if_contains("required");
  const json::array* names = required == nullptr ? nullptr : required->if_array();
  if (names == nullptr) return false;
  return std::ranges::any_of(
      *names, [&](const json::value& one) { return one.is_string() && std::string_view(one.get_string()) == name; });
}

const json::value* property_of(const json::object& schema, std::string_view name) {
  const json::value* properties = schema.if_contains("properties");
  const json::object* object = properties == nullptr ? nullptr : properties->if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

// A name between its quotes, as it is written, to what it says.
std::string unescaped(std::string_view name) {
  if (name.find('\\') == name.npos) return std::string(name);
  const auto read = event::parse_exact("\"" + std::string(name) + "\"", 1);
  return read && read->is_string() ? std::string(read->get_string()) : std::string(name);
}

class Dropping {
 public:
  explicit Dropping(const json::value& root) : root_(root) {}

  // `schema`, and what it refers to or chooses from. REQUIRES: the work is bounded by `steps_`.
  void spread(Schemas& to, const json::value& schema) {
    const json::object* object = schema.if_object();
    steps_ += to.size() + 1;
    if (object == nullptr || !goes_on() || std::ranges::find(to, object) != to.end()) return;
    to.push_back(object);
    if (const json::value* target = object->if_contains("$ref"); target != nullptr && target->is_string()) {
      json::error_code error;
      const std::string_view pointer = target->get_string();
      const json::value* found = pointer == "#"              ? &root_
                                 : pointer.starts_with("#/") ? root_.find_pointer(pointer.substr(1), error)
                                                             : nullptr;
      if (found != nullptr) spread(to, *found);
    }
    for (const char* choice : {"anyOf", "oneOf", "allOf"}) {
      const json::value* branches = object->if_contains(choice);
      if (branches == nullptr || !branches->is_array()) continue;
      for (const json::value& branch : branches->get_array()) spread(to, branch);
    }
  }

  // Appends `value` without its null members.
  void append(std::string& out, std::string_view value, const Schemas& schemas) {
    steps_ += schemas.size() + 1;
    const bool is_object = value.starts_with('{');
    if (!goes_on() || schemas.empty() || (!is_object && !value.starts_with('['))) {
      out += value;
      return;
    }
    is_object ? append_object(out, value, schemas) : append_list(out, value, schemas);
  }

  [[nodiscard]] bool goes_on() const { return steps_ <= kStepsMax; }
  [[nodiscard]] bool has_dropped() const { return has_dropped_; }

 private:
  void append_object(std::string& out, std::string_view value, const Schemas& schemas) {
    JsonSlices members(value);
    std::string_view written;
    std::string_view member;
    std::string_view before = "{";
    bool is_empty = true;
    while (members.next(written, member)) {
      const std::string name = unescaped(written);
      if (member == "null" && is_optional(schemas, name)) {
        has_dropped_ = true;
        continue;
      }
      Schemas of_member;
      for (const json::object* schema : schemas) {
        if (const json::value* property = property_of(*schema, name)) {
          spread(of_member, *property);
        } else if (const json::value* others = schema->if_contains("additionalProperties")) {
          spread(of_member, *others);
        }
      }
      out += std::exchange(before, ",");
      out += '"';
      out += written;
      out += "\":";
      append(out, member, of_member);
      is_empty = false;
    }
    out += is_empty ? "{}" : "}";
  }

  void append_list(std::string& out, std::string_view value, const Schemas& schemas) {
    Schemas of_element;
    for (const json::object* schema : schemas) {
      if (const json::value* items = schema->if_contains("items")) spread(of_element, *items);
    }
    JsonSlices elements(value);
    std::string_view element;
    std::string_view before = "[";
    bool is_empty = true;
    while (elements.next(element)) {
      out += std::exchange(before, ",");
      append(out, element, of_element);
      is_empty = false;
    }
    out += is_empty ? "[]" : "]";
  }

  // A property of one of the schemas, and required by none of them.
  bool is_optional(const Schemas& schemas, std::string_view name) {
    steps_ += schemas.size();
    const auto is_property = [&](const json::object* schema) { return property_of(*schema, name) != nullptr; };
    const auto requires_it = [&](const json::object* schema) { return is_required(*schema, name); };
    return std::ranges::any_of(schemas, is_property) && std::ranges::none_of(schemas, requires_it);
  }

  const json::value& root_;
  std::size_t steps_ = 0;
  bool has_dropped_ = false;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpace);
  return from == text.npos ? text : text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

}  // namespace

std::string drop_nulls(std::string_view schema, std::string_view arguments) {
  if (arguments.find("null") == arguments.npos) return std::string(arguments);
  const auto root = event::parse_exact(schema, kJsonDepthMax);
  if (!root || !event::parse_exact(arguments, kJsonDepthMax)) return std::string(arguments);
  Dropping dropping(*root);
  Schemas schemas;
  dropping.spread(schemas, *root);
  std::string out;
  dropping.append(out, trimmed(arguments), schemas);
  return dropping.has_dropped() && dropping.goes_on() ? out : std::string(arguments);
}

}  // namespace orchestrator::harness::codec
