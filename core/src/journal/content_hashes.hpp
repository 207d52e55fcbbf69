// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which content a line may refer to. Pure.

#include <set>
#include <string>
#include <string_view>

namespace orchestrator::harness::journal {

/// The texts in a line that may be hashes of content: 64 hexadecimal digits by themselves.
[[nodiscard]] std::set<std::string> content_hashes_in(std::string_view line);

}  // namespace orchestrator::harness::journal
