// SPDX-License-Identifier: Apache-2.0
#pragma once

// What only runs that were made out of another run say: forks, replays and undos. Each follows `RunStarted`, whose
// `parent` names the other run. Values: nothing in them is shared with a later event, any thread may read a copy.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness {

/// How much a replay demands beyond identical bytes. `strict`: the same runtime version and the same adapters, too;
/// `compat`: differences of those are reported.
enum class ReplayMode : std::uint8_t { strict, compat };

/// What became of the files at the point of a fork.
enum class ForkWorkspace : std::uint8_t {
  as_found,     // the run has no workspace, or its files are as they were at that point
  restored,     // put back to that point, from the undo records of what came after
  not_restored  // they are not as they were, and stay as they are
};

/// What a look at the world says of a call that is to be taken back.
enum class UndoVerdict : std::uint8_t {
  restorable,
  nothing_to_do,  // the world is as it was before the call
  conflict,       // somebody has changed it since
  not_undoable    // the call left no way back
};

/// What taking a call back came to. `conflict` and `not_undoable` touched nothing.
enum class CompensationOutcome : std::uint8_t { restored, conflict, failed, not_undoable };

/// Something that is not as the call left it.
struct UndoConflict {
  std::string target;            // a path in the workspace, or what else the tool changes
  std::optional<Hash> expected;  // SHA-256 of what the call left; empty: nothing
  std::optional<Hash> found;     // of what is there; empty: nothing
  std::string reason;            // what differs, in words
  bool operator==(const UndoConflict&) const = default;
};

/// One call of another run that is to be taken back, as the world was when the plan was made.
struct UndoStep {
  std::string call_id;
  std::string tool;
  std::uint64_t seq = 0;  // of the event in that run that holds the undo record
  UndoVerdict verdict = UndoVerdict::not_undoable;
  std::vector<UndoConflict> conflicts;
  bool overwrites = false;  // a person has agreed to lose what the conflicts name
  std::string reason;       // why it cannot be undone, or what will be done
  bool operator==(const UndoStep&) const = default;
};

/// A tool's result that a fork has in place of its source's.
struct SubstitutedResult {
  std::string call_id;
  ToolOutcome outcome = ToolOutcome::ok;
  std::vector<ContentPart> result;
  bool operator==(const SubstitutedResult&) const = default;
};

/// What a rule says in a fork, whatever it would find.
struct SubstitutedGate {
  std::string gate;
  bool passed = true;
  bool operator==(const SubstitutedGate&) const = default;
};

namespace events {

/// What a fork has that its source had not. Model, settings, system text and input stand in its `RunStarted`.
struct RunForked {
  std::vector<std::string> changed;  // of: gate, hint, input, model, settings, system, tool_result; sorted
  std::vector<SubstitutedResult> results;
  std::vector<SubstitutedGate> gates;
  ForkWorkspace workspace = ForkWorkspace::as_found;
  std::vector<std::string> workspace_notes;  // what of it is not as it was, and why
  bool operator==(const RunForked&) const = default;
};

/// How far and how strictly a replay goes.
struct ReplayStarted {
  ReplayMode mode = ReplayMode::strict;
  std::uint64_t to_seq = 0;  // of the other run
  bool operator==(const ReplayStarted&) const = default;
};
/// Every event came out again, byte for byte.
struct ReplayMatched {
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  Hash head;                             // of the other run at `to_seq`
  std::vector<std::string> differences;  // of versions and adapters, which `compat` lets pass
  bool operator==(const ReplayMatched&) const = default;
};
/// The first event that did not.
struct ReplayDiverged {
  std::uint64_t seq = 0;
  std::string field;  // a JSON pointer into the event; empty: the event as a whole
  std::string expected;
  std::string found;
  bool operator==(const ReplayDiverged&) const = default;
};
/// A token for a point of this run was handed out.
struct ReplayTokenIssued {
  std::uint64_t to_seq = 0;
  std::string token;
  std::string by;
  bool operator==(const ReplayTokenIssued&) const = default;
};

/// What will be taken back, last call first.
struct UndoPlanned {
  std::uint64_t to_seq = 0;  // of the other run: calls that began after it
  std::vector<UndoStep> steps;
  bool operator==(const UndoPlanned&) const = default;
};
/// A step is about to act. This event is on disk before anything of it happens; one for each attempt.
struct CompensationStarted {
  std::uint32_t index = 0;  // of the step in the plan
  std::string call_id;
  std::string tool;
  std::uint32_t attempt = 1;
  std::string idempotency_key;     // the same for every attempt
  std::optional<UndoRecord> undo;  // by which the step itself can be taken back
  std::vector<ToolTarget> targets;
  bool operator==(const CompensationStarted&) const = default;
};
struct CompensationFinished {
  std::uint32_t index = 0;
  std::string call_id;
  CompensationOutcome outcome = CompensationOutcome::failed;
  std::vector<UndoConflict> conflicts;
  std::optional<harness::Error> error;
  std::uint64_t latency_us = 0;
  bool operator==(const CompensationFinished&) const = default;
};

}  // namespace events

}  // namespace orchestrator::harness
