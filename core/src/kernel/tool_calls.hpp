// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls of one answer, as the run's state keeps them, and what follows from them without deciding anything.
// Values and pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/context_entry.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// Where a call stands. A call leaves `running` only by its end, or into `lost` when its process dies.
enum class CallStage : std::uint8_t {
  due,        // of the answer, not yet requested
  preparing,  // requested; its arguments are checked and its targets looked at
  awaiting,   // a person is asked
  running,    // started: it may have acted
  lost,       // started by a process that is gone; what is in the world is looked at
  finished
};

struct ToolCallProgress {
  std::string call_id;
  std::string tool;
  std::string arguments;
  bool custom = false;
  bool malformed = false;  // it ended as a call that nobody could make
  CallStage stage = CallStage::due;
  std::uint32_t attempt = 0;     // executions begun
  std::uint64_t started_us = 0;  // of the last one
  std::uint64_t ran_us = 0;      // of all before it
  std::optional<UndoRecord> undo;
  std::vector<ToolTarget> targets;                   // as approved, or as it started
  std::optional<events::InterruptRaised> interrupt;  // open while `awaiting`
  std::optional<InterruptId> approval;               // the interrupt that allowed it
  bool is_approved_knowing = false;                  // it was asked because of something untrusted
  std::optional<event::ContextEntry> result;         // of a finished call
  RunId started_by;                                  // the run of its last execution: a fork's source may have begun it
  std::optional<SubstitutedResult> substituted;      // what a fork has in place of making it
  bool operator==(const ToolCallProgress&) const = default;
};

/// The call of that id that is not finished, or null.
[[nodiscard]] const ToolCallProgress* open_call(const std::vector<ToolCallProgress>& calls, std::string_view call_id);
[[nodiscard]] ToolCallProgress* open_call(std::vector<ToolCallProgress>& calls, std::string_view call_id);
/// How many calls stand at `stage`.
[[nodiscard]] std::size_t count_at(const std::vector<ToolCallProgress>& calls, CallStage stage);
/// Calls that were requested and are not finished.
[[nodiscard]] std::size_t count_open(const std::vector<ToolCallProgress>& calls);

/// The declaration of a tool of this run, or null.
[[nodiscard]] const ToolSpec* spec_of(const events::RunStarted& run, std::string_view tool);
/// True for a tool whose calls may run a second time when it is not known whether they ran.
[[nodiscard]] bool may_run_twice(const events::RunStarted& run, std::string_view tool);
/// Of everything a tool declares (O3: a changed declaration is another tool).
[[nodiscard]] Hash tool_hash(const events::RunStarted& run, const ToolSpec& spec);
[[nodiscard]] Hash policy_hash(const events::RunStarted& run);
/// Of the arguments in their RFC 8785 form; of their bytes where they are no JSON.
[[nodiscard]] Hash argument_hash(std::string_view arguments);
/// The same for every attempt of a call, over crashes and resumes; another one for every other call of any run.
[[nodiscard]] std::string idempotency_key(const RunId& run_id, std::uint32_t turn, std::size_t index);

}  // namespace orchestrator::harness::kernel
