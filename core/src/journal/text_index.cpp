// SPDX-License-Identifier: Apache-2.0
#include "journal/text_index.hpp"

#include <string_view>

#include "journal/run_reading.hpp"
#include "journal/run_row.hpp"
#include "journal/run_text.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteTransaction;

constexpr const char* kMerge = "run_text to merge";

Result<std::optional<RunRow>> next_run(const SqliteConnection& connection) {
  auto statement = connection.prepare(std::string("SELECT ") + kRunColumns +
                                      " FROM run WHERE indexed = 0 AND status <> 0 AND sealed = 1 LIMIT 1");
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? run_row_of(*statement) : std::nullopt;
}

// The first line of a page; empty where it does not read.
std::string line_after(const SqliteConnection& connection, const RunRow& run, std::uint64_t after_seq) {
  const auto lines = read_lines(connection, run, after_seq, 0);
  return lines && !lines->empty() ? lines->front().bytes : std::string();
}

Result<void> take_up(const SqliteConnection& connection, const RunRow& run) {
  const RunText text =
      run_text(line_after(connection, run, 0), line_after(connection, run, run.events == 0 ? 0 : run.events - 1));
  auto insert = connection.prepare("INSERT INTO run_text(rowid, input, output) VALUES (?, ?, ?)");
  if (!insert) return std::unexpected(insert.error());
  insert->bind(run.number).bind(text.input).bind(text.output);
  if (auto inserted = insert->run(); !inserted) return inserted;
  auto update = connection.prepare("UPDATE run SET indexed = 1 WHERE number = ?");
  if (!update) return std::unexpected(update.error());
  update->bind(run.number);
  return update->run();
}

// What was removed stays in the index as long as the segment that it is in: merging all into one leaves it out.
Result<bool> merge(SqliteConnection& connection) {
  auto is_due = connection.prepare("SELECT 1 FROM mark WHERE name = ?");
  if (!is_due) return std::unexpected(is_due.error());
  is_due->bind(kMerge);
  const auto row = is_due->step();
  if (!row || !*row) return row;
  auto merged = connection.execute("INSERT INTO run_text(run_text) VALUES ('optimize')");
  if (!merged) return std::unexpected(merged.error());
  auto done = connection.prepare("DELETE FROM mark WHERE name = ?");
  if (!done) return std::unexpected(done.error());
  done->bind(kMerge);
  if (auto deleted = done->run(); !deleted) return std::unexpected(deleted.error());
  return true;
}

// The groups of three characters of a word, each as a string of the query language.
void add_groups(std::string& query, std::string_view word) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if ((static_cast<unsigned char>(word[at]) & 0xC0) != 0x80) starts.push_back(at);
  }
  for (std::size_t i = 0; i + 3 <= starts.size(); ++i) {
    const std::size_t end = i + 3 < starts.size() ? starts[i + 3] : word.size();
    query.append(query.empty() ? "\"" : " AND \"");
    for (const char c : word.substr(starts[i], end - starts[i])) query.append(c == '"' ? 2 : 1, c);
    query.push_back('"');
  }
}

}  // namespace

Result<bool> index_step(SqliteConnection& connection) {
  auto transaction = SqliteTransaction::begin(&connection, SqliteTransaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  const auto run = next_run(connection);
  if (!run) return std::unexpected(run.error());
  if (*run) {
    if (auto taken = take_up(connection, **run); !taken) return std::unexpected(taken.error());
  } else {
    const auto merged = merge(connection);
    if (!merged || !*merged) return merged;
  }
  if (auto committed = transaction->commit(); !committed) return std::unexpected(committed.error());
  return true;
}

Result<void> remove_text(const SqliteConnection& connection, std::int64_t run_number) {
  auto remove = connection.prepare("DELETE FROM run_text WHERE rowid = ?");
  if (!remove) return std::unexpected(remove.error());
  remove->bind(run_number);
  if (auto removed = remove->run(); !removed) return removed;
  if (connection.changed_rows() == 0) return {};
  auto mark = connection.prepare("INSERT INTO mark(name) VALUES (?) ON CONFLICT DO NOTHING");
  if (!mark) return std::unexpected(mark.error());
  mark->bind(kMerge);
  return mark->run();
}

Result<std::vector<RunId>> find_candidates(const SqliteConnection& connection, const std::vector<std::string>& words,
                                           const std::optional<RunId>& before, std::uint32_t limit) {
  std::string query;
  for (const std::string& word : words) add_groups(query, word);
  // Words of fewer than three characters are in no group: every run may hold them.
  std::string sql = "SELECT id FROM run WHERE events > 0";
  if (!query.empty()) sql += " AND (indexed = 0 OR number IN (SELECT rowid FROM run_text WHERE run_text MATCH ?))";
  if (before) sql += " AND id < ?";
  auto statement = connection.prepare(sql + " ORDER BY id DESC LIMIT ?");
  if (!statement) return std::unexpected(statement.error());
  if (!query.empty()) statement->bind(query);
  if (before) statement->bind(before->str());
  statement->bind(static_cast<std::int64_t>(limit));
  std::vector<RunId> runs;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return runs;
    if (const auto id = RunId::parse(statement->bytes(0))) runs.push_back(*id);
  }
}

}  // namespace orchestrator::harness::journal
