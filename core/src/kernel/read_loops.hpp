// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a model reads again and again what compaction takes out of its context: pure calls of the same tool with the
// same arguments, each after the run's own turns were compacted once more. A value type, pure, bounded.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

class ReadLoops {
 public:
  /// Reads that are kept in mind; of more, the ones that were made longest ago are forgotten.
  static constexpr std::size_t kReadsMax = 64;
  /// How often a read must have come back after a compaction.
  static constexpr std::uint32_t kReturnsMin = 2;

  /// A pure call was asked for.
  void read(const std::string& tool, const Hash& argument_hash);
  /// Turns of the run itself were compacted, by one bound or by two.
  void compacted() { has_compacted_ = true; }
  /// A request was made: what was compacted before it counts as one compaction.
  void requested() {
    if (has_compacted_) compactions_ += 1;
    has_compacted_ = false;
  }
  /// The warning that is due after a call was asked for; nothing where none is, or it was given.
  [[nodiscard]] std::optional<events::LoopSuspected> suspicion(std::uint32_t turn, const std::string& tool,
                                                               const Hash& argument_hash) const;
  /// It was given.
  void warned(const std::string& tool, const Hash& argument_hash);
  bool operator==(const ReadLoops&) const = default;

 private:
  struct Read {
    std::string tool;
    Hash argument_hash;
    std::uint32_t times = 0;
    std::uint32_t returns = 0;            // of them, after a compaction since the one before
    std::uint32_t first_compactions = 0;  // how many there had been
    std::uint32_t last_compactions = 0;
    bool has_warned = false;
    bool operator==(const Read&) const = default;
  };
  std::vector<Read> reads_;  // the last made last
  bool has_compacted_ = false;
  std::uint32_t compactions_ = 0;
};

}  // namespace orchestrator::harness::kernel
