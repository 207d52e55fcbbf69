// SPDX-License-Identifier: Apache-2.0
// Any bytes as an answer with embeddings; the first byte says for how many texts. What is taken has one vector a text,
// all of one length, of finite numbers that are not all zero; what is refused follows the mapping table and shows clean
// text.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "codec/embeddings/embeddings_decoder.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t texts = data[0] % 64U + 1U;
  const auto answer = codec::decode_embeddings({reinterpret_cast<const char*>(data) + 1, size - 1}, texts);
  if (!answer) {
    require(follows_mapping(answer.error()));
    require(!answer.error().message.empty() && event::is_valid_utf8(answer.error().message));
    return 0;
  }
  require(answer->vectors.size() == texts);
  for (const auto& vector : answer->vectors) {
    require(vector.size() == answer->vectors.front().size());
    require(!vector.empty() && vector.size() <= codec::kEmbeddingValuesMax);
    require(std::ranges::all_of(vector, [](float number) { return std::isfinite(number); }));
    require(std::ranges::any_of(vector, [](float number) { return number != 0; }));
  }
  return 0;
}
