// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state that a fork begins with: its source's at a point, without what was the source's alone. Whoever folds a
// fork folds the source up to that point first (`evolve_prefix`), makes its base of it (`fork_base`), and goes on with
// the fork's own events. Pure.

#include <string>

#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

/// Folds an event of the source. A terminal one changes nothing: a fork at a run's end goes on where that ended. Of a
/// source that is a fork itself, what it was forked from comes first.
void evolve_prefix(State& state, const StreamEvent& event);

/// What a fork begins with at a point of a run. Sequence, clock, attempts, usage, cost and latencies begin anew. The
/// attempt under way is void: its turn is asked for again. Pauses, aborts and deadlines that had passed are lifted, and
/// waits between attempts are over. Hints wait on, for as long as they had left. A call that had begun is lost where it
/// must not run twice, and otherwise not begun; a question to a person is asked anew, and what one allowed for the rest
/// of the run is forgotten. A run that had not started, a replay or an undo is no base: its phase stays as it is.
[[nodiscard]] State fork_base(State at_point);
/// True for what `fork_base` made of a run that can be forked, until the fork's `RunStarted`.
[[nodiscard]] bool is_fork_base(const State& state);

/// True where an answer of the source was its last word, and nothing waits for another turn.
[[nodiscard]] bool is_at_rest(const State& base);
/// True where the run's input still stands in the context.
[[nodiscard]] bool has_input(const State& base);
/// True where a result can take the place of the call's own: it is open, to come, or its result is in the context.
[[nodiscard]] bool has_call(const State& base, const std::string& call_id);

/// The fork's first event: it is the run that `facts.identity` says, under the settings that `started` has.
void begin_fork(State& state, const events::RunStarted& started);
/// Its second: results of finished calls are replaced, those of other calls stay with them until they are due.
void substitute(State& state, const events::RunForked& forked);

}  // namespace orchestrator::harness::kernel
