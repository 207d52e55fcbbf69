// SPDX-License-Identifier: Apache-2.0
#include "tokens/testing/token_vectors.hpp"

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace orchestrator::harness::tokens::testing {

std::vector<TokenVector> token_vectors(std::string_view encoding) {
  const std::string path = std::string(ORCHESTRATOR_SOURCE_DIR) + "/core/src/tokens/testing/token_vectors.json";
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<TokenVector> vectors;
  for (const auto& entry : boost::json::parse(text).as_array()) {
    TokenVector& vector = vectors.emplace_back();
    vector.text = entry.at("text").as_string();
    for (const auto& token : entry.at(encoding).as_array()) vector.tokens.push_back(token.to_number<TokenId>());
  }
  if (vectors.empty()) throw std::runtime_error("no vectors in " + path);
  return vectors;
}

std::string rank_folder() { return std::string(ORCHESTRATOR_SOURCE_DIR) + "/.encodings"; }

}  // namespace orchestrator::harness::tokens::testing
