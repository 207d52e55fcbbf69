// SPDX-License-Identifier: Apache-2.0
#include "event/event_schema.hpp"

#include <boost/json.hpp>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "event/field_encoder.hpp"

namespace orchestrator::harness::event {
namespace {

namespace json = boost::json;

template <class T>
struct Schema;

template <class T>
json::object schema_of() {
  return Schema<T>::make();
}

json::object pattern(const std::string& regex) { return {{"type", "string"}, {"pattern", regex}}; }

template <>
struct Schema<bool> {
  static json::object make() { return {{"type", "boolean"}}; }
};
template <std::unsigned_integral Integer>
struct Schema<Integer> {
  static json::object make() { return {{"type", "integer"}, {"minimum", 0}}; }
};
template <>
struct Schema<std::int64_t> {
  static json::object make() { return {{"type", "integer"}}; }
};
template <>
struct Schema<double> {
  static json::object make() { return {{"type", "number"}}; }
};
template <>
struct Schema<std::string> {
  static json::object make() { return {{"type", "string"}}; }
};
template <>
struct Schema<RawJson> {
  static json::object make() { return {{"type", "string"}, {"description", "JSON text, or empty"}}; }
};
template <>
struct Schema<ModelRef> {
  static json::object make() { return pattern("^[a-z][a-z0-9_-]{0,63}/.+$"); }
};
template <>
struct Schema<WallTime> {
  static json::object make() { return pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"); }
};
template <std::size_t Bytes, class Tag>
struct Schema<HexId<Bytes, Tag>> {
  static json::object make() { return pattern("^[0-9a-f]{" + std::to_string(2 * Bytes) + "}$"); }
};
template <class Tag>
struct Schema<UlidId<Tag>> {
  static json::object make() { return pattern("^" + std::string(UlidId<Tag>::kPrefix) + "[0-9A-HJKMNP-TV-Z]{26}$"); }
};
template <DescribedEnum Enum>
struct Schema<Enum> {
  static json::object make() {
    json::array words;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
        [&](auto enumerator) { words.emplace_back(enumerator.name); });
    return {{"enum", std::move(words)}};
  }
};
template <class T>
struct Schema<std::optional<T>> {
  static json::object make() {
    json::array either;
    either.push_back(schema_of<T>());
    either.push_back(json::object{{"type", "null"}});
    return {{"anyOf", std::move(either)}};
  }
};
template <class T>
struct Schema<std::vector<T>> {
  static json::object make() { return {{"type", "array"}, {"items", schema_of<T>()}}; }
};
template <>
struct Schema<std::vector<std::pair<std::string, std::string>>> {
  static json::object make() { return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}; }
};

// An object with the members of a described struct, all of them required.
template <DescribedStruct Struct>
json::object members_of() {
  json::object properties;
  json::array required;
  using Members = boost::describe::describe_members<Struct, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(std::declval<Struct&>().*member.pointer)>;
    properties[member.name] = schema_of<Member>();
    required.emplace_back(member.name);
  });
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

template <DescribedStruct Struct>
struct Schema<Struct> {
  static json::object make() { return members_of<Struct>(); }
};
template <>
struct Schema<SharedBytes> {
  static json::object make() {
    json::object properties{{"hash", schema_of<Hash>()}, {"size_bytes", schema_of<std::uint64_t>()}};
    return {{"type", "object"}, {"properties", std::move(properties)}, {"required", {"hash", "size_bytes"}}};
  }
};
template <class... Alternatives>
struct Schema<std::variant<Alternatives...>> {
  static json::object make() {
    json::array choices;
    std::size_t index = 0;
    const auto add = [&](json::object choice) {
      const std::string_view name = name_of_index<std::variant<Alternatives...>>(index++);
      choice["properties"].as_object()["type"] = {{"const", json::string_view(name.data(), name.size())}};
      choice["required"].as_array().emplace_back("type");
      choices.push_back(std::move(choice));
    };
    (add(members_of<Alternatives>()), ...);
    return {{"oneOf", std::move(choices)}};
  }
};

json::object envelope() {
  json::object properties;
  properties["v"] = schema_of<std::uint32_t>();
  properties["run_id"] = schema_of<RunId>();
  properties["session_id"] = schema_of<SessionId>();
  properties["trace_id"] = schema_of<TraceId>();
  properties["span_id"] = schema_of<SpanId>();
  properties["parent_span_id"] = schema_of<SpanId>();
  properties["seq"] = {{"type", "integer"}, {"minimum", 1}};
  properties["at"] = schema_of<WallTime>();
  properties["elapsed_us"] = schema_of<std::uint64_t>();
  properties["type"] = {{"type", "string"}, {"minLength", 1}};
  properties["data"] = {{"type", "object"}};
  return {
      {"type", "object"},
      {"properties", std::move(properties)},
      {"required", {"v", "run_id", "session_id", "trace_id", "span_id", "seq", "at", "elapsed_us", "type", "data"}}};
}

// If an event has this type, its data has that shape, or was erased; types that are not known are let through.
template <class Payload>
void add_rule(std::string_view name, json::array& rules, json::object& definitions) {
  const json::string_view type(name.data(), name.size());
  definitions[type] = schema_of<Payload>();
  json::array shapes;
  shapes.push_back(json::object{{"$ref", "#/definitions/" + std::string(name)}});
  shapes.push_back(json::object{{"$ref", "#/definitions/erased"}});
  json::object when{{"properties", {{"type", {{"const", type}}}}}};
  json::object then{{"properties", {{"data", {{"anyOf", std::move(shapes)}}}}}};
  rules.push_back(json::object{{"if", std::move(when)}, {"then", std::move(then)}});
}

void append_indented(std::string& out, const json::value& value, std::size_t depth) {
  const auto line = [&](std::size_t level) { out.append("\n").append(2 * level, ' '); };
  const bool is_list = value.is_array() && !value.get_array().empty() && !value.get_array()[0].is_string();
  if (value.is_object() && !value.get_object().empty()) {
    out += "{";
    bool first = true;
    for (const auto& member : value.get_object()) {
      if (!std::exchange(first, false)) out += ",";
      line(depth + 1);
      out += json::serialize(member.key()) + ": ";
      append_indented(out, member.value(), depth + 1);
    }
    line(depth);
    out += "}";
  } else if (is_list) {
    out += "[";
    bool first = true;
    for (const json::value& element : value.get_array()) {
      if (!std::exchange(first, false)) out += ",";
      line(depth + 1);
      append_indented(out, element, depth + 1);
    }
    line(depth);
    out += "]";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string event_schema() {
  json::object definitions;
  json::array rules;
  json::object erased{{"type", "object"}, {"properties", {{"erased", schema_of<Hash>()}}}, {"required", {"erased"}}};
  definitions["erased"] = std::move(erased);
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<VariantOf<StreamEvent::Payload>>>>(
      [&](auto index) {
        using Payload = std::variant_alternative_t<index, VariantOf<StreamEvent::Payload>>;
        if constexpr (DescribedStruct<Payload>) {
          add_rule<Payload>(name_of_index<StreamEvent::Payload>(index), rules, definitions);
        }
      });
  json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"title", "An event of a run, as in the journal, on the wire and in exports"}};
  for (auto& member : envelope()) schema[member.key()] = std::move(member.value());
  schema["allOf"] = std::move(rules);
  schema["definitions"] = std::move(definitions);
  std::string out;
  append_indented(out, schema, 0);
  return out + "\n";
}

}  // namespace orchestrator::harness::event
