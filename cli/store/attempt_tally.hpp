// SPDX-License-Identifier: Apache-2.0
#pragma once

// The attempts of a run: how many there were, what went wrong with those that failed, and what is known of their tokens
// and cost where the run's totals are not.

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

/// Takes the events of one run in their order. A value, for one thread.
class AttemptTally {
 public:
  void add(const harness::StreamEvent& event);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The error codes of failed attempts, in order.
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  /// `3, 2 failed: provider_rate_limited, provider_overloaded`; empty for one attempt that did not fail, or none.
  [[nodiscard]] std::string text() const;
  /// `at least 40 in, 11 out tokens, $0.000190`: of the attempts that said so; empty where all of them did.
  [[nodiscard]] std::string known_text() const;

 private:
  std::uint64_t count_ = 0;
  std::vector<std::string> failures_;
  std::uint64_t input_ = 0;
  std::uint64_t output_ = 0;
  std::uint64_t cost_micro_usd_ = 0;
  bool has_cost_ = false;
  bool is_whole_ = true;
};

}  // namespace orchestrator::cli
