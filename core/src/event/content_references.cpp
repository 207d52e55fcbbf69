// SPDX-License-Identifier: Apache-2.0
#include "event/content_references.hpp"

#include <charconv>

namespace orchestrator::harness::event {

void collect_references(std::string_view line, std::map<Hash, std::uint64_t>& contents) {
  constexpr std::string_view kBefore = "{\"hash\":\"";
  constexpr std::string_view kBetween = "\",\"size_bytes\":";
  for (std::size_t at = line.find(kBefore); at != std::string_view::npos; at = line.find(kBefore, at + 1)) {
    std::string_view rest = line.substr(at + kBefore.size());
    const auto hash = Hash::parse(rest.substr(0, 2 * Hash::kBytes));
    if (!hash) continue;
    rest.remove_prefix(2 * Hash::kBytes);
    if (!rest.starts_with(kBetween)) continue;
    rest.remove_prefix(kBetween.size());
    std::uint64_t size_bytes = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), size_bytes);
    if (read.ec != std::errc() || size_bytes == 0) continue;
    if (read.ptr != rest.data() + rest.size() && *read.ptr == '}') contents.emplace(*hash, size_bytes);
  }
}

}  // namespace orchestrator::harness::event
