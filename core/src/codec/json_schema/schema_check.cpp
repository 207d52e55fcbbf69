// SPDX-License-Identifier: Apache-2.0
// A value against the nodes of a schema. The work is counted, so that no pair of schema and value takes for ever.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

#include "codec/json_schema/multiple_of.hpp"
#include "codec/json_schema/schema_node.hpp"
#include "codec/text_filter.hpp"
#include "event/nearest_name.hpp"

namespace orchestrator::harness::codec::json_schema {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kStepsMax = 2'000'000;
constexpr std::uint64_t kBytesAStep = 64;         // of text that is looked at or written
constexpr std::uint64_t kPatternBytesAStep = 8;   // of text that a small pattern is looked for in
constexpr std::uint64_t kPatternPartsAStep = 32;  // of a pattern's program
constexpr std::uint64_t kNamesAStep = 4;          // that one name is compared with
constexpr std::size_t kViolationsMax = 16;
constexpr std::size_t kDepthMax = 600;
constexpr std::size_t kShownBytes = 80;
constexpr std::size_t kShownValues = 20;

// Only as much of the value as is shown is written.
std::string shown(const json::value& value) {
  std::array<char, kShownBytes * 2> buffer;
  json::serializer serializer;
  serializer.reset(&value);
  const std::string_view text = serializer.read(buffer.data(), buffer.size());
  const std::size_t whole = serializer.done() ? text.size() : whole_characters(text, text.size() - 4);
  return one_line(text.substr(0, whole), kShownBytes);
}

bool is_whole(double value) { return std::isfinite(value) && value == std::trunc(value); }

std::uint8_t types_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kNull;
    case json::kind::bool_:
      return kBoolean;
    case json::kind::object:
      return kObject;
    case json::kind::array:
      return kArray;
    case json::kind::string:
      return kString;
    case json::kind::int64:
    case json::kind::uint64:
      return kInteger | kNumber;
    case json::kind::double_:
      return is_whole(value.get_double()) ? kInteger | kNumber : kNumber;
  }
  return 0;
}

// Less, equal or greater, exactly, whatever two forms the numbers have.
int compare(const json::value& left, const json::value& right) {
  // 64 bits of mantissa hold every integer of either kind, and every double.
  const auto wide = [](const json::value& value) -> long double {
    if (value.is_int64()) return static_cast<long double>(value.get_int64());
    if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
    return static_cast<long double>(value.get_double());
  };
  const long double a = wide(left);
  const long double b = wide(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

std::uint64_t code_points(std::string_view text) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Check {
 public:
  std::vector<SchemaViolation> run(const Node& root, const json::value& value) {
    node(root, value, 0);
    if (steps_ > kStepsMax) {
      found_.assign(1, {"", "", "the value takes more than 2,000,000 steps to check"});
    }
    return std::move(found_);
  }

 private:
  bool node(const Node& schema, const json::value& value, std::size_t depth) {
    if (!step()) return false;
    if (depth > kDepthMax) return violate("", "the value nests too deep to be checked");
    if (schema.verdict) return *schema.verdict || violate("false", "nothing is allowed here");
    const std::uint8_t types = types_of(value);
    if (schema.types != 0 && (schema.types & types) == 0) return wrong_type(schema, value);
    bool fits = values(schema, value);
    if ((types & kNumber) != 0) fits = number(schema, value) && fits;
    if ((types & kString) != 0) fits = text(schema, value.get_string()) && fits;
    if ((types & kArray) != 0) fits = array(schema, value.get_array(), depth) && fits;
    if ((types & kObject) != 0) fits = object(schema, value.get_object(), depth) && fits;
    return combined(schema, value, depth) && fits;
  }

  bool step(std::uint64_t steps = 1) { return (steps_ += steps) <= kStepsMax; }
  bool step_over(std::string_view text) { return step(text.size() / kBytesAStep); }

  // `message` is a text, or a function that makes it: most reasons are never told, and making one is work.
  template <class Message>
  bool violate(std::string_view keyword, Message&& message) {
    if (is_quiet_ || found_.size() >= kViolationsMax) return false;
    SchemaViolation& made = found_.emplace_back(SchemaViolation{pointer_, std::string(keyword), {}});
    if constexpr (std::is_invocable_v<Message>) {
      made.message = message();
    } else {
      made.message = std::forward<Message>(message);
    }
    step_over(made.pointer);
    step_over(made.message);
    return false;
  }

  bool wrong_type(const Node& schema, const json::value& value) {
    return violate("type", [&] { return type_message(schema, value); });
  }

  static std::string type_message(const Node& schema, const json::value& value) {
    std::string wanted;
    for (std::uint8_t bit = 1; bit != 0 && bit <= kNumber; bit = static_cast<std::uint8_t>(bit << 1)) {
      if ((schema.types & bit) == 0) continue;
      if (!wanted.empty()) wanted += " or ";
      wanted += type_name(bit);
    }
    const std::uint8_t types = types_of(value);
    const std::uint8_t named = (types & kInteger) != 0 ? std::uint8_t{kInteger} : types;
    return "is " + std::string(type_name(named)) + " (" + shown(value) + "), expected " + wanted;
  }

  bool equal(const json::value& left, const json::value& right) {
    if (!step()) return false;
    if (left.is_number() && right.is_number()) return compare(left, right) == 0;
    if (left.kind() != right.kind()) return false;
    if (left.is_array()) {
      const json::array& a = left.get_array();
      const json::array& b = right.get_array();
      return std::ranges::equal(a, b, [&](const json::value& x, const json::value& y) { return equal(x, y); });
    }
    if (left.is_object()) {
      const json::object& a = left.get_object();
      const json::object& b = right.get_object();
      return a.size() == b.size() && std::ranges::all_of(a, [&](const json::key_value_pair& member) {
               const json::value* other = b.if_contains(member.key());
               return other != nullptr && equal(member.value(), *other);
             });
    }
    if (const json::string* text = left.if_string(); text != nullptr && !step_over(*text)) return false;
    return left == right;
  }

  bool values(const Node& schema, const json::value& value) {
    bool fits = true;
    if (schema.constant && !equal(*schema.constant, value)) {
      fits =
          violate("const", [&] { return "is " + shown(value) + ", only " + shown(*schema.constant) + " is allowed"; });
    }
    if (!schema.has_enum) return fits;
    if (std::ranges::any_of(schema.allowed, [&](const json::value& one) { return equal(one, value); })) return fits;
    return violate("enum", [&] { return enum_message(schema, value); });
  }

  static std::string enum_message(const Node& schema, const json::value& value) {
    std::string allowed;
    for (std::size_t i = 0; i < schema.allowed.size() && i < kShownValues; ++i) {
      allowed += (i == 0 ? "" : ", ") + shown(schema.allowed[i]);
    }
    if (schema.allowed.size() > kShownValues) allowed += ", ...";
    return "is " + shown(value) + ", allowed are " + (allowed.empty() ? "no values" : allowed);
  }

  bool number(const Node& schema, const json::value& value) {
    bool fits = true;
    const auto bound = [&](const std::optional<json::value>& limit, const char* keyword, const char* word, auto holds) {
      if (limit && !holds(compare(value, *limit))) {
        fits = violate(keyword, [&] { return "is " + shown(value) + ", must be " + word + " " + shown(*limit); });
      }
    };
    bound(schema.minimum, "minimum", "at least", [](int order) { return order >= 0; });
    bound(schema.maximum, "maximum", "at most", [](int order) { return order <= 0; });
    bound(schema.exclusive_minimum, "exclusiveMinimum", "above", [](int order) { return order > 0; });
    bound(schema.exclusive_maximum, "exclusiveMaximum", "below", [](int order) { return order < 0; });
    if (schema.multiple_of && !is_multiple(value, *schema.multiple_of)) {
      fits = violate("multipleOf",
                     [&] { return "is " + shown(value) + ", must be a multiple of " + shown(*schema.multiple_of); });
    }
    return fits;
  }

  bool count(std::uint64_t found, const std::optional<std::uint64_t>& least, const std::optional<std::uint64_t>& most,
             const char* least_name, const char* most_name, const char* what) {
    bool fits = true;
    const std::string has = "has " + std::to_string(found) + " " + what + ", ";
    if (least && found < *least) fits = violate(least_name, has + "at least " + std::to_string(*least) + " are needed");
    if (most && found > *most) fits = violate(most_name, has + "at most " + std::to_string(*most) + " are allowed");
    return fits;
  }

  bool text(const Node& schema, std::string_view value) {
    bool fits = true;
    if (schema.min_length || schema.max_length) {
      if (!step_over(value)) return false;
      fits = count(code_points(value), schema.min_length, schema.max_length, "minLength", "maxLength", "characters");
    }
    if (schema.pattern && !matches(*schema.pattern, value)) {
      fits = violate("pattern", [&] { return "does not match the pattern " + schema.pattern->text; });
    }
    return fits;
  }

  bool matches(const Pattern& pattern, std::string_view text) {
    // RE2 takes time in proportion to the text and, at its worst, to the program.
    const auto parts = static_cast<std::uint64_t>(std::max(pattern.compiled->ProgramSize(), 0));
    if (!step((1 + text.size() / kPatternBytesAStep) * (1 + parts / kPatternPartsAStep))) return false;
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern.compiled);
  }

  bool array(const Node& schema, const json::array& value, std::size_t depth) {
    bool fits = count(value.size(), schema.min_items, schema.max_items, "minItems", "maxItems", "items");
    const std::size_t parent = pointer_.size();
    for (std::size_t i = 0; i < value.size() && step(); ++i) {
      const Node* one = i < schema.prefix_items.size() ? schema.prefix_items[i] : schema.items;
      if (one == nullptr) continue;
      pointer_ += "/" + std::to_string(i);
      fits = node(*one, value[i], depth + 1) && fits;
      pointer_.resize(parent);
    }
    if (schema.contains != nullptr) fits = contains(schema, value, depth) && fits;
    if (schema.unique_items) fits = unique(value) && fits;
    return fits;
  }

  bool contains(const Node& schema, const json::array& value, std::size_t depth) {
    const auto fitting = static_cast<std::uint64_t>(
        std::ranges::count_if(value, [&](const json::value& one) { return quietly(*schema.contains, one, depth); }));
    if (fitting < schema.min_contains) {
      return violate("contains", "has " + std::to_string(fitting) + " items that fit 'contains', at least " +
                                     std::to_string(schema.min_contains) + " are needed");
    }
    if (schema.max_contains && fitting > *schema.max_contains) {
      return violate("maxContains", "has " + std::to_string(fitting) + " items that fit 'contains', at most " +
                                        std::to_string(*schema.max_contains) + " are allowed");
    }
    return true;
  }

  bool unique(const json::array& value) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (equal(value[i], value[j])) {
          return violate("uniqueItems",
                         "items " + std::to_string(j) + " and " + std::to_string(i) + " are equal, none may be");
        }
      }
    }
    return true;
  }

  bool object(const Node& schema, const json::object& value, std::size_t depth) {
    bool fits =
        count(value.size(), schema.min_properties, schema.max_properties, "minProperties", "maxProperties", "members");
    if (!step(schema.required.size() + schema.dependent_required.size() + schema.dependent_schemas.size()))
      return false;
    for (const std::string& name : schema.required) {
      if (!value.contains(name)) fits = violate("required", [&] { return "the member '" + name + "' is missing"; });
    }
    for (const auto& [name, needed] : schema.dependent_required) {
      if (!value.contains(name)) continue;
      if (!step(needed.size())) return false;
      for (const std::string& other : needed) {
        if (value.contains(other)) continue;
        fits = violate("dependentRequired",
                       [&] { return "with '" + name + "' the member '" + other + "' is needed, too"; });
      }
    }
    const std::size_t parent = pointer_.size();
    for (const json::key_value_pair& member : value) {
      if (!step() || !step_over(member.key())) return false;
      pointer_ += "/" + pointer_step(member.key());
      fits = this->member(schema, member, depth) && fits;
      pointer_.resize(parent);
    }
    return fits;
  }

  bool member(const Node& schema, const json::key_value_pair& member, std::size_t depth) {
    const std::string_view name = member.key();
    bool fits = true;
    bool is_known = false;
    if (const auto found = schema.properties.find(name); found != schema.properties.end()) {
      is_known = true;
      fits = node(*found->second, member.value(), depth + 1);
    }
    for (const auto& [pattern, one] : schema.pattern_properties) {
      if (!matches(pattern, name)) continue;
      is_known = true;
      fits = node(*one, member.value(), depth + 1) && fits;
    }
    if (!is_known && schema.additional_properties != nullptr) {
      const Node& rest = *schema.additional_properties;
      fits = rest.verdict == false ? not_allowed(schema, name) : node(rest, member.value(), depth + 1) && fits;
    }
    if (schema.property_names != nullptr) {
      fits = node(*schema.property_names, json::value(name), depth + 1) && fits;
    }
    return fits;
  }

  bool not_allowed(const Node& schema, std::string_view name) {
    return violate("additionalProperties", [&] { return name_message(schema, name); });
  }

  std::string name_message(const Node& schema, std::string_view name) {
    // Without a guess where there is no more work left for it.
    const bool can_guess = step(schema.properties.size() * std::min<std::size_t>(name.size(), 64) / kNamesAStep);
    std::vector<std::string_view> known;
    std::string list;
    for (const auto& [property, one] : schema.properties) {
      known.push_back(property);
      if (known.size() <= kShownValues) list += (list.empty() ? "" : ", ") + property;
    }
    const std::string guess = can_guess ? event::did_you_mean(name, known) : std::string();
    return "there is no member of this name" + guess + "; allowed are " + (list.empty() ? "none" : list);
  }

  // The verdict alone.
  bool quietly(const Node& schema, const json::value& value, std::size_t depth) {
    const bool was_quiet = std::exchange(is_quiet_, true);
    const bool fits = node(schema, value, depth + 1);
    is_quiet_ = was_quiet;
    return fits;
  }

  bool combined(const Node& schema, const json::value& value, std::size_t depth) {
    bool fits = true;
    if (schema.reference != nullptr) fits = node(*schema.reference, value, depth + 1) && fits;
    for (const Node* one : schema.all_of) fits = node(*one, value, depth + 1) && fits;
    if (!schema.any_of.empty()) fits = alternatives(schema.any_of, "anyOf", false, value, depth) && fits;
    if (!schema.one_of.empty()) fits = alternatives(schema.one_of, "oneOf", true, value, depth) && fits;
    if (schema.negated != nullptr && quietly(*schema.negated, value, depth)) {
      fits = violate("not", [&] { return "is what the schema excludes: " + shown(value); });
    }
    if (schema.condition != nullptr) {
      const Node* next = quietly(*schema.condition, value, depth) ? schema.then_schema : schema.else_schema;
      if (next != nullptr) fits = node(*next, value, depth + 1) && fits;
    }
    if (const json::object* object = value.if_object()) {
      for (const auto& [name, one] : schema.dependent_schemas) {
        if (object->contains(name)) fits = node(*one, value, depth + 1) && fits;
      }
    }
    return fits;
  }

  // Where none of them fits, what is wrong with the one that comes nearest is what helps.
  bool alternatives(const Nodes& list, const char* keyword, bool only_one, const json::value& value,
                    std::size_t depth) {
    std::vector<SchemaViolation> kept;
    kept.swap(found_);
    std::vector<SchemaViolation> nearest;
    std::size_t fitting = 0;
    for (const Node* one : list) {
      found_.clear();
      if (node(*one, value, depth + 1)) {
        fitting += 1;
      } else if (nearest.empty() || (!found_.empty() && rank(found_) < rank(nearest))) {
        nearest = found_;
      }
      if (fitting > 0 && !only_one) break;
    }
    found_.swap(kept);
    if (fitting == 1 || (fitting > 1 && !only_one)) return true;
    const std::string all = std::to_string(list.size());
    if (fitting > 1) {
      return violate(keyword, "fits " + std::to_string(fitting) + " of " + all + " alternatives, exactly one may fit");
    }
    for (SchemaViolation& violation : nearest) {
      if (found_.size() < kViolationsMax) found_.push_back(std::move(violation));
    }
    return violate(keyword, "fits none of " + all + " alternatives");
  }

  // An alternative that is of another type altogether is farther away than one with a few faults inside.
  std::pair<bool, std::size_t> rank(const std::vector<SchemaViolation>& violations) const {
    const bool is_other_type = violations.size() == 1 && violations.front().pointer == pointer_ &&
                               (violations.front().keyword == "type" || violations.front().keyword == "const");
    return {is_other_type, violations.size()};
  }

  std::string pointer_;
  std::vector<SchemaViolation> found_;
  bool is_quiet_ = false;  // only the verdict is asked for
  std::uint64_t steps_ = 0;
};

}  // namespace

std::vector<SchemaViolation> check_instance(const Node& root, const json::value& instance) {
  return Check().run(root, instance);
}

}  // namespace orchestrator::harness::codec::json_schema
