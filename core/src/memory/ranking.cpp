// SPDX-License-Identifier: Apache-2.0
#include "memory/ranking.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace orchestrator::harness::memory {
namespace {

double share(double weight, std::size_t rank) { return weight / (kRankOffset + static_cast<double>(rank)); }

using ByNumber = std::map<std::int64_t, RankedCandidate>;

void add(ByNumber& found, const std::vector<Candidate>& list, double weight,
         std::optional<std::uint32_t> RankedCandidate::* rank) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    RankedCandidate& one = found.try_emplace(list[i].number, RankedCandidate{.candidate = list[i]}).first->second;
    one.score += share(weight, i + 1);
    one.*rank = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace

bool is_newer(const Candidate& left, const Candidate& right) {
  return std::tie(left.created_at, left.id) > std::tie(right.created_at, right.id);
}

std::vector<RankedCandidate> fuse(const Rankings& rankings, WallTime now) {
  ByNumber found;
  add(found, rankings.by_text, kTextWeight, &RankedCandidate::text_rank);
  add(found, rankings.by_vector, kVectorWeight, &RankedCandidate::vector_rank);
  for (const Candidate& other : rankings.others) {
    found.try_emplace(other.number, RankedCandidate{.candidate = other});
  }

  std::vector<RankedCandidate> ranked;
  ranked.reserve(found.size());
  for (auto& [number, one] : found) ranked.push_back(std::move(one));
  std::ranges::sort(ranked, [now](const RankedCandidate& left, const RankedCandidate& right) {
    const auto key = [now](const Candidate& one) { return std::pair(std::min(one.created_at, now), one.id); };
    return key(left.candidate) > key(right.candidate);
  });
  for (std::size_t i = 0; i < ranked.size(); ++i) ranked[i].score += share(kAgeWeight, i + 1);
  std::ranges::sort(ranked, [](const RankedCandidate& left, const RankedCandidate& right) {
    if (left.score != right.score) return left.score > right.score;
    return is_newer(left.candidate, right.candidate);
  });
  return ranked;
}

}  // namespace orchestrator::harness::memory
