// SPDX-License-Identifier: Apache-2.0
#pragma once

// The clock and the meters of one process, for the mock and for every C++ client. Thread-safe.

#include <cstdint>

namespace bench {

/// CLOCK_MONOTONIC in nanoseconds; the same clock in every process of the machine.
[[nodiscard]] std::uint64_t now_ns();

/// User and system time of the whole process so far, in seconds.
[[nodiscard]] double cpu_s();

/// The most memory that the process ever held, or has since `reset_peak_rss` (VmHWM), in MiB; 0 where the kernel does
/// not say.
[[nodiscard]] double peak_rss_mib();

/// From here on the peak is counted anew, where the kernel allows it.
void reset_peak_rss();

}  // namespace bench
