// SPDX-License-Identifier: Apache-2.0
#pragma once

// The methods of HTTP that routes may have. Values; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace orchestrator::daemon {

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options };

/// The method's word on the wire, such as `DELETE`. Lives for ever.
[[nodiscard]] constexpr std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::remove:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
  }
  return "";
}

/// The method of that word; nothing for every other word. Methods are case-sensitive.
[[nodiscard]] constexpr std::optional<Method> parse_method(std::string_view word) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::remove, Method::options}) {
    if (word == name_of(method)) return method;
  }
  return std::nullopt;
}

}  // namespace orchestrator::daemon
