// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "orchestrator/harness/token_counter.hpp"
#include "tokens/encoding.hpp"
#include "tokens/rank_file.hpp"
#include "tokens/ranked_counter.hpp"

namespace orchestrator::harness {

Result<std::shared_ptr<const TokenCounter>> load_token_counter(std::string_view encoding, const std::string& folder) {
  std::string name(encoding);
  const tokens::Encoding* known = tokens::find_encoding(encoding);
  if (known == nullptr) {
    return fail(RuntimeErrorCode::invalid_argument,
                "there is no encoding '" + name + "' here, only " + tokens::known_encodings(), "encoding");
  }
  auto pattern = tokens::PiecePattern::compile(tokens::compiled_form(known->pattern));
  if (!pattern) return std::unexpected(pattern.error());
  auto table = tokens::read_rank_file(folder + "/" + name + ".tiktoken", known->tokens);
  if (!table) return std::unexpected(table.error());
  return std::make_shared<const tokens::RankedCounter>(std::move(name), *std::move(table), *std::move(pattern));
}

}  // namespace orchestrator::harness
