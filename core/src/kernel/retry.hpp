// SPDX-License-Identifier: Apache-2.0
#pragma once

// What becomes of a turn whose attempt failed: the same model once more, another model of the plan, or the end of the
// run. The one place that decides it. Pure.

#include <cstdint>
#include <optional>
#include <variant>

#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {

/// The run ends with the attempt's error.
struct GiveUp {
  std::optional<events::NegotiationFailed> unfit = {};  // why no other model of the plan was taken
};
struct TryAgain {
  std::uint64_t delay_ms = 0;
  RetryAfter retry_after = RetryAfter::none;
  RetryMode mode = RetryMode::again;
};
struct FallBack {
  events::ModelSelected to;
  RetryMode mode = RetryMode::again;
};
using Remedy = std::variant<GiveUp, TryAgain, FallBack>;

/// What is done about an attempt that failed with `error`.
[[nodiscard]] Remedy remedy_for(const Facts& facts, const Attempt& attempt, const Error& error,
                                const std::optional<RetryAdvice>& advice, std::uint64_t now_us);

/// What is done about an attempt whose process is gone, by whoever goes on with the run: it is made again, at once and
/// whatever was seen of it, for that is what was asked for. `AfterOutput::continue_answer` keeps the text.
[[nodiscard]] Remedy remedy_for_loss(const Facts& facts, const Attempt& attempt);

/// The items of a failed attempt that are void under `remedy`: all of them, or all but the text that stays.
[[nodiscard]] std::vector<std::string> voided_items(const Attempt& attempt, const Remedy& remedy);

/// Carries a remedy out, once `AttemptFailed` is emitted.
void apply(Decider& decider, const Remedy& remedy, const Error& error);

}  // namespace orchestrator::harness::kernel
