// SPDX-License-Identifier: Apache-2.0
#pragma once

// Times of repetitions, in microseconds. For one thread.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace orchestrator::bench {

/// The times of `count` calls of `work`, ascending.
template <class Work>
std::vector<double> times_us(std::size_t count, Work work) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(times);
  return times;
}

/// The value below which `percent` of the sorted `times` lie.
inline double percentile(const std::vector<double>& times, std::size_t percent) {
  return times.at((times.size() - 1) * percent / 100);
}

}  // namespace orchestrator::bench
