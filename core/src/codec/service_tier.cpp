// SPDX-License-Identifier: Apache-2.0
#include "codec/service_tier.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kNameBytesMax = 32;
constexpr std::array<std::string_view, 7> kStandard{
    "", "auto", "default", "standard", "on_demand", "service_tier_unspecified", "traffic_type_unspecified"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

}  // namespace

void add_unpriced(Usage& usage, std::string_view term) {
  const bool is_known = std::ranges::find(usage.unpriced, term) != usage.unpriced.end();
  if (!is_known && usage.unpriced.size() < kUnpricedMax) usage.unpriced.emplace_back(term);
}

void add_service_tier(Usage& usage, std::string_view name) {
  std::string tier(name.substr(0, kNameBytesMax + 1));
  std::ranges::transform(tier, tier.begin(), lower);
  if (std::ranges::find(kStandard, tier) != kStandard.end()) return;
  const bool is_name = tier.size() <= kNameBytesMax && std::ranges::all_of(tier, is_plain);
  add_unpriced(usage, "service_tier:" + (is_name ? tier : std::string("other")));
}

}  // namespace orchestrator::harness::codec
