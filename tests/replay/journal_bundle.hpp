// SPDX-License-Identifier: Apache-2.0
#pragma once

// The golden journals of one release: what its kernel wrote for the simulator's first seeds, packed into one file, and
// beside it the head that each run ended with. Made by tests/golden/make_bundle.py. For tests, one thread.

#include <cstdint>
#include <string>
#include <vector>

namespace orchestrator::harness {

/// A run as it was written, and what is known of it from elsewhere.
struct BundledRun {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
  std::string head;  // hexadecimal
  std::vector<std::string> lines;
};

/// The releases that have a bundle, in order of name, such as `0_2_2`.
[[nodiscard]] std::vector<std::string> bundled_releases();

/// The runs of a release's bundle, in order. Throws where the two files do not read or do not fit together.
[[nodiscard]] std::vector<BundledRun> read_bundle(const std::string& release);

}  // namespace orchestrator::harness
