// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tool loop: what happens to the calls of an answer, one after another or several at once. Functions of one
// decision each; used by the files of the tool loop only.

#include <optional>
#include <string>
#include <vector>

#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {

/// What the policy says of a prepared call. After something that others wrote, under the strict stance, a call that
/// reaches further than `inside` is granted by nothing but an approval that was asked for because of it, and is denied
/// where nobody is asked.
enum class Permission : std::uint8_t { granted, asked, denied, stale };
[[nodiscard]] Permission permission_of(const Facts& facts, const ToolCallProgress& call,
                                       const ToolPreparation& preparation);

/// Where among the calls of an answer the first one is that `matches`.
template <class Matches>
std::optional<CallPlace> place_of(const Acting& acting, Matches matches) {
  for (std::size_t i = 0; i < acting.calls.size(); ++i) {
    if (matches(acting.calls[i])) return CallPlace{acting.turn, i};
  }
  return std::nullopt;
}

/// Requests as many further calls as may run at once; goes on to the next turn once all are finished.
void step_calls(Decider& decider);
/// Goes on where a pause held the calls.
void resume_calls(Decider& decider);
void prepare_call(Decider& decider, const CallPlace& place);
/// Starts a call, its intent journaled first. `preparation` is what was found just now, or before an earlier attempt.
void start_call(Decider& decider, const CallPlace& place, ToolPreparation preparation);
/// Starts a call once more, of which nothing has happened or which may happen twice.
void start_again(Decider& decider, const CallPlace& place);
/// Ends a call without a result of its own; the model reads the error.
void finish_call(Decider& decider, const CallPlace& place, ToolOutcome outcome, const ToolError& error);
/// Ends a call with what its fork has in place of making it.
void finish_substituted(Decider& decider, const CallPlace& place);
void finish_unknown(Decider& decider, const CallPlace& place, const std::string& why);

/// What a person is asked about a call.
struct Question {
  InterruptKind kind = InterruptKind::approval;
  std::vector<ToolTarget> targets;
  std::string shown;
  std::string reason = {};
};
/// Asks a person. The run is parked once nothing else of it is under way.
void raise_interrupt(Decider& decider, const CallPlace& place, Question question);
void restart_approval_timer(Decider& decider);

/// True where the journal has no room for another call or another attempt.
[[nodiscard]] bool is_journal_full(const Facts& facts);
[[nodiscard]] RuntimeError full_journal_error();

/// Decides about a call whose process is gone.
void lose_call(Decider& decider, const std::string& call_id);

/// Lets no further call begin, cancels what runs, and ends the run once nothing does. The reason is in the state.
void stop_calls(Decider& decider, bool cancel_running);

}  // namespace orchestrator::harness::kernel
