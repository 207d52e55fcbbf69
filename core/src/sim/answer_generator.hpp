// SPDX-License-Identifier: Apache-2.0
#pragma once

// Draws what the simulated provider answers: sound answers of every shape, and every way in which one goes wrong.
// Pure but for the stream of draws that it is given.

#include "sim/entropy.hpp"
#include "sim/scenario.hpp"

namespace orchestrator::harness::sim {

/// Which kinds of trouble a scenario's provider makes; each is on in about half of all scenarios.
struct ProviderTemper {
  bool fails = false;         // errors and deadlines at any point of a call
  bool breaks_rules = false;  // pieces that do not add up
  bool calls_tools = false;
  bool ends_early = false;      // length, content filter, pause
  bool is_slow = false;         // seconds where it is milliseconds otherwise
  bool repeats_itself = false;  // one call, always the same
};

[[nodiscard]] ProviderTemper draw_temper(Entropy& entropy);

/// One answer. `index` tells calls of a scenario apart.
[[nodiscard]] AnswerPlan draw_answer(Entropy& entropy, const ProviderTemper& temper, std::size_t index);

/// An error of a provider, any of its codes.
[[nodiscard]] Error draw_provider_error(Entropy& entropy);

/// A text of some words, with code points of one to four bytes.
[[nodiscard]] std::string draw_text(Entropy& entropy, std::uint64_t words_max);

}  // namespace orchestrator::harness::sim
