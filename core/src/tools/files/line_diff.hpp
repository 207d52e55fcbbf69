// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a person sees of a change: a unified diff of whole lines. Pure.

#include <string>
#include <string_view>

namespace orchestrator::harness::tools {

/// The unified diff from `before` to `after` under the name `path`, three lines of context, 400 lines at most
/// and 400 bytes of each; says so where it is cut or where the texts are too long to compare line by line. Empty when
/// both are equal.
[[nodiscard]] std::string line_diff(const std::string& path, std::string_view before, std::string_view after);

}  // namespace orchestrator::harness::tools
