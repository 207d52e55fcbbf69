// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a tool declares, and what the journal says of its calls. Plain values; safe to read from several threads.
// The tools themselves are in tools.hpp.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness {

/// What a call may do to the world. A tool that says nothing is irreversible.
enum class EffectClass : std::uint8_t {
  pure,          // reads only
  idempotent,    // doing it twice, with the same idempotency key, is doing it once
  reversible,    // `prepare` returns a record from which the call can be judged and undone
  irreversible,  // happens at most once; a call whose outcome is not known is never made again by itself
};

/// How a call ended.
enum class ToolOutcome : std::uint8_t { ok, error, denied, cancelled, unknown };

/// What a look at the world says of a call that was started and never heard of again.
enum class VerifiedState : std::uint8_t {
  happened,      // all of it
  not_happened,  // nothing of it is in the world: it may be made again
  unknown        // half of it, or not to be told
};

/// Whether a person is asked before a call, under the run's `ApprovalMode`.
enum class ApprovalNeed : std::uint8_t {
  none,     // runs unasked, except under `always`
  ask,      // asked about under `ask` and `always`, runs under `never`: confined and undoable changes
  require,  // asked about under `ask` and `always`, denied under `never`
  refuse    // denied under every mode: protected things
};

/// Whom a run asks. `ask` follows each call's `ApprovalNeed`.
enum class ApprovalMode : std::uint8_t { never, ask, always };

/// How far a call reaches. A tool that says nothing reaches outside.
enum class ToolReach : std::uint8_t {
  inside,   // it reads no secret, and nothing that it is given leaves the machine
  secrets,  // it may read what is secret
  outside   // it may carry what it is given to others, or read anything
};

/// What a run does about orders hidden in what others wrote: pages, files, output of programs.
enum class InjectionStance : std::uint8_t {
  off,     // nothing
  mark,    // such results are marked for the model as data, and in the journal as untrusted
  strict,  // and after the first of them every call that reaches further than `inside` needs an approval of its own
};

/// What a person is asked: to allow a call, or to say what became of one whose outcome nobody knows.
enum class InterruptKind : std::uint8_t { approval, clarification };
/// `allow_run` allows further calls of the same tool, declaration and policy for the rest of the run. For a
/// clarification, `allow_once` makes the call again and `deny` leaves its outcome unknown.
/// As the answer to a question that has a reason, `allow_run` allows the one call that it is about.
enum class InterruptDecision : std::uint8_t { allow_once, allow_run, deny };

/// How a run treats the calls of its model.
struct ToolPolicy {
  ApprovalMode approval = ApprovalMode::ask;
  std::uint32_t calls_at_once = 1;  // 1: strictly one after another; up to 64
  std::uint32_t repairs_max = 8;    // turns in a row whose calls were all malformed; the next ends the run
  std::optional<std::uint64_t> approval_timeout_ms;  // an unanswered question ends the run; empty: it waits
  InjectionStance injection = InjectionStance::mark;
  bool operator==(const ToolPolicy&) const = default;
};

/// A tool as it is declared, pinned in `RunStarted`, and shown to the model.
struct ToolSpec {
  std::string name;  // 1 to 64 of [A-Za-z0-9_-], starting with a letter or _
  std::string description;
  RawJson input_schema;  // a JSON Schema whose root is an object
  bool strict = false;   // the provider shall constrain the model to the schema
  EffectClass effect_class = EffectClass::irreversible;
  RawJson output_schema = {};  // of the result's JSON part; empty: not checked
  ApprovalNeed approval = ApprovalNeed::none;
  std::uint64_t timeout_ms = 120'000;         // of one execution, 1 to 86,400,000
  std::uint64_t output_bytes_max = 64 << 10;  // of what the model sees of a result; more is kept as a blob
  ToolReach reach = ToolReach::outside;
  bool is_output_trusted = false;  // its results hold nothing that others could have written
  bool operator==(const ToolSpec&) const = default;
};

/// From what a reversible call can be judged and undone: the tool's own JSON, and the contents it refers to by hash.
struct UndoRecord {
  RawJson data;
  std::vector<SharedBytes> blobs;
  bool operator==(const UndoRecord&) const = default;
};

/// What a call is about to touch, as it is now. An approval holds only for these.
struct ToolTarget {
  std::string name;             // a path in the workspace, or a host
  std::optional<Hash> content;  // SHA-256 of what is there; empty where nothing is, or where it has no content
  bool operator==(const ToolTarget&) const = default;
};

/// What `prepare` found, having changed nothing.
struct ToolPreparation {
  std::optional<UndoRecord> undo;        // required of reversible tools
  std::vector<ToolTarget> targets;       // bound to the approval and compared again before the call starts
  std::optional<ApprovalNeed> approval;  // of this call, where it is not the tool's own
  std::string preview;                   // what a person is shown: the exact command, a diff; empty: the arguments
  std::optional<ToolReach> reach = {};   // of this call, where it is not the tool's own
  bool operator==(const ToolPreparation&) const = default;
};

}  // namespace orchestrator::harness
