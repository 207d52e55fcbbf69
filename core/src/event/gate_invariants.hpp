// SPDX-License-Identifier: Apache-2.0
#pragma once

// What holds in every journal of rules and their verdicts, and of what was taken out. Used by `JournalInvariants`. A
// value type; one journal, one thread.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

class GateInvariants {
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
  std::vector<events::GateInForce> gates_;
  bool judges_input_ = false;           // and has not yet
  bool is_redacted_ = false;            // it says that it is
  bool is_blocked_ = false;             // the run is to end
  bool has_requested_ = false;          // by a run, or by the source of a fork
  std::set<std::string> denied_calls_;  // and not finished yet
};

}  // namespace orchestrator::harness::event
