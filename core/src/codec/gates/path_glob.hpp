// SPDX-License-Identifier: Apache-2.0
#pragma once

// Patterns for paths and names. Pure functions, safe on any thread; the time of a match is linear in the path.

#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// `path` without `.`, `..`, doubled and final slashes, by its text alone: links are not looked at. What would lead
/// above the root of a relative path stays at its front (`a/../../b` is `../b`); the empty path is `.`.
[[nodiscard]] std::string clean_path(std::string_view path);

/// Whether a clean path is one that `glob` means: `*` stands for any characters of one name, `?` for one of them, `**`
/// as a name of its own for any number of folders, also none. All else stands for itself; case counts.
[[nodiscard]] bool matches_path(std::string_view glob, std::string_view path);

/// The same for a name: `*` stands for any characters at all.
[[nodiscard]] bool matches_name(std::string_view glob, std::string_view name);

}  // namespace orchestrator::harness::codec
