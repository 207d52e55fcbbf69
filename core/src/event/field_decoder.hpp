// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON to described values: the inverse of `field_encoder.hpp`. Unknown members are ignored (the record keeps its
// bytes); a missing or ill-typed member is an error that names its path. Pure; internal to the event layer.

#include <boost/json.hpp>

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "event/field_encoder.hpp"
#include "event/timestamp.hpp"

namespace orchestrator::harness::event {

/// Where and why reading failed; `path` grows outwards while the error returns.
struct FieldError {
  std::string path;
  std::string message;
};
using FieldResult = std::expected<void, FieldError>;

inline std::unexpected<FieldError> field_fail(std::string message) {
  return std::unexpected(FieldError{{}, std::move(message)});
}
inline FieldResult under(FieldResult result, std::string_view name) {
  if (!result) result.error().path = "/" + std::string(name) + result.error().path;
  return result;
}

inline FieldResult read_value(const boost::json::value& json, bool& out) {
  if (!json.is_bool()) return field_fail("expected true or false");
  out = json.get_bool();
  return {};
}
template <std::integral Integer>
  requires(!std::same_as<Integer, bool>)
FieldResult read_value(const boost::json::value& json, Integer& out) {
  boost::json::error_code error;
  if (!json.is_number() || json.is_double()) return field_fail("expected an integer");
  out = json.to_number<Integer>(error);
  if (error) return field_fail("the integer is out of range");
  return {};
}
inline FieldResult read_value(const boost::json::value& json, double& out) {
  if (!json.is_number()) return field_fail("expected a number");
  out = json.to_number<double>();
  if (!std::isfinite(out)) return field_fail("the number is out of range");
  return {};
}
inline FieldResult read_value(const boost::json::value& json, std::string& out) {
  if (!json.is_string()) return field_fail("expected a string");
  out.assign(json.get_string().data(), json.get_string().size());
  return {};
}
inline FieldResult read_value(const boost::json::value& json, RawJson& out) { return read_value(json, out.text); }

/// Reads a string and parses it; `what` names the form in the error.
template <class T, class Parse>
FieldResult read_parsed(const boost::json::value& json, T& out, Parse parse, const char* what) {
  std::string text;
  if (auto read = read_value(json, text); !read) return read;
  auto parsed = parse(text);
  if (!parsed) return field_fail(std::string("expected ") + what);
  out = *std::move(parsed);
  return {};
}
inline FieldResult read_value(const boost::json::value& json, ModelRef& out) {
  return read_parsed(json, out, [](const std::string& text) { return ModelRef::parse(text); }, "provider/model");
}
inline FieldResult read_value(const boost::json::value& json, WallTime& out) {
  return read_parsed(json, out, [](const std::string& text) { return parse_rfc3339(text); }, "an RFC 3339 time");
}
template <std::size_t Bytes, class Tag>
FieldResult read_value(const boost::json::value& json, HexId<Bytes, Tag>& out) {
  return read_parsed(json, out, [](const std::string& text) { return HexId<Bytes, Tag>::parse(text); }, "hex digits");
}
template <class Tag>
FieldResult read_value(const boost::json::value& json, UlidId<Tag>& out) {
  return read_parsed(json, out, [](const std::string& text) { return UlidId<Tag>::parse(text); }, "an id");
}
template <DescribedEnum Enum>
FieldResult read_value(const boost::json::value& json, Enum& out) {
  const auto parse = [](const std::string& text) -> std::optional<Enum> {
    Enum value{};
    if (!boost::describe::enum_from_string(text.c_str(), value)) return std::nullopt;
    return value;
  };
  return read_parsed(json, out, parse, "one of the known words");
}

/// Reads member `name` of `object` into `out`; a missing member is an error.
template <class T>
FieldResult read_member(const boost::json::object& object, std::string_view name, T& out);

inline FieldResult read_value(const boost::json::value& json, SharedBytes& out) {
  if (!json.is_object()) return field_fail("expected an object");
  Hash hash;
  std::uint64_t size_bytes = 0;
  if (auto read = read_member(json.get_object(), "hash", hash); !read) return read;
  if (auto read = read_member(json.get_object(), "size_bytes", size_bytes); !read) return read;
  out = SharedBytes::reference(hash, size_bytes);
  return {};
}

template <DescribedStruct Struct>
FieldResult read_value(const boost::json::value& json, Struct& out);
template <class... Alternatives>
FieldResult read_value(const boost::json::value& json, std::variant<Alternatives...>& out);

template <class T>
FieldResult read_value(const boost::json::value& json, std::optional<T>& out) {
  if (json.is_null()) {
    out.reset();
    return {};
  }
  return read_value(json, out.emplace());
}
template <class T>
FieldResult read_value(const boost::json::value& json, std::vector<T>& out) {
  if (!json.is_array()) return field_fail("expected a list");
  out.clear();
  out.reserve(json.get_array().size());
  for (const boost::json::value& element : json.get_array()) {
    if (auto read = read_value(element, out.emplace_back()); !read) {
      return under(std::move(read), std::to_string(out.size() - 1));
    }
  }
  return {};
}
inline FieldResult read_value(const boost::json::value& json, std::vector<std::pair<std::string, std::string>>& out) {
  if (!json.is_object()) return field_fail("expected an object");
  out.clear();
  for (const auto& member : json.get_object()) {
    std::string value;
    if (auto read = read_value(member.value(), value); !read) return under(std::move(read), member.key());
    out.emplace_back(std::string(member.key()), std::move(value));
  }
  return {};
}

template <class T>
FieldResult read_member(const boost::json::object& object, std::string_view name, T& out) {
  const boost::json::value* member = object.if_contains(name);
  if (member == nullptr) return under(field_fail("is missing"), name);
  return under(read_value(*member, out), name);
}

template <DescribedStruct Struct>
FieldResult read_members(const boost::json::object& object, Struct& out) {
  using Members = boost::describe::describe_members<Struct, boost::describe::mod_public>;
  FieldResult result;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    if (result) result = read_member(object, member.name, out.*member.pointer);
  });
  return result;
}

template <DescribedStruct Struct>
FieldResult read_value(const boost::json::value& json, Struct& out) {
  if (!json.is_object()) return field_fail("expected an object");
  return read_members(json.get_object(), out);
}

/// Makes the alternative called `name` and reads its members; false when there is none of that name.
template <class Variant>
std::expected<bool, FieldError> read_alternative(const boost::json::object& object, std::string_view name,
                                                 Variant& out) {
  std::expected<bool, FieldError> result = false;
  boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<VariantOf<Variant>>>>([&](auto index) {
    using Alternative = std::variant_alternative_t<index, VariantOf<Variant>>;
    if constexpr (DescribedStruct<Alternative>) {
      if (name != name_of_index<Variant>(index)) return;
      if (auto read = read_members(object, out.template emplace<index>()); !read) {
        result = std::unexpected(read.error());
      } else {
        result = true;
      }
    }
  });
  return result;
}

template <class... Alternatives>
FieldResult read_value(const boost::json::value& json, std::variant<Alternatives...>& out) {
  if (!json.is_object()) return field_fail("expected an object");
  std::string name;
  if (auto read = read_member(json.get_object(), "type", name); !read) return read;
  const auto found = read_alternative(json.get_object(), name, out);
  if (!found) return std::unexpected(found.error());
  if (!*found) return under(field_fail("is not a known type"), "type");
  return {};
}

}  // namespace orchestrator::harness::event
