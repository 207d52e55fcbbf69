// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writing into an SQLite journal, inside transactions of the caller: its statements, prepared once. One thread, that
// of the connection, which must outlive it. An error leaves the transaction to be rolled back.

#include <cstdint>
#include <optional>
#include <vector>

#include "journal/line_rewrite.hpp"
#include "journal/run_row.hpp"
#include "orchestrator/harness/journal.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

class RunWriting final {
 public:
  [[nodiscard]] static Result<RunWriting> on(storage::SqliteConnection* connection);

  /// A new run; nothing where its id is taken.
  [[nodiscard]] Result<std::optional<RunRow>> create(const RunId& run_id, const SessionId& session_id);
  /// An existing run, its last line checked, made ready to go on: in another boot of the machine than the one before,
  /// its epoch rises, since what was not synced then may be gone. Errors: `run_not_found`, `journal_damaged`.
  [[nodiscard]] Result<RunRow> open(const RunId& run_id);
  /// The epoch that a run had where it comes from.
  [[nodiscard]] Result<void> set_epoch(std::int64_t run_number, std::uint64_t epoch);
  [[nodiscard]] Result<void> append(std::int64_t run_number, const JournalLine& line);
  /// The two halves of `append`: a line that readers do not see, and the row that lets them see all lines up to `last`,
  /// which are `bytes` more than before.
  [[nodiscard]] Result<void> insert(std::int64_t run_number, const JournalLine& line);
  [[nodiscard]] Result<void> show(std::int64_t run_number, const JournalLine& last, std::uint64_t bytes);
  /// Runs that readers see nothing of: just created, being staged, or left by a process that was killed.
  [[nodiscard]] Result<std::vector<std::int64_t>> hidden_runs();
  /// Keeps content under its hash and notes that the run uses it.
  [[nodiscard]] Result<void> put_blob(std::int64_t run_number, const SharedBytes& bytes);
  /// Puts another form in the place of the run, and takes away content that no form of a run uses any more. Errors as
  /// of `RewritingStore::rewrite`.
  [[nodiscard]] Result<void> rewrite(const RunRow& row, const RunRewrite& rewrite);
  /// Marks the run as imported.
  [[nodiscard]] Result<void> set_imported(std::int64_t run_number);
  /// Marks the run as damaged, unless it is marked; with an empty text, takes the mark away.
  [[nodiscard]] Result<void> set_damage(std::int64_t run_number, const std::string& damage);
  /// Removes `replaced` and gives its id, its epoch and its contents to a run that was staged.
  [[nodiscard]] Result<void> replace(const RunRow& replaced, std::int64_t run_number);
  /// Removes the run and the content that no other run uses.
  [[nodiscard]] Result<void> remove(std::int64_t run_number);

  [[nodiscard]] storage::SqliteConnection& connection() { return *connection_; }

 private:
  RunWriting(storage::SqliteConnection* connection, storage::SqliteStatement insert_line,
             storage::SqliteStatement update_run);

  Result<bool> has_blob(const Hash& hash);
  Result<void> keep_history(std::int64_t run_number, const JournalLine& line);
  Result<void> use_blob(std::int64_t run_number, const std::string& hash);
  Result<void> rewrite_lines(const RunRow& row, LineRewrite& form);
  Result<void> cut_uses(std::int64_t run_number, const LineRewrite& form);

  storage::SqliteConnection* connection_;
  storage::SqliteStatement insert_line_;
  storage::SqliteStatement update_run_;
};

}  // namespace orchestrator::harness::journal
