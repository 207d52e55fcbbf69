// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writing into a PostgreSQL journal, inside a transaction of the caller: what each change is in statements. Whatever
// changes a run says as which owner and under which fence; where another has taken it since, nothing is changed. What
// is wrong with one run concerns its caller alone and comes as `refusal`; an error leaves the transaction to be rolled
// back. One thread, that of the connection, which must outlive it.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "journal/line_rewrite.hpp"
#include "journal/postgres_connection.hpp"
#include "journal/store_capabilities.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// The right to write a run, as its row has it.
struct PostgresLease {
  std::int64_t run_number = 0;
  std::int64_t owner = 0;
  std::int64_t fence = 0;
};

/// What makes readers see a run that was staged: its last line, and the bytes of all of them.
struct StagedEnd {
  const JournalLine& last;
  std::uint64_t bytes = 0;
  Staging staging;
};

/// A run that was taken for writing.
struct TakenRun {
  PostgresLease lease;
  RunId run_id;
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  std::uint64_t epoch = 1;
};

class PostgresWriting final {
 public:
  using IsHeld = std::function<bool(std::int64_t run_number)>;
  /// Of the owner with that number; `is_held` says whether it has a run open now.
  PostgresWriting(PostgresConnection* connection, std::int64_t owner, IsHeld is_held)
      : connection_(connection), owner_(owner), is_held_(std::move(is_held)) {}

  /// Something, or why it was refused.
  struct Refusal {
    std::optional<Error> reason;
  };
  struct Taking : Refusal {
    std::optional<TakenRun> run;
  };

  /// A new run, held by the owner.
  [[nodiscard]] Result<Taking> create(const RunId& run_id, const SessionId& session_id);
  /// An existing run, its last line checked, with a new fence: whoever had it before can write it no more. On another
  /// timeline of the server than at the opening before, its epoch rises: a replica that took over, or a backup, may
  /// not have had all that was seen. Refused: `run_not_found`, `run_locked`, `journal_damaged`.
  [[nodiscard]] Result<Taking> open(const RunId& run_id);
  /// Refused: `run_locked` where another has the run, `run_not_found` where it is gone, `precondition_failed` where it
  /// has another head.
  [[nodiscard]] Result<Refusal> append(const PostgresLease& lease, const RunId& run_id, const JournalLine& line);
  /// A line that readers do not see. Refused: `run_locked` where another has the run, `run_not_found` where it is gone.
  [[nodiscard]] Result<Refusal> insert(const PostgresLease& lease, const RunId& run_id, const JournalLine& line);
  /// Lets readers see all lines of a run that was staged, under the id that it shall have. Refused: as `insert`, and as
  /// `StagingStore::stage`.
  [[nodiscard]] Result<Refusal> show(const PostgresLease& lease, const RunId& run_id, const StagedEnd& end);
  /// Takes away what killed processes have left of runs that they staged.
  [[nodiscard]] Result<void> sweep();
  /// Keeps content under its hash and notes that the run uses it. Refused as `append`.
  [[nodiscard]] Result<Refusal> put_blob(const PostgresLease& lease, const RunId& run_id, const SharedBytes& bytes);
  /// Removes a run that nobody holds and the content that no other run uses. Refused as `open`.
  [[nodiscard]] Result<Refusal> remove(const RunId& run_id);
  /// Puts another form in the place of a run that nobody holds, and takes away content that no form of a run uses any
  /// more. Refused as `open`, and as `RewritingStore::rewrite` says.
  [[nodiscard]] Result<Refusal> rewrite(const RunId& run_id, const RunRewrite& rewrite);
  /// Marks a run as damaged, unless it is marked; with an empty text, takes the mark away. Refused: `run_not_found`.
  [[nodiscard]] Result<Refusal> set_damage(const RunId& run_id, const std::string& damage);
  /// Gives a run back, where it is still the owner's under that fence.
  [[nodiscard]] Result<void> release(const PostgresLease& lease);

 private:
  struct FoundRun;
  Result<std::optional<FoundRun>> find(const RunId& run_id);
  [[nodiscard]] std::optional<Error> reason_to_leave(const FoundRun& run, const RunId& run_id) const;
  Result<std::optional<Error>> flaw_of_end(const RunId& run_id, std::uint64_t steps, std::uint64_t events);
  Result<Refusal> reason_of_refusal(const PostgresLease& lease, const RunId& run_id, const std::string& tried);
  Result<Refusal> replace(const PostgresLease& lease, const RunId& run_id, std::uint64_t events);
  Result<void> remove_rows(std::int64_t run_number);
  Result<void> keep_blob(const SharedBytes& bytes);
  Result<void> use_blobs(std::int64_t run_number, const std::set<std::string>& hashes);
  Result<std::string> timeline();
  Result<Refusal> rewrite_lines(const FoundRun& run, LineRewrite& form);
  Result<void> cut_uses(std::int64_t run_number, const LineRewrite& form);

  PostgresConnection* connection_;
  std::int64_t owner_;
  IsHeld is_held_;
};

}  // namespace orchestrator::harness::journal
