// SPDX-License-Identifier: Apache-2.0
#pragma once

// What may be stored and what may be asked, before a database is touched. Every error names the field, what it is and
// what is allowed. Pure functions.

#include <cstdint>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/memory.hpp"

namespace orchestrator::harness::memory {

inline constexpr std::size_t kUserBytesMax = 256;
inline constexpr std::size_t kModelBytesMax = 256;
inline constexpr std::size_t kVectorValuesMax = 4'096;
inline constexpr std::uint32_t kHitsMax = 100;
inline constexpr std::uint32_t kListMax = 1'000;
inline constexpr std::uint64_t kTextBytesMaxMax = 16ULL << 20;

/// Errors: `configuration_invalid`.
[[nodiscard]] Result<void> check_bounds(const MemoryBounds& bounds);
/// Errors: `invalid_argument`; `limit_exceeded` for a text that is too long.
[[nodiscard]] Result<void> check_memory(const Memory& memory, const MemoryBounds& bounds);
/// Errors: `invalid_argument`.
[[nodiscard]] Result<void> check_query(const MemoryQuery& query);
[[nodiscard]] Result<void> check_list(const MemoryFilter& filter, std::uint32_t limit);
/// A filter of what to forget says something.
[[nodiscard]] Result<void> check_forget(const MemoryFilter& filter);

}  // namespace orchestrator::harness::memory
