// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a store may be able to do beyond `JournalStore`. A kind of store that can inherits these beside it, and who
// wants to use one looks for it with `dynamic_cast`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

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

class StagingStore {
 public:
  virtual ~StagingStore() = default;
  /// Errors: `precondition_failed` when the id exists, `run_locked` while another process stages it, and those of
  /// `JournalStore::create`.
  virtual boost::asio::awaitable<Result<std::unique_ptr<StagedRun>>> stage(RunId run_id, SessionId session_id) = 0;
};

}  // namespace orchestrator::harness::journal
