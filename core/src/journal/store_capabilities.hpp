// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a store may be able to do beyond `JournalStore`. A kind of store that can inherits these beside it, and who
// wants to use one looks for it with `dynamic_cast`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/line_rewrite.hpp"
#include "journal/run_check.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// Looks for what the lines of runs alone do not show: records of the store that do not agree with the runs they are
/// about, contents under a wrong name, runs that are half there.
class SelfCheckingStore {
 public:
  virtual ~SelfCheckingStore() = default;
  /// Reads only; other processes may write meanwhile. Of one run, or of the whole store. Errors: `storage_failed` and
  /// the like; damage is not an error but a flaw.
  virtual boost::asio::awaitable<Result<std::vector<Flaw>>> check_records(std::optional<RunId> run_id) = 0;
  /// Runs in which nothing has happened and that nobody has: their creation was cut short. A list passes them over.
  virtual boost::asio::awaitable<Result<std::vector<RunId>>> empty_runs() { co_return std::vector<RunId>(); }
};

/// A run on its way into a store: nobody sees anything of it until it is published, then all of it is there. Destroying
/// it before takes away what was written; what a killed process leaves is invisible, and goes when the run is staged
/// again. Not safe for concurrent use.
class StagedRun {
 public:
  virtual ~StagedRun() = default;
  /// REQUIRES: lines in order of their step. Errors as of `RunWriter::append`.
  virtual boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) = 0;
  virtual boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) = 0;
  /// When it returns, the run is in the store and survives power loss.
  virtual boost::asio::awaitable<Result<void>> publish() = 0;
};

/// How a run comes into a store.
struct Staging {
  std::uint64_t replaced_events = 0;  // of the run of that id in whose place it comes; 0: there is none
  bool is_imported = false;           // whether `RunSummary::imported` says so, as long as the run is there
};

class StagingStore {
 public:
  virtual ~StagingStore() = default;
  /// A run that comes in the place of another one keeps its epoch, and readers see the one or the other. Errors, here
  /// or from `publish`: `precondition_failed` when the id exists and nothing is to be replaced, or when what is to be
  /// replaced is not as long as said; `run_locked` while another process stages the run or has it open; and those of
  /// `JournalStore::create`.
  virtual boost::asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(RunId run_id, SessionId session_id,
                                                                           Staging staging) = 0;
};

/// Puts another form of a run into the place of the one that is there.
class RewritingStore {
 public:
  virtual ~RewritingStore() = default;
  /// Whole or not at all, whenever the process may end. The run's epoch rises, a mark of damage goes, and so does
  /// content that only the old form used. When it returns, it survives power loss. Errors: `run_not_found`,
  /// `run_locked`, `precondition_failed` where the run has another head at that step, `journal_damaged` for a line up
  /// to it, and those of `RunWriter::append`.
  virtual boost::asio::awaitable<Result<void>> rewrite(RunId run_id, RunRewrite rewrite) = 0;
  /// Takes away what `rewrite` left of contents that nothing uses any more, where that costs a look at every run.
  virtual boost::asio::awaitable<Result<void>> drop_contents() { co_return Result<void>(); }
};

/// Remembers which runs are damaged: such a run is read as far as it goes, and is not opened.
class QuarantiningStore {
 public:
  virtual ~QuarantiningStore() = default;
  /// What was found, one line for people; empty for a run that is not marked. Error: `run_not_found`.
  virtual boost::asio::awaitable<Result<std::string>> damage(RunId run_id) = 0;
  /// Marks a run, unless it is marked already; an empty `what` takes the mark away. Waits for nobody. Errors:
  /// `run_not_found`, `run_locked` where another process writes the store, and those of the disk.
  virtual boost::asio::awaitable<Result<void>> set_damage(RunId run_id, std::string what) = 0;
};

/// That a run is not as long any more as it was when its replacement was begun.
[[nodiscard]] inline std::unexpected<Error> changed_meanwhile(const RunId& run_id) {
  return fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " was changed meanwhile: try again",
              run_id.str());
}

}  // namespace orchestrator::harness::journal
