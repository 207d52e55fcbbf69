// SPDX-License-Identifier: Apache-2.0
#include "kernel/usage_sums.hpp"

#include <algorithm>
#include <limits>

namespace orchestrator::harness::kernel {

void CostSum::add(const std::optional<std::uint64_t>& micro_usd) {
  is_used_ = true;
  is_known_ = is_known_ && micro_usd && *micro_usd <= std::numeric_limits<std::uint64_t>::max() - known_;
  if (is_known_) known_ += *micro_usd;
}

std::optional<std::uint64_t> CostSum::total() const {
  return is_used_ && is_known_ ? std::optional(known_) : std::nullopt;
}

void UsageSums::Sum::add(const std::optional<std::uint64_t>& count) {
  if (!count) return;
  known += *count;
  reports += 1;
}

void UsageSums::add(const Usage& usage) {
  attempts_ += 1;
  input_.add(usage.input);
  cached_input_.add(usage.cached_input);
  cache_write_.add(usage.cache_write);
  output_.add(usage.output);
  reasoning_.add(usage.reasoning);
  total_.add(usage.total);
  invalid_ = invalid_ || usage.invalid;
  for (const std::string& term : usage.unpriced) {
    const bool is_new = std::ranges::find(unpriced_, term) == unpriced_.end();
    if (is_new && unpriced_.size() < kUnpricedMax) unpriced_.push_back(term);
  }
}

std::optional<std::uint64_t> UsageSums::total(const Sum& sum) const {
  return attempts_ > 0 && sum.reports == attempts_ ? std::optional(sum.known) : std::nullopt;
}

Usage UsageSums::totals() const {
  return {.input = total(input_),
          .cached_input = total(cached_input_),
          .cache_write = total(cache_write_),
          .output = total(output_),
          .reasoning = total(reasoning_),
          .total = total(total_),
          .invalid = invalid_,
          .unpriced = unpriced_};
}

}  // namespace orchestrator::harness::kernel
