// SPDX-License-Identifier: Apache-2.0
#pragma once

// What holds in every journal of a run that was made out of another one: a fork, a replay, an undo. Used by
// `JournalInvariants`. A value type; one journal, one thread.

#include <optional>
#include <string_view>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

class DerivedInvariants {
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
  RunId run_id_;
  RunKind kind_ = RunKind::live;
  std::uint64_t seen_ = 0;
  bool has_derivation_ = false;  // the event that says what the run has to do with the other one
  std::optional<bool> matched_;  // what a replay came to
  std::vector<UndoStep> steps_;
  std::uint32_t finished_ = 0;  // steps of an undo
  std::uint32_t attempts_ = 0;  // of the step under way
  bool is_whole_ = true;        // every finished step restored what was there
};

}  // namespace orchestrator::harness::event
