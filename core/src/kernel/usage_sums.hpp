// SPDX-License-Identifier: Apache-2.0
#pragma once

// Token counts summed over the attempts of a run. What one attempt did not report makes that sum unknown, which is
// not zero; what is known of it still counts against a budget. A value type, pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// What the attempts of a run cost together, in micro-USD.
class CostSum {
 public:
  /// Adds one attempt's cost; empty is unknown.
  void add(const std::optional<std::uint64_t>& micro_usd);
  /// The sum, where every attempt's cost is known and there was one.
  [[nodiscard]] std::optional<std::uint64_t> total() const;
  bool operator==(const CostSum&) const = default;

 private:
  std::uint64_t known_ = 0;
  bool is_known_ = true;
  bool is_used_ = false;
};

class UsageSums {
 public:
  /// Adds one attempt's report.
  void add(const Usage& usage);
  /// The sums that every attempt contributed to; empty counts before the first attempt.
  [[nodiscard]] Usage totals() const;
  /// Input and output tokens as far as providers said: a lower bound.
  [[nodiscard]] std::uint64_t tokens_known() const { return input_.known + output_.known; }
  bool operator==(const UsageSums&) const = default;

 private:
  struct Sum {
    std::uint64_t known = 0;
    std::uint32_t reports = 0;
    bool operator==(const Sum&) const = default;
    void add(const std::optional<std::uint64_t>& count);
  };
  [[nodiscard]] std::optional<std::uint64_t> total(const Sum& sum) const;

  Sum input_;
  Sum cached_input_;
  Sum cache_write_;
  Sum output_;
  Sum reasoning_;
  Sum total_;
  std::uint32_t attempts_ = 0;
  bool invalid_ = false;
  std::vector<std::string> unpriced_;
};

}  // namespace orchestrator::harness::kernel
