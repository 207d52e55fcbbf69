// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where runs are kept. A store holds the lines of each run's journal and the blobs they refer to; it never looks
// inside a line but to list runs. Every implementation passes one conformance suite
// (`core/src/journal/store_conformance.hpp`). A store may be used from any thread; a writer by one at a time.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

/// One stored step: its line without line end, and what a reader must know without parsing it.
struct JournalLine {
  std::uint64_t step = 0;       // 1, 2, 3, ... in its run
  std::uint64_t first_seq = 0;  // of its events
  std::uint64_t last_seq = 0;
  bool strict = false;  // holds an event that must survive power loss before it is shown
  std::string bytes;    // valid JSON without line ends
};

enum class RunStatus : std::uint8_t { active, completed, failed, aborted };

/// One run in a list, out of its first and last step.
struct RunSummary {
  RunId run_id;
  SessionId session_id;
  RunKind kind = RunKind::live;
  RunStatus status = RunStatus::active;  // `active`: no terminal event; `held` tells whether a process has it
  bool held = false;
  std::string model;          // of the plan
  std::string input_preview;  // at most 200 bytes of the input's text, on one line
  WallTime started_at;
  WallTime last_event_at;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;    // of its journal
  std::string finish_reason;  // of a completed run
  std::string error_code;     // of a failed run
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  std::optional<std::uint64_t> total_us;
  bool damaged = false;   // marked, or first or last step does not read; the fields above are what could be read
  bool erased = false;    // what was said in it is gone: input, totals and the reason of the end are not known
  bool imported = false;  // it, or a part of it, came out of a file: what it does, and where, was chosen elsewhere
};

/// Which runs to list. All given conditions hold together.
struct RunFilter {
  std::optional<SessionId> session_id;
  std::optional<RunStatus> status;
  std::string id_prefix;        // of the text form, such as run_01K
  std::optional<RunId> before;  // only runs older than this one: the cursor of a next page
  std::uint32_t limit = 50;     // 1 to 1,000
};

/// The exclusive right to append to one run. Destroying it gives the right back. Not safe for concurrent use.
class RunWriter {
 public:
  virtual ~RunWriter() = default;
  /// Appends the line whole or not at all; when it returns, the line survives the end of the process.
  /// REQUIRES: lines in order of their step. Errors: `storage_full`, `storage_readonly`, `storage_failed`; after one,
  /// the writer refuses everything and the run must be opened anew.
  virtual boost::asio::awaitable<Result<void>> append(std::shared_ptr<const JournalLine> line) = 0;
  /// When it returns, all lines and blobs written before the call survive power loss. A failed sync is never
  /// retried: the writer refuses everything from then on, and what was not synced before is unknown.
  virtual boost::asio::awaitable<Result<void>> sync() = 0;
  /// Stores content under its hash, once however often it comes.
  virtual boost::asio::awaitable<Result<void>> put_blob(SharedBytes bytes) = 0;
  /// Rises by one each time an open had to discard something that may have been seen.
  [[nodiscard]] virtual std::uint64_t epoch() const = 0;
};

/// A run opened for writing again.
struct OpenedRun {
  std::unique_ptr<RunWriter> writer;
  std::uint64_t cut_bytes = 0;  // of a torn last line, now gone
};

/// A place for runs. The store outlives its writers; every awaitable runs on its caller's executor.
class JournalStore {
 public:
  virtual ~JournalStore() = default;
  /// The store's address, without passwords, such as `jsonl:/home/u/.local/state/orchestrator/journal`.
  [[nodiscard]] virtual std::string url() const = 0;
  /// A new, empty run. Errors: `precondition_failed` when the id exists, and those of `RunWriter::append`.
  virtual boost::asio::awaitable<Result<std::unique_ptr<RunWriter>>> create(RunId run_id, SessionId session_id) = 0;
  /// An existing run, after cutting a torn tail. Errors: `run_not_found`, `run_locked` (names the holder's process),
  /// `journal_damaged`.
  virtual boost::asio::awaitable<Result<OpenedRun>> open(RunId run_id) = 0;
  /// The lines with events after `after_seq`, in order, at least one and at most about `bytes_max`; empty at the head.
  /// Needs no lock and never blocks a writer. A torn last line is not returned. Error: `run_not_found`.
  virtual boost::asio::awaitable<Result<std::vector<JournalLine>>> read(RunId run_id, std::uint64_t after_seq,
                                                                        std::uint64_t bytes_max) = 0;
  /// Waits until the run has events after `after_seq`, or until `deadline`; true in the first case. Works for runs
  /// that another process writes. Error: `run_not_found`.
  virtual boost::asio::awaitable<Result<bool>> wait(RunId run_id, std::uint64_t after_seq,
                                                    std::chrono::steady_clock::time_point deadline) = 0;
  /// Runs, newest first.
  virtual boost::asio::awaitable<Result<std::vector<RunSummary>>> list(RunFilter filter) = 0;
  /// Content by its hash. Errors: `run_not_found` when there is none, `journal_damaged` when its bytes do not match.
  virtual boost::asio::awaitable<Result<SharedBytes>> blob(Hash hash) = 0;
  /// Removes a run. Errors: `run_not_found`, `run_locked`.
  virtual boost::asio::awaitable<Result<void>> remove(RunId run_id) = 0;
};

/// Opens a store by its address: `memory:`, `jsonl:DIR` (made where absent, mode 0700), `sqlite:FILE` (made where
/// absent, mode 0600) or `postgres://USER@HOST/DATABASE` (an address of libpq; tables made where absent; blocks).
/// Errors: `configuration_invalid` for another scheme, for a FILE on a network file system and for a server that lets
/// nobody in, `not_a_journal` for what is something else, `version_too_new`, `not_supported` for a server that is too
/// old, `storage_unavailable` where none answers, `storage_failed` or `storage_readonly` naming the place; none of them
/// holds a password. With `sqlite:` one process at a time writes: from its first `create`, `open` or `remove` until it
/// closes the store, those of other processes fail with `run_locked`, which names the first; any number of processes
/// read. The store must outlive every writer of it.
[[nodiscard]] Result<std::shared_ptr<JournalStore>> open_store(const std::string& url);

}  // namespace orchestrator::harness
