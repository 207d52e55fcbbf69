// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lines of a finished run packed together: one after the other, each with its line end, deflated. A chunk is small, so
// that reading one line costs no more in a long run than in a short one. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

/// The text of a chunk, except where a single line is larger.
inline constexpr std::uint64_t kChunkBytes = 64ULL << 10;

/// Error: `storage_unavailable` for want of memory.
[[nodiscard]] Result<std::string> pack(std::string_view text);

/// What was packed. `size` is that of the text. Error: `journal_damaged` where the bytes give no such text.
[[nodiscard]] Result<std::string> unpack(std::string_view packed, std::uint64_t size);

}  // namespace orchestrator::harness::journal
