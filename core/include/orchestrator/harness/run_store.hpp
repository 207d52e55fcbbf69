// SPDX-License-Identifier: Apache-2.0
#pragma once

// The runs of a store as what they are, not as lines: finding them by what they are and say, and removing what is old,
// so that nothing which is kept loses what it builds on. Works over every `JournalStore`; the awaitables run on their
// caller's executor and may be begun on any thread. A `RunStore` is a copyable handle that keeps its store alive.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness {

/// Which runs. All given conditions hold together.
struct RunQuery {
  RunFilter where;  // `limit` is how many are given, `before` the cursor of a next page
  std::optional<RunKind> kind;
  std::optional<RunId> parent;                      // the run that it was made out of; reads the first step of each run
  std::string model;                                // occurs in the name of the plan's first model
  std::string error_code;                           // of a failed run
  std::optional<WallTime> started_from;             // at this time or later
  std::optional<WallTime> started_before;           // earlier than this time
  std::optional<std::uint64_t> cost_min_micro_usd;  // the run's cost is known and at least this
  std::optional<bool> held;                         // whether a process has it
};

/// Where a search found its words.
struct RunHit {
  enum class Place : std::uint8_t { input, output };
  Place place = Place::input;  // of the first word
  std::string excerpt;         // around the first word, at most 160 bytes, on one line
};
struct RunMatch {
  RunSummary run;
  RunHit hit;
};

/// What is to be kept. A run goes that breaks any of the given bounds; nothing goes where none is given. Bounds count
/// runs that have ended; one that has not is never chosen.
struct RetentionPolicy {
  std::optional<WallTime> ended_before;    // runs whose last event is older go
  std::optional<std::uint64_t> runs_max;   // the newest stay
  std::optional<std::uint64_t> bytes_max;  // of journals: the newest stay as long as they fit together
  std::optional<SessionId> session_id;     // look at the runs of this session alone
};

/// Why a run stays that was to go.
struct KeptRun {
  enum class Reason : std::uint8_t { active, needed, undoing, replaying, damaged };
  RunId run_id;
  Reason reason = Reason::active;
  std::optional<RunId> needed_by;  // the run that builds on it and stays, or takes it back or replays it
};

/// What a removal would do.
struct RemovalPlan {
  std::vector<RunSummary> runs;  // to go, in this order: each before what it builds on
  std::uint64_t bytes = 0;       // of their journals
  std::vector<KeptRun> kept;
};

/// What an erasure did.
struct Erasure {
  struct Refusal {
    RunId run_id;
    Error reason;
  };
  std::vector<RunId> runs;             // what was said in them is gone
  std::vector<Refusal> refused;        // these are as they were: `run_not_found`, `run_locked`, `journal_damaged`, ...
  std::optional<Error> contents_left;  // why contents that nothing uses any more are still there: go with the next one
};

/// A handle on the runs of a store; copies share it. Any thread.
class RunStore {
 public:
  explicit RunStore(std::shared_ptr<JournalStore> store) : store_(std::move(store)) {}

  /// Runs, newest first. Reads on until `where.limit` runs pass or there are no more. Errors: `invalid_argument` for a
  /// limit that is not 1 to 1,000, and the store's own.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<RunSummary>>> list(RunQuery query) const;
  /// One run. Error: `run_not_found`.
  [[nodiscard]] boost::asio::awaitable<Result<RunSummary>> get(RunId run_id) const;
  /// Runs that pass `query` and hold each word of `text` in their input or output, newest first. Words are parts of
  /// text without white space in them, found anywhere, with ASCII letters of either case. An SQLite store asks an
  /// index; others read the first and the last step of each run. Errors: `invalid_argument` for a text without words,
  /// and those of `list`.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<RunMatch>>> search(std::string text, RunQuery query) const;

  /// The runs that directly build on this one: forks of it, and runs whose history begins with it. Looks at every run.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<RunId>>> dependents(RunId run_id) const;
  /// What would go by a policy. A run on which one that stays builds, and one that an undo or a replay under
  /// way reads, stays, too. Looks at every run.
  [[nodiscard]] boost::asio::awaitable<Result<RemovalPlan>> plan_retention(RetentionPolicy policy) const;
  /// What would go with these runs. `with_dependents`: all that build on them as well, else each on which another run
  /// builds is kept. One that an undo or a replay under way reads is kept in any case. Errors: `run_not_found`.
  [[nodiscard]] boost::asio::awaitable<Result<RemovalPlan>> plan_removal(std::vector<RunId> runs,
                                                                         bool with_dependents) const;
  /// Removes a run with what its journal alone refers to. Whether another builds on it is not asked: take the runs of a
  /// plan, in its order. Errors: `run_not_found`, `run_locked`.
  [[nodiscard]] boost::asio::awaitable<Result<void>> remove(RunId run_id) const;

  /// What would be erased by a policy: the runs of `plan_retention` whose content is still there. Damaged runs are
  /// kept: what is lost in them cannot be told from what was said.
  [[nodiscard]] boost::asio::awaitable<Result<RemovalPlan>> plan_erasure(RetentionPolicy policy) const;
  /// Takes out of runs what people, models and tools said in them: prompts, texts, arguments, results, and contents
  /// that only they refer to. Digests take their place: the runs stay in lists, their hashes verify, and nobody can
  /// replay them, fork them, take them back or go on with their sessions. Each of them whole or not at all, whenever
  /// the process may end; its epoch rises. Whether another run builds on one is not asked: take the runs of a plan, in
  /// its order. Error: `not_supported` by a store that cannot change runs.
  [[nodiscard]] boost::asio::awaitable<Result<Erasure>> erase(std::vector<RunId> runs) const;

 private:
  std::shared_ptr<JournalStore> store_;  // shared with whoever opened it
};

}  // namespace orchestrator::harness
