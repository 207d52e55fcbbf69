// SPDX-License-Identifier: Apache-2.0
#include "codec/json_schema/strict_schema.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "codec/json_schema/schema_node.hpp"
#include "event/exact_json.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;
using json_schema::pointer_step;

constexpr std::size_t kJsonDepthMax = 128;
constexpr std::size_t kPropertiesMax = 5'000;
constexpr std::size_t kLevelsMax = 10;
constexpr std::size_t kEnumValuesMax = 1'000;
constexpr std::size_t kNameBytesMax = 120'000;

constexpr auto kKeywords = std::to_array<std::string_view>({"$defs",
                                                            "$ref",
                                                            "additionalProperties",
                                                            "anyOf",
                                                            "const",
                                                            "definitions",
                                                            "description",
                                                            "enum",
                                                            "exclusiveMaximum",
                                                            "exclusiveMinimum",
                                                            "format",
                                                            "items",
                                                            "maxItems",
                                                            "maximum",
                                                            "minItems",
                                                            "minimum",
                                                            "multipleOf",
                                                            "pattern",
                                                            "properties",
                                                            "required",
                                                            "title",
                                                            "type"});
constexpr auto kFormats = std::to_array<std::string_view>(
    {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"});
constexpr auto kOfObjects = std::to_array<std::string_view>({"properties", "required", "additionalProperties"});
constexpr auto kSaysWhat = std::to_array<std::string_view>({"type", "anyOf", "$ref", "enum", "const"});

std::unexpected<Error> refuse(std::string message, const std::string& at) {
  return fail(ToolErrorCode::tool_schema_invalid, "not in the strict subset: " + message, at.empty() ? "/" : at);
}

bool is_text(const json::value& value, std::string_view text) {
  return value.is_string() && std::string_view(value.get_string()) == text;
}

bool has_type(const json::object& schema, std::string_view name) {
  const json::value* type = schema.if_contains("type");
  if (type == nullptr) return false;
  if (const json::array* list = type->if_array()) {
    return std::ranges::any_of(*list, [&](const json::value& one) { return is_text(one, name); });
  }
  return is_text(*type, name);
}

bool takes_null(const json::value& schema) {
  const json::object* object = schema.if_object();
  if (object == nullptr || object->contains("const") || object->contains("$ref")) return false;
  if (const json::value* values = object->if_contains("enum")) {
    const json::array* list = values->if_array();
    const bool has_null = list != nullptr && std::ranges::any_of(*list, [](const auto& one) { return one.is_null(); });
    return has_null && (!object->contains("type") || has_type(*object, "null"));
  }
  if (object->contains("type")) return has_type(*object, "null") && !object->contains("anyOf");
  const json::value* any = object->if_contains("anyOf");
  const json::array* branches = any == nullptr ? nullptr : any->if_array();
  return branches != nullptr && std::ranges::any_of(*branches, takes_null);
}

// The schema or null.
void take_null_too(json::value& schema) {
  if (takes_null(schema)) return;
  json::object& object = schema.as_object();
  const bool has_union = object.contains("anyOf");
  if (object.contains("const") || object.contains("$ref") || (has_union && object.size() > 1)) {
    json::object null{{"type", "null"}};
    json::array branches;
    branches.push_back(std::move(schema));
    branches.push_back(std::move(null));
    schema = json::object{{"anyOf", std::move(branches)}};
    return;
  }
  if (has_union) {
    object["anyOf"].as_array().push_back(json::object{{"type", "null"}});
    return;
  }
  json::value* type = object.if_contains("type");
  if (type != nullptr && !has_type(object, "null")) {
    if (!type->is_array()) *type = json::array{json::value(*type)};
    type->as_array().emplace_back("null");
  }
  if (json::value* values = object.if_contains("enum")) values->as_array().emplace_back(nullptr);
}

class Strictness {
 public:
  Result<void> root(json::value& schema) {
    const json::object* object = schema.if_object();
    const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
    if (type == nullptr || !is_text(*type, "object")) return refuse("the root has the type object and no other", "");
    for (const char* name : {"anyOf", "$ref"}) {
      if (object->contains(name))
        return refuse("the keyword '" + std::string(name) + "' at the root", "/" + std::string(name));
    }
    return walk(schema, "", 0);
  }
  [[nodiscard]] bool has_changed() const { return has_changed_; }

 private:
  Result<void> walk(json::value& schema, const std::string& at, std::size_t levels) {
    json::object* object = schema.if_object();
    if (object == nullptr) return refuse("a schema that is no object", at);
    for (const auto& [name, value] : *object) {
      if (std::ranges::find(kKeywords, std::string_view(name)) != kKeywords.end()) continue;
      return refuse("the keyword '" + std::string(name) + "'", at + "/" + pointer_step(name));
    }
    if (std::ranges::none_of(kSaysWhat, [&](std::string_view name) { return object->contains(name); })) {
      return refuse("a schema without type, anyOf, enum, const or $ref", at);
    }
    if (auto checked = values(*object, at); !checked) return checked;
    if (auto checked = below(*object, at, levels); !checked) return checked;
    if (has_type(*object, "object")) return object_schema(*object, at, levels + 1);
    for (const std::string_view name : kOfObjects) {
      if (object->contains(name)) {
        return refuse("the keyword '" + std::string(name) + "' without the type object", at + "/" + std::string(name));
      }
    }
    return {};
  }

  Result<void> values(const json::object& object, const std::string& at) {
    if (const json::value* format = object.if_contains("format")) {
      const bool is_known = std::ranges::any_of(kFormats, [&](std::string_view one) { return is_text(*format, one); });
      if (!is_known) return refuse("the keyword 'format' with another than its nine formats", at + "/format");
    }
    if (const json::value* reference = object.if_contains("$ref")) {
      const std::string_view target =
          reference->is_string() ? std::string_view(reference->get_string()) : std::string_view();
      const std::size_t slashes = static_cast<std::size_t>(std::ranges::count(target, '/'));
      const bool is_definition =
          (target.starts_with("#/$defs/") || target.starts_with("#/definitions/")) && slashes == 2;
      if (target != "#" && !is_definition) {
        return refuse("the keyword '$ref' to another place than '#', '#/$defs/NAME' or '#/definitions/NAME'",
                      at + "/$ref");
      }
    }
    if (const json::value* constant = object.if_contains("const")) {
      if (auto counted = count_value(*constant, at + "/const"); !counted) return counted;
    }
    const json::value* allowed = object.if_contains("enum");
    if (allowed == nullptr) return {};
    if (!allowed->is_array()) return refuse("the keyword 'enum' without a list", at + "/enum");
    for (const json::value& one : allowed->get_array()) {
      enum_values_ += 1;
      if (auto counted = count_value(one, at + "/enum"); !counted) return counted;
    }
    if (enum_values_ > kEnumValuesMax) return refuse("more than 1,000 enum values", at + "/enum");
    return {};
  }

  Result<void> count_value(const json::value& value, const std::string& at) {
    return count_bytes(value.is_string() ? value.get_string().size() : 0, at);
  }

  Result<void> count_bytes(std::size_t bytes, const std::string& at) {
    name_bytes_ += bytes;
    if (name_bytes_ <= kNameBytesMax) return {};
    return refuse("more than 120,000 bytes of names and enum values", at);
  }

  // The schemas inside, but for properties.
  Result<void> below(json::object& object, const std::string& at, std::size_t levels) {
    if (json::value* items = object.if_contains("items")) {
      if (auto walked = walk(*items, at + "/items", levels); !walked) return walked;
    } else if (has_type(object, "array")) {
      return refuse("a list without 'items'", at);
    }
    if (json::value* any = object.if_contains("anyOf")) {
      if (!any->is_array()) return refuse("the keyword 'anyOf' without a list", at + "/anyOf");
      for (std::size_t i = 0; i < any->get_array().size(); ++i) {
        auto walked = walk(any->get_array()[i], at + "/anyOf/" + std::to_string(i), levels);
        if (!walked) return walked;
      }
    }
    for (const std::string& name : {std::string("$defs"), std::string("definitions")}) {
      json::value* definitions = object.if_contains(name);
      if (definitions == nullptr) continue;
      if (!definitions->is_object()) return refuse("the keyword '" + name + "' without an object", at + "/" + name);
      for (auto& one : definitions->get_object()) {
        const std::string place = at + "/" + name + "/" + pointer_step(one.key());
        if (auto counted = count_bytes(one.key().size(), place); !counted) return counted;
        if (auto walked = walk(one.value(), place, levels); !walked) return walked;
      }
    }
    return {};
  }

  Result<void> object_schema(json::object& object, const std::string& at, std::size_t levels) {
    if (levels > kLevelsMax) return refuse("more than 10 levels of objects", at);
    if (const json::value* others = object.if_contains("additionalProperties")) {
      if (!others->is_bool() || others->get_bool()) {
        return refuse("the keyword 'additionalProperties' with another value than false", at + "/additionalProperties");
      }
    } else {
      object["additionalProperties"] = false;
      has_changed_ = true;
    }
    json::value none = json::object();
    json::value* properties = object.if_contains("properties");
    if (properties == nullptr) properties = &none;
    if (!properties->is_object()) return refuse("the keyword 'properties' without an object", at + "/properties");
    json::array required;
    if (const json::value* named = object.if_contains("required")) {
      if (!named->is_array()) return refuse("the keyword 'required' without a list", at + "/required");
      required = named->get_array();
    }
    for (const json::value& name : required) {
      if (name.is_string() && properties->get_object().contains(name.get_string())) continue;
      return refuse("the keyword 'required' with what is no property", at + "/required");
    }
    const std::size_t required_before = required.size();
    for (auto& one : properties->get_object()) {
      const std::string place = at + "/properties/" + pointer_step(one.key());
      if (++properties_ > kPropertiesMax) return refuse("more than 5,000 properties", place);
      if (auto counted = count_bytes(one.key().size(), place); !counted) return counted;
      if (auto walked = walk(one.value(), place, levels); !walked) return walked;
      const auto is_it = [&](const json::value& name) { return is_text(name, one.key()); };
      if (std::any_of(required.begin(), required.begin() + static_cast<std::ptrdiff_t>(required_before), is_it))
        continue;
      take_null_too(one.value());
      required.emplace_back(one.key());
    }
    if (required.size() == required_before) return {};
    has_changed_ = true;
    object["required"] = std::move(required);
    return {};
  }

  bool has_changed_ = false;
  std::size_t properties_ = 0;
  std::size_t enum_values_ = 0;
  std::size_t name_bytes_ = 0;
};

}  // namespace

Result<std::string> strict_schema(std::string_view schema) {
  auto value = event::parse_exact(schema, kJsonDepthMax);
  if (!value) return fail(ToolErrorCode::tool_schema_invalid, "the schema is " + value.error().message, "/");
  Strictness strictness;
  if (auto walked = strictness.root(*value); !walked) return std::unexpected(walked.error());
  return strictness.has_changed() ? json::serialize(*value) : std::string(schema);
}

}  // namespace orchestrator::harness::codec
