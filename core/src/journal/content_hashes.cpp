// SPDX-License-Identifier: Apache-2.0
#include "journal/content_hashes.hpp"

#include <algorithm>

namespace orchestrator::harness::journal {

std::set<std::string> content_hashes_in(std::string_view line) {
  constexpr std::size_t digits = 64;
  std::set<std::string> hashes;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_of("0123456789abcdef", at);
    if (begin == std::string_view::npos) break;
    at = std::min(line.find_first_not_of("0123456789abcdef", begin), line.size());
    if (at - begin == digits) hashes.emplace(line.substr(begin, digits));
  }
  return hashes;
}

}  // namespace orchestrator::harness::journal
