// SPDX-License-Identifier: Apache-2.0
#pragma once

// Taking back what tools did. A `Compensator` knows how to take back the calls of a tool; `Harness::plan_undo` shows
// what would be taken back, `Harness::undo` does it as a run of its own. The built-in file tools have theirs; a tool of
// yours that changes files records them with `record_paths` and uses `path_compensator`, and any other brings its own
// with `HarnessBuilder::compensator`. See docs/harness/persistence-replay-undo-track.md. Stable from 0.2.2 on.

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/derived_events.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness {

class Workspace;

/// True for effects that can be taken back by a recorded compensation.
[[nodiscard]] constexpr bool can_be_undone(EffectClass effect_class) {
  return effect_class == EffectClass::pure || effect_class == EffectClass::reversible;
}

/// What a person agrees to lose of what others have changed since: everything, or the named targets.
struct UndoConsent {
  bool all = false;
  std::vector<std::string> targets;  // as in `UndoConflict::target`
  bool operator==(const UndoConsent&) const = default;
};
/// True where there is a conflict, and each of them is about something that may be lost.
[[nodiscard]] bool covers(const UndoConsent& consent, const std::vector<UndoConflict>& conflicts);

/// A call that is to be taken back, as its run's journal has it. Of an undo that is itself taken back: one of its
/// steps, with the record that the compensator gave for it, and neither arguments nor result.
struct CompensationCall {
  std::string call_id;
  std::string tool;
  std::uint64_t seq = 0;                 // of the event that says that it began
  std::string idempotency_key;           // that it had
  RawJson arguments;                     // empty where there are none
  std::optional<UndoRecord> undo;        // its blobs loaded but in `look_ahead`
  std::optional<ToolOutcome> outcome;    // empty: it was never heard of again
  std::vector<ContentPart> result = {};  // media in it are references
};

/// What a look at the world says of one call.
struct CompensationLook {
  UndoVerdict verdict = UndoVerdict::not_undoable;
  std::vector<UndoConflict> conflicts;  // of the verdict `conflict`: at least one
  bool can_overwrite = true;            // with consent, what the conflicts name can be overwritten
  std::string reason;                   // for people: why not, or what will be done
  std::optional<UndoRecord> undo = {};  // by which taking the call back can itself be taken back; from `look` only
  std::vector<ToolTarget> targets = {};
};

/// What a compensator knows of its surroundings. A copyable value.
struct CompensationContext {
  RunId run_id;                 // of the undo; all zeros in a preview
  std::string idempotency_key;  // the same over retries, crashes and resumes of this step; empty in a preview
  std::uint32_t attempt = 1;    // of this step; above 1 an earlier one was killed, and may have acted in part
  std::shared_ptr<const Workspace> workspace;  // of the run whose calls are taken back; null where it had none
  std::chrono::steady_clock::time_point deadline;
  std::stop_token cancellation;  // the deadline has passed: stop and return
};

/// What taking one call back came to.
struct CompensationResult {
  CompensationOutcome outcome = CompensationOutcome::restored;
  std::vector<UndoConflict> conflicts = {};  // of the outcome `conflict`: at least one
  std::optional<ToolError> error = {};       // of the outcome `failed`
};

/// Takes calls back. One object serves all runs of its harness at once. Its coroutines run on the harness's I/O thread;
/// work that blocks belongs on another one.
class Compensator {
 public:
  virtual ~Compensator() = default;
  /// Compares the world with what the call left and with what was there before, and changes nothing. An error stops
  /// the undo.
  virtual Awaitable<std::expected<CompensationLook, ToolError>> look(CompensationCall call,
                                                                     CompensationContext context) = 0;
  /// The same for several calls, each as if those before it had been taken back as far as they can be, and as `consent`
  /// says: what a plan shows. One look for each call. The default looks at each by itself, which is right where calls
  /// do not touch the same things.
  virtual Awaitable<std::expected<std::vector<CompensationLook>, ToolError>> look_ahead(
      std::vector<CompensationCall> calls, UndoConsent consent, CompensationContext context);
  /// Takes the call back. Asked again, with the same key, it does nothing twice. What is neither as the call left it
  /// nor as it was before is not touched but where `step.overwrites` is set and `step.conflicts` names it.
  virtual Awaitable<CompensationResult> restore(CompensationCall call, UndoStep step, CompensationContext context) = 0;
};

/// What is at a path, or shall be.
enum class PathKind : std::uint8_t { absent, file, folder, link };
struct PathState {
  PathKind kind = PathKind::absent;
  std::optional<std::uint32_t> mode;  // permission bits of a file or a folder; empty: whatever it gets
  std::optional<Hash> content;        // SHA-256 of a file's bytes
  std::string target;                 // of a link
};
/// One path that a call is about to change, and what it will leave there. Without `after` every later state of the path
/// counts as somebody else's.
struct PathChangePlan {
  std::string path;  // from the workspace
  std::optional<PathState> after;
};

/// The undo record of a call that changes these paths one after the other: what is there now is read and kept. Blocks
/// on the disk; any thread. Errors: `path_invalid`, `path_outside_workspace`, `not_found` (a folder on the way),
/// `protected_path`, `not_a_regular_file` (a pipe, a socket, a device), `file_too_large` (10 MiB), `io_error`.
[[nodiscard]] std::expected<UndoRecord, ToolError> record_paths(const Workspace& workspace,
                                                                const std::vector<PathChangePlan>& changes);
/// The undo record of moving `from`, with all that is in it, to `to`, where nothing is. Errors as above, `not_found`
/// also for `from`, and `already_exists` for `to`.
[[nodiscard]] std::expected<UndoRecord, ToolError> record_move(const Workspace& workspace, const std::string& from,
                                                               const std::string& to);
/// Takes back calls whose records are of `record_paths`, `record_move` or the built-in file tools: content, mode,
/// existence, kind and target of links. Each path is restored in one step or not at all.
[[nodiscard]] std::shared_ptr<Compensator> path_compensator();

/// How far a run is taken back, and what that may cost.
struct UndoOptions {
  std::uint64_t to_seq = 0;  // calls that began after this event of the run; 0: all
  std::string to_label;      // or after the last checkpoint of this label
  UndoConsent overwrite;
  std::string by = "user";
  bool trust_imported = false;  // act also where the run came out of a file (`RunSummary::imported`)
};

}  // namespace orchestrator::harness
