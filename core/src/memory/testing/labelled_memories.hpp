// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memories as an agent would keep them, and questions of which it is known which memory answers them. Made by hand for
// this project; a question puts its matter in another order and other forms of words, some in other words altogether.
// Constant data.

#include <string_view>
#include <vector>

namespace orchestrator::harness::memory::testing {

struct LabelledQuestion {
  std::string_view text;
  std::size_t answer;  // index of the memory
};

/// Oldest first.
[[nodiscard]] const std::vector<std::string_view>& labelled_memories();
/// Their answers are spread over all ages.
[[nodiscard]] const std::vector<LabelledQuestion>& labelled_questions();

}  // namespace orchestrator::harness::memory::testing
