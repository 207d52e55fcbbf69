// SPDX-License-Identifier: Apache-2.0
#pragma once

// The files that the tools of simulated runs change, and how a change is taken back from its undo record. They outlive
// every process and every run of a session. A value type; one session, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/derived_events.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness::sim {

class SimulatedTree {
 public:
  /// What each path holds.
  using Files = std::map<std::string, std::string>;

  /// What a look at a record finds.
  struct Look {
    UndoVerdict verdict = UndoVerdict::restorable;
    std::vector<UndoConflict> conflicts;
    UndoRecord undo;  // by which taking it back is itself taken back
  };

  [[nodiscard]] const Files& files() const { return files_; }
  /// The record of a call that will leave something new in its file; the file's name is made of the call's id.
  [[nodiscard]] UndoRecord record(const std::string& call_id);
  /// The call acts as its record says.
  void act(const UndoRecord& record);
  [[nodiscard]] Look look(const UndoRecord& record) const;
  /// Takes the change back, where nobody has changed the file since, or `agreed` names what was found there.
  CompensationOutcome take_back(const UndoRecord& record, const std::vector<UndoConflict>& agreed);
  /// Somebody else writes the file of this record.
  void meddle(const UndoRecord& record);
  /// What became of the file of this record: somebody else wrote it last.
  [[nodiscard]] bool is_foreign(const UndoRecord& record) const;

 private:
  Files files_;
  std::uint64_t contents_ = 0;  // made so far: each is another one
};

}  // namespace orchestrator::harness::sim
