// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a function returns, as the result of a tool call. Pure functions, safe on any thread. `make_tool`
// (make_tool.hpp) uses them; a `Tool` of its own may too.

#include <boost/describe/enum_to_string.hpp>

#include <concepts>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/harness/tool_arguments.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

namespace arguments {

/// Appends a JSON string; what is no UTF-8 becomes U+FFFD.
void append_text(std::string& out, std::string_view text);
/// Appends a number; one that is not finite makes the text no JSON, and so the call fail.
void append_number(std::string& out, double number);
void append_number(std::string& out, std::int64_t number);
void append_number(std::string& out, std::uint64_t number);

/// Appends a struct; an optional field that is empty is left out.
template <DescribedStruct T>
void append_fields(std::string& out, const T& value);

/// Appends a value of the types that a field may have. An enum without a name for its value is written as a number.
template <class T>
void append_json(std::string& out, const T& value) {
  if constexpr (std::same_as<T, std::string>) {
    append_text(out, value);
  } else if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::signed_integral<T>) {
    append_number(out, static_cast<std::int64_t>(value));
  } else if constexpr (std::unsigned_integral<T>) {
    append_number(out, static_cast<std::uint64_t>(value));
  } else if constexpr (std::floating_point<T>) {
    append_number(out, static_cast<double>(value));
  } else if constexpr (DescribedEnum<T>) {
    const char* name = boost::describe::enum_to_string(value, nullptr);
    if (name == nullptr) return append_json(out, static_cast<std::underlying_type_t<T>>(value));
    append_text(out, name);
  } else if constexpr (IsList<T>::value) {
    std::string_view before = "[";
    for (const auto& element : value) {
      out += std::exchange(before, ",");
      append_json<typename T::value_type>(out, element);
    }
    out += value.empty() ? "[]" : "]";
  } else if constexpr (IsMap<T>::value) {
    std::string_view before = "{";
    for (const auto& [name, member] : value) {
      out += std::exchange(before, ",");
      append_text(out, name);
      out += ':';
      append_json(out, member);
    }
    out += value.empty() ? "{}" : "}";
  } else {
    static_assert(DescribedStruct<T>, "not a type of a tool's result: see the head of tool_arguments.hpp");
    append_fields(out, value);
  }
}

// Declared above.
template <DescribedStruct T>
void append_fields(std::string& out, const T& value) {
  std::string_view before;
  out += '{';
  boost::mp11::mp_for_each<Fields<T>>([&](auto field) {
    const auto& member = value.*field.pointer;
    const auto append = [&](const auto& present) {
      out += std::exchange(before, ",");
      append_text(out, field.name);
      out += ':';
      append_json(out, present);
    };
    if constexpr (IsOptional<std::remove_cvref_t<decltype(member)>>::value) {
      if (member) append(*member);
    } else {
      append(member);
    }
  });
  out += '}';
}

}  // namespace arguments

/// The result of a call that returned this. An `Error` that is no tool's fails the call with `tool_failed`, and its own
/// code in the message.
[[nodiscard]] inline ToolResult to_tool_result(ToolResult result) { return result; }
[[nodiscard]] inline ToolResult to_tool_result(std::string text) { return ToolResult::text(std::move(text)); }
[[nodiscard]] ToolResult to_tool_result(ToolError error);
[[nodiscard]] ToolResult to_tool_result(const Error& error);

/// A struct is shown as JSON.
template <DescribedStruct T>
  requires(!std::same_as<T, ToolResult>)
[[nodiscard]] ToolResult to_tool_result(const T& value) {
  std::string json;
  arguments::append_json(json, value);
  return ToolResult::json({std::move(json)});
}

/// The value, or the error.
template <class T, class AnyError>
[[nodiscard]] ToolResult to_tool_result(std::expected<T, AnyError> result) {
  if (!result) return to_tool_result(std::move(result).error());
  return to_tool_result(*std::move(result));
}

}  // namespace orchestrator::harness
