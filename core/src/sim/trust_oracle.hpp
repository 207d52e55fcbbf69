// SPDX-License-Identifier: Apache-2.0
#pragma once

// What must hold of untrusted results in a simulated run, worked out from inputs and events without the kernel: under
// the strict stance no call that reaches further than `inside` starts after one, unless an approval that was asked for
// after it, and for this call, allowed it. A call that had started before may be made again. One run, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/input.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::sim {

class TrustOracle {
 public:
  /// Looks at a stored step; what is wrong with it, or nothing.
  [[nodiscard]] std::optional<std::string> see(const event::Input& input, const std::vector<StreamEvent>& events);

 private:
  struct Approval {
    std::uint64_t asked_seq = 0;
    std::string call_id;
    bool is_allowed = false;
  };

  [[nodiscard]] const ToolSpec* spec_of(const std::string& call_id) const;
  [[nodiscard]] bool reaches_out(const event::Input& input, const std::string& call_id) const;
  void taint(std::uint64_t seq);
  void see_event(const event::Input& input, const StreamEvent& event);
  void see_start(const event::Input& input, const events::ToolCallStarted& started);
  void see_question(const event::Input& input, const StreamEvent& event);
  void see_end(const event::Input& input, const events::ToolCallFinished& finished, std::uint64_t seq);
  void require(bool holds, const char* what);

  events::RunStarted spec_;
  std::uint64_t tainted_seq_ = 0;             // of the first event that brought something untrusted; 0: none did
  std::map<std::string, std::string> tools_;  // by call
  std::map<InterruptId, Approval> approvals_;
  std::optional<std::string> wrong_;
};

}  // namespace orchestrator::harness::sim
