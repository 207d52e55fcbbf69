// SPDX-License-Identifier: Apache-2.0
#pragma once

// Texts and their tokens as tiktoken 0.14.0 gives them, read from token_vectors.json. One thread.

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/token_counter.hpp"

namespace orchestrator::harness::tokens::testing {

struct TokenVector {
  std::string text;
  std::vector<TokenId> tokens;
};

/// All vectors of an encoding. Throws where the file is missing or has none.
[[nodiscard]] std::vector<TokenVector> token_vectors(std::string_view encoding);

/// Where the rank files of this checkout are, whether or not they could be fetched.
[[nodiscard]] std::string rank_folder();

}  // namespace orchestrator::harness::tokens::testing
