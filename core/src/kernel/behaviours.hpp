// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbered behaviours of the kernel. A change that would alter the replay of an old run gets a new number here; runs
// record the numbers they began with, and old runs are decided by theirs. Numbers are never reused.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

enum class Behaviour : std::uint32_t {
  /// The rules of 0.1.0.
  first = 1,
  /// 0.1.2: attempts are made again, models fall back, refused requests used nothing, requests must fit the model.
  reliability = 2,
  /// 0.1.2, at its end: what follows a lost attempt is announced, and so is why no other model of the plan fits.
  told_remedies = 3,
  /// 0.2.0: a model that reads again and again what compaction takes from it is told of.
  told_loops = 4,
  // The next two are told by the version of a run's first event, which had no number for them: its upcaster sets them.
  /// 0.1.0 alone: calls have no span of their own, and a lost call of the model ends the run.
  of_0_1_0 = 5,
  /// Before 0.2.1: tools do not say how far they reach, and are hashed without that.
  of_before_0_2_1 = 6,
};

/// What a new run records: every number of this build that is not one of earlier releases alone, ascending.
[[nodiscard]] inline std::vector<std::uint32_t> present_behaviours() {
  return {static_cast<std::uint32_t>(Behaviour::first), static_cast<std::uint32_t>(Behaviour::reliability),
          static_cast<std::uint32_t>(Behaviour::told_remedies), static_cast<std::uint32_t>(Behaviour::told_loops)};
}

/// True for a run that began with `behaviour`.
[[nodiscard]] inline bool has_behaviour(const events::RunStarted& spec, Behaviour behaviour) {
  return std::ranges::find(spec.behaviours, static_cast<std::uint32_t>(behaviour)) != spec.behaviours.end();
}

/// True for a run that began before 0.1.2.
[[nodiscard]] inline bool is_of_first_rules(const events::RunStarted& spec) {
  return has_behaviour(spec, Behaviour::first) && !has_behaviour(spec, Behaviour::reliability);
}

}  // namespace orchestrator::harness::kernel
