// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random numbers for ids and seeds, from the operating system. Thread-safe.

#include <cstdint>

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::runtime {

/// 64 random bits.
[[nodiscard]] std::uint64_t random_bits();
/// A new id at the present wall time; ids of one process rise strictly.
[[nodiscard]] RunId new_run_id();
[[nodiscard]] SessionId new_session_id();
[[nodiscard]] HintId new_hint_id();
[[nodiscard]] TraceId new_trace_id();
/// A seed of 53 bits, so that every JSON reader holds it exactly.
[[nodiscard]] std::uint64_t new_seed();

}  // namespace orchestrator::harness::runtime
