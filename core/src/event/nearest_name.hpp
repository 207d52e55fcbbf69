// SPDX-License-Identifier: Apache-2.0
#pragma once

// "Did you mean": the known name that a mistyped one was most likely meant to be. Bounded work: words longer than
// 64 bytes match nothing. Pure functions.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orchestrator::harness::event {

/// The candidate nearest to `word` by optimal string alignment (insert, delete, replace, swap of neighbours; case is
/// ignored), if a third of its letters at the most differ; the first of equals. `word` may also be the beginning of
/// one candidate alone. The view is one of `candidates`.
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view word,
                                                           std::span<const std::string_view> candidates);

/// `; did you mean 'NAME'?`, or nothing where no candidate is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace orchestrator::harness::event
