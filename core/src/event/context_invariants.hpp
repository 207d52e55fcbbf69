// SPDX-License-Identifier: Apache-2.0
#pragma once

// What holds in every journal of summaries, memories and loops: the part of the event contract that says what comes
// into a context besides the conversation. Used by `JournalInvariants`. A value type; one journal, one thread.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

class ContextInvariants {
 public:
  struct Breach {
    std::string_view invariant;
    std::string_view what;
  };
  /// Takes the next event; what it breaches, which is nothing in a sound journal.
  [[nodiscard]] std::vector<Breach> see(const StreamEvent& event);

 private:
  struct Check;  // one overload for each payload that matters here

  void require(bool holds, std::string_view invariant, std::string_view what);

  std::vector<Breach> breaches_;  // of the event being checked
  MemoryPolicy policy_;
  bool has_text_ = false;  // the run's input has some
  bool has_retrieved_ = false;
  bool has_requested_ = false;
  bool has_answer_ = false;
  bool has_kept_ = false;  // since the last answer
  std::set<MemoryId> stored_;
  std::optional<std::uint32_t> summary_attempt_;  // under way
  std::uint32_t summary_turn_ = 0;                // of the last one
  bool has_summary_ = false;                      // finished, and not taken in yet
  std::optional<std::uint64_t> summary_cost_;
};

}  // namespace orchestrator::harness::event
