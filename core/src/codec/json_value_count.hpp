// SPDX-License-Identifier: Apache-2.0
#pragma once

// How many values a JSON text holds, found without building any of them. Pure, safe on any thread.

#include <cstddef>
#include <string_view>

namespace orchestrator::harness::codec {

/// True where `text` may hold more than `values_max` values. Empty lists and objects count twice; text that is no JSON
/// gets some answer. Reads the text once at most, and a short one not at all; allocates nothing.
[[nodiscard]] bool has_more_values(std::string_view text, std::size_t values_max);

}  // namespace orchestrator::harness::codec
