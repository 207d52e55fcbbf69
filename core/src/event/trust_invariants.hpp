// SPDX-License-Identifier: Apache-2.0
#pragma once

// What holds in every journal of results that others may have written, and of the questions that are asked because of
// them. How far a single call reaches is not in the events, so that no such call starts unasked is checked where its
// input is seen. Used by `JournalInvariants`. A value type; one journal, one thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

class TrustInvariants {
 public:
  struct Breach {
    std::string_view invariant;
    std::string_view what;
  };
  /// Takes the next event; what it breaches, which is nothing in a sound journal.
  [[nodiscard]] std::vector<Breach> see(const StreamEvent& event);

 private:
  struct Check;  // one overload for each payload that matters here
  struct Call {
    bool is_output_trusted = false;
    bool has_started = false;
  };

  void require(bool holds, std::string_view invariant, std::string_view what);

  std::vector<Breach> breaches_;  // of the event being checked
  InjectionStance stance_ = InjectionStance::off;
  std::vector<ToolSpec> tools_;
  bool has_untrusted_ = false;
  std::map<std::string, Call> calls_;  // requested, not yet finished
};

}  // namespace orchestrator::harness::event
