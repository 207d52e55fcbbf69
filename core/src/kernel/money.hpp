// SPDX-License-Identifier: Apache-2.0
#pragma once

// What attempts cost, and what a budget leaves for the next one. Integer arithmetic in micro-USD; unknown is not zero.
// Pure functions on values.
// cost = (input - cached - written) x input price + cached x cached price + written x write price + output x output
// price, rounded half up to a micro-USD once for an attempt; reasoning tokens are part of the output.

#include <cstdint>
#include <optional>

#include "kernel/state.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// The exact cost of one attempt, in micro-USD. Empty where input, output or a price that it takes is not known, where
/// the answer had what a price by tokens does not cover, where the counts contradict each other, or where the sum is
/// beyond 64 bits. Cached and written tokens that were not sent are none: providers leave out what they have nothing
/// of.
[[nodiscard]] std::optional<std::uint64_t> cost_of(const Usage& usage, const ModelPrice& price);

/// The most that a request of about `input_tokens` with an answer of `output_tokens` costs, in micro-USD, rounded up
/// and saturating. Empty where a price that it takes is not known.
[[nodiscard]] std::optional<std::uint64_t> cost_at_most(std::uint64_t input_tokens, std::uint64_t output_tokens,
                                                        const ModelPrice& price);

/// The report of an attempt that has ended: what it used, and what that costs by the price that the run began with. An
/// attempt that the provider answered with an error status used nothing; of one that broke off (`is_whole` false) the
/// counts so far say nothing about what it cost.
[[nodiscard]] events::UsageReported usage_report(const Facts& facts, const Attempt& attempt, Usage usage,
                                                 bool is_whole);

/// What an attempt of unknown cost counts against the budget: the most it may have cost, or 0 where its model has no
/// price.
[[nodiscard]] std::uint64_t cost_bound(const Facts& facts, const Attempt& attempt, const Usage& usage);

/// About how many tokens the request of an attempt has: those of the conversation, or those that are summed up.
[[nodiscard]] std::uint64_t attempt_tokens(const Facts& facts, const Attempt& attempt);

/// True where the budget pays for a request of `input_tokens` with an answer of `output_tokens` (empty: as long as the
/// model may), and after it for the shortest answer to a request of `then_tokens`; or where there is no price to go by.
[[nodiscard]] bool pays_for_both(const Facts& facts, std::uint64_t input_tokens,
                                 const std::optional<std::uint32_t>& output_tokens, std::uint64_t then_tokens);

/// True where the present model takes a limit of its answer's length.
[[nodiscard]] bool takes_output_limit(const Facts& facts);

/// False where an attempt without an answer has failed before its request was on its way.
[[nodiscard]] bool may_have_been_sent(const Error& error);

/// What the budget allows the next call.
struct Allowance {
  bool fits = true;                                // false: not even a short answer fits
  std::optional<std::uint32_t> max_output_tokens;  // where it must be shorter than the run's settings say
  std::uint64_t least_micro_usd = 0;               // what the shortest answer may cost
};
[[nodiscard]] Allowance allowance(const Facts& facts, std::uint64_t input_tokens);

/// About how many tokens the next request has: context as far as it cannot be trimmed, system text and tools.
[[nodiscard]] std::uint64_t request_tokens(const Facts& facts);

}  // namespace orchestrator::harness::kernel
