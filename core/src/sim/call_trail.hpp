// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls of a simulated run that an undo may take back, as the run's journal tells of them, and the plan of such an
// undo, worked out without the runtime's planner. Values; one run, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/stream.hpp"
#include "sim/simulated_tree.hpp"

namespace orchestrator::harness::sim {

/// A call that may have changed something. Of an undo: one of its steps.
struct TrailCall {
  std::string call_id;
  std::string tool;
  std::uint64_t seq = 0;           // of the event with which it began
  std::optional<UndoRecord> undo;  // empty: it left no way back
};

class CallTrail {
 public:
  /// A step was stored.
  void see(const StreamEvent& event);
  /// In the order in which they began.
  [[nodiscard]] const std::vector<TrailCall>& calls() const { return calls_; }
  /// The call that began with the event `seq`, or null. Valid as long as nothing more is seen.
  [[nodiscard]] const TrailCall* find(std::uint64_t seq) const;
  /// Takes all of it back, last call first. `consents`: what somebody else has written since may be lost.
  [[nodiscard]] events::UndoPlanned plan(SimulatedTree tree, bool consents) const;

 private:
  void begin(TrailCall call);

  std::map<std::string, std::pair<std::string, EffectClass>> requested_;  // tool and class, by id
  std::map<std::string, std::size_t> open_;                               // begun and not finished, by id
  std::vector<TrailCall> calls_;
};

}  // namespace orchestrator::harness::sim
