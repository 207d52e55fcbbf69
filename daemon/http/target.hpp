// SPDX-License-Identifier: Apache-2.0
#pragma once

// The target of a request: a path and a query, as RFC 3986 and HTML forms write them. Pure functions; any thread.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orchestrator::daemon {

struct Target {
  std::string path;  // still percent-encoded, begins with a slash
  std::vector<std::pair<std::string, std::string>> query;
};

/// Takes a target apart. An error says what is wrong with it: only the origin form is taken, without a fragment, with
/// whole escapes, and with at most 64 parameters.
[[nodiscard]] std::expected<Target, std::string> parse_target(std::string_view target);

/// `text` with its escapes resolved; nothing where one is broken, or makes a NUL or what is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

}  // namespace orchestrator::daemon
