// SPDX-License-Identifier: Apache-2.0
#pragma once

// Described values to canonical JSON. Overloads for the leaf types, and generic forms for described structs,
// enums, optionals, lists and the stored variants. Pure; internal to the event layer.

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "event/event_fields.hpp"
#include "event/json_writer.hpp"
#include "event/timestamp.hpp"
#include "event/variant_names.hpp"

namespace orchestrator::harness::event {

template <class T>
inline constexpr bool kIsDescribedStruct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept DescribedStruct = std::is_class_v<T> && kIsDescribedStruct<T>;

inline void append_value(std::string& out, bool value) { out += value ? "true" : "false"; }
inline void append_value(std::string& out, std::uint32_t value) { append_json_integer(out, value); }
inline void append_value(std::string& out, std::uint64_t value) { append_json_integer(out, value); }
inline void append_value(std::string& out, std::int64_t value) { append_json_integer(out, value); }
inline void append_value(std::string& out, double value) { append_json_double(out, value); }
inline void append_value(std::string& out, const std::string& value) { append_json_string(out, value); }
// Raw JSON is kept as a string, so that its bytes survive whatever their white space or number forms.
inline void append_value(std::string& out, const RawJson& value) { append_json_string(out, value.text); }
inline void append_value(std::string& out, const ModelRef& value) { append_json_string(out, value.str()); }
inline void append_value(std::string& out, const WallTime& value) {
  out.push_back('"');
  append_rfc3339(out, value);
  out.push_back('"');
}
template <std::size_t Bytes, class Tag>
void append_value(std::string& out, const HexId<Bytes, Tag>& value) {
  out.push_back('"');
  value.append_to(out);
  out.push_back('"');
}
template <class Tag>
void append_value(std::string& out, const UlidId<Tag>& value) {
  out.push_back('"');
  out += UlidId<Tag>::kPrefix;
  out += value.ulid();
  out.push_back('"');
}
inline void append_value(std::string& out, const SharedBytes& value) {
  out += "{\"hash\":";
  append_value(out, value.hash());
  out += ",\"size_bytes\":";
  append_value(out, value.size_bytes());
  out.push_back('}');
}

template <DescribedEnum Enum>
std::string_view enum_name(Enum value) {
  return boost::describe::enum_to_string(value, "");
}
template <DescribedEnum Enum>
void append_value(std::string& out, Enum value) {
  append_json_string(out, enum_name(value));
}

template <DescribedStruct Struct>
void append_value(std::string& out, const Struct& value);
template <class... Alternatives>
void append_value(std::string& out, const std::variant<Alternatives...>& value);

template <class T>
void append_value(std::string& out, const std::optional<T>& value) {
  if (value) {
    append_value(out, *value);
  } else {
    out += "null";
  }
}
template <class T>
void append_value(std::string& out, const std::vector<T>& values) {
  out.push_back('[');
  bool first = true;
  for (const T& value : values) {
    if (!first) out.push_back(',');
    first = false;
    append_value(out, value);
  }
  out.push_back(']');
}
// String pairs are an object; a repeated key is kept, as JSON allows.
inline void append_value(std::string& out, const std::vector<std::pair<std::string, std::string>>& pairs) {
  out.push_back('{');
  bool first = true;
  for (const auto& [key, value] : pairs) {
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, key);
    out.push_back(':');
    append_json_string(out, value);
  }
  out.push_back('}');
}

/// Appends `"name":value` for each member, comma-separated; `first` tells whether a comma must go before.
template <DescribedStruct Struct>
void append_members(std::string& out, const Struct& value, bool first) {
  using Members = boost::describe::describe_members<Struct, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (!first) out.push_back(',');
    first = false;
    out.push_back('"');
    out += member.name;
    out += "\":";
    append_value(out, value.*member.pointer);
  });
}

template <DescribedStruct Struct>
void append_value(std::string& out, const Struct& value) {
  out.push_back('{');
  append_members(out, value, true);
  out.push_back('}');
}

template <class... Alternatives>
void append_value(std::string& out, const std::variant<Alternatives...>& value) {
  out += "{\"type\":\"";
  out += name_of_index<std::variant<Alternatives...>>(value.index());
  out.push_back('"');
  std::visit([&](const auto& alternative) { append_members(out, alternative, false); }, value);
  out.push_back('}');
}

}  // namespace orchestrator::harness::event
