// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a run comes from: a fork's own journal begins where another run's is cut, and that one's may, too. Whoever
// folds a run asks here for what its own events begin with. Coroutines of the store's caller.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "event/context_entry.hpp"
#include "kernel/state.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::runtime {

/// How many forks may stand one behind the other.
inline constexpr std::size_t kGenerationsMax = 256;

/// The first events of a run, up to the point where the next one was forked from it.
struct LineageRun {
  RunId run_id;
  std::uint64_t to_seq = UINT64_MAX;  // of the run itself: all of them
  Hash hash;                          // of that event; zeros: not known
};
/// The run's ancestors, oldest first, then the run. One that was not forked stands alone. Errors: `run_not_found`,
/// `journal_damaged` (also for more than `kGenerationsMax` generations), the store's own.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<LineageRun>>> load_lineage(std::shared_ptr<JournalStore> store,
                                                                                   RunId run_id);

/// The end of the events that were read.
struct PointRead {
  std::uint64_t seq = 0;
  Hash hash;  // of that event
};
/// Hands the events of one run to `see`, in order, up to `to_seq`. Error `journal_damaged` also where the event there
/// is not the one that `hash` names.
[[nodiscard]] boost::asio::awaitable<Result<PointRead>> read_events(std::shared_ptr<JournalStore> store, LineageRun run,
                                                                    std::function<void(const StreamEvent&)> see);

/// Error `not_supported` where the contents of the run were erased; `what` is said of it, as of `event::fail_erased`.
/// A first line that is damaged passes: whoever reads the run finds that out.
[[nodiscard]] boost::asio::awaitable<Result<void>> check_not_erased(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                    std::string what);

/// What a run's own events begin with.
struct RunBase {
  kernel::State state;                // of a fork: its source's, cut and freed of what was the source's alone
  std::uint64_t history_dropped = 0;  // items of the history that its ancestors trimmed
};
/// `history`: what the oldest of the lineage began with, as `load_run_history` gives it; the run itself stands last.
[[nodiscard]] boost::asio::awaitable<Result<RunBase>> load_run_base(std::shared_ptr<JournalStore> store,
                                                                    std::vector<LineageRun> lineage,
                                                                    std::vector<event::ContextEntry> history);

/// A point of a run, as a fork finds it.
struct RunPoint {
  kernel::State base;  // for the fork's start
  PointRead at;
};
/// The state with which a fork of `run_id` at `at_seq` begins, the contents of its parts loaded. 0 is the last event.
/// Errors: `invalid_argument` for an event that is not there, `not_supported` where its contents were erased, and as of
/// `load_lineage`.
[[nodiscard]] boost::asio::awaitable<Result<RunPoint>> load_fork_point(std::shared_ptr<JournalStore> store,
                                                                       RunId run_id, std::uint64_t at_seq);

}  // namespace orchestrator::harness::runtime
