// SPDX-License-Identifier: Apache-2.0
// Any lines behind the single bytes of a rank file, and any text behind a NUL: the file is refused with its place or is
// an encoding, and by an encoding every text comes back whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/lossy_utf8.hpp"
#include "codec/media_source.hpp"
#include "tokens/encoding.hpp"
#include "tokens/rank_file.hpp"
#include "tokens/ranked_counter.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string single_bytes() {
  std::string text;
  for (unsigned byte = 0; byte < 256; ++byte) {
    codec::append_base64(text, std::string(1, static_cast<char>(byte)));
    text += " " + std::to_string(byte) + "\n";
  }
  return text;
}

void count(const std::string& encoding, tokens::RankTable table, std::string_view text) {
  auto pattern = tokens::PiecePattern::compile(tokens::compiled_form(tokens::find_encoding(encoding)->pattern));
  require(pattern.has_value());
  const tokens::RankedCounter counter(encoding, std::move(table), *std::move(pattern));
  std::string mended;
  codec::append_lossy_utf8(mended, text);
  const std::vector<TokenId> ids = counter.encode(text);
  require(counter.decode(ids) == mended);
  require(counter.count(text) == ids.size());
  require(counter.encode(mended) == ids);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kSingleBytes = single_bytes();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view lines = input.substr(0, input.find('\0'));
  const std::string_view text = input.substr(std::min(input.size(), lines.size() + 1));

  const auto read = [](std::string_view behind, std::size_t tokens) {
    const auto table = tokens::parse_rank_file(kSingleBytes + std::string(behind), "fuzz", tokens);
    require(table || (table.error().code == "configuration_invalid" && table.error().at.starts_with("fuzz")));
    return table;
  };
  const auto ends = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
  auto table = read(lines, 256 + ends);
  if (!table) table = read("", 256);
  for (const char* encoding : {"o200k_base", "cl100k_base"}) count(encoding, *table, text);
  return 0;
}
