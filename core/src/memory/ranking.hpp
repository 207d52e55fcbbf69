// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which of the memories that were found come first: reciprocal rank fusion of what their words, their meaning and their
// age say (Cormack, Clarke, Buettcher 2009). Ranks are compared and never scores, so no scale has to be guessed. Pure.

#include <cstdint>
#include <optional>
#include <vector>

#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::memory {

inline constexpr double kRankOffset = 60;
inline constexpr double kTextWeight = 1;
inline constexpr double kVectorWeight = 1;
inline constexpr double kAgeWeight = 0.25;

/// A memory that may be shown.
struct Candidate {
  std::int64_t number = 0;  // of its row
  MemoryId id;
  WallTime created_at;
  bool operator==(const Candidate&) const = default;
};

/// The order of equals: newer first, then the greater id.
[[nodiscard]] bool is_newer(const Candidate& left, const Candidate& right);

/// Lists in which each memory stands at most once.
struct Rankings {
  std::vector<Candidate> by_text;    // best first
  std::vector<Candidate> by_vector;  // best first
  std::vector<Candidate> others;     // found by neither, in any order
};

struct RankedCandidate {
  Candidate candidate;
  double score = 0;
  std::optional<std::uint32_t> text_rank;
  std::optional<std::uint32_t> vector_rank;
  bool operator==(const RankedCandidate&) const = default;
};

/// All candidates once, best first. Those made after `now`, by another clock, count as made now.
[[nodiscard]] std::vector<RankedCandidate> fuse(const Rankings& rankings, WallTime now);

}  // namespace orchestrator::harness::memory
