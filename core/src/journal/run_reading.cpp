// SPDX-License-Identifier: Apache-2.0
#include "journal/run_reading.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "journal/blob_files.hpp"
#include "journal/line_chunk.hpp"
#include "journal/run_summary.hpp"
#include "journal/store_lock.hpp"
#include "journal/stored_line.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteStatement;
using storage::SqliteTransaction;

// Lines and chunks in order of their place; both halves come in that order, so nothing is sorted.
constexpr std::string_view kPieces =
    "SELECT place, step, first_seq, 0 AS size, bytes FROM line WHERE place > ?1 AND place < ?2 "
    "UNION ALL SELECT place, step, first_seq, size, bytes FROM chunk WHERE place > ?1 AND place < ?2 "
    "ORDER BY place";

// Collects the lines of a page, each checked against the one before it.
class Page final {
 public:
  Page(const RunRow& run, std::uint64_t after_seq, std::uint64_t bytes_max)
      : run_(run), after_seq_(after_seq), bytes_max_(bytes_max) {}

  // The lines of a piece; false once the page is full.
  Result<bool> add(const SqliteStatement& row) {
    // The first piece may begin before the page: its own numbers say where.
    if (before_.step == 0) {
      const auto first_step = static_cast<std::uint64_t>(row.integer(1));
      const auto first_seq = static_cast<std::uint64_t>(row.integer(2));
      if (first_step == 0 || first_seq == 0) return damaged("lines are missing");
      if (first_seq > after_seq_ + 1) {
        before_.step = first_step >= 2 ? first_step - 2 : 0;
        return damaged("lines are missing");
      }
      before_ = {0, first_step - 1, first_seq - 1};
    }
    const auto size = static_cast<std::uint64_t>(row.integer(3));
    if (size == 0) return add_line(row.bytes(4));
    const auto text = unpack(row.bytes(4), size);
    if (!text) return damaged("a chunk of lines does not unpack");
    return add_lines(*text);
  }

  [[nodiscard]] bool is_empty() const { return lines_.empty(); }

  // What the run's row promises must be there.
  Result<std::vector<JournalLine>> take() && {
    if (lines_.empty() && run_.events > after_seq_) return damaged("lines are missing");
    return std::move(lines_);
  }

 private:
  Result<bool> add_lines(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      auto more = add_line(text.substr(0, end));
      if (!more || !*more) return more;
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
  }

  Result<bool> add_line(std::string_view bytes) {
    const auto numbers = check_line(bytes, run_.run_id, before_);
    if (!numbers) return std::unexpected(numbers.error());
    if (auto known = check_row(bytes, *numbers); !known) return std::unexpected(known.error());
    before_ = {0, numbers->step, numbers->last_seq};
    if (numbers->last_seq <= after_seq_) return true;
    bytes_ += bytes.size();
    if (!lines_.empty() && bytes_ > bytes_max_) return false;
    lines_.push_back({numbers->step, numbers->first_seq, numbers->last_seq, numbers->strict, std::string(bytes)});
    return bytes_ < bytes_max_;
  }

  // The row says where the run ends, and with which hash: what else is there was put there by somebody else.
  Result<void> check_row(std::string_view bytes, const LineNumbers& numbers) const {
    if (numbers.last_seq > run_.events) {
      return damaged("it goes on to event " + std::to_string(numbers.last_seq) +
                     ", and its row says that it ends with " + std::to_string(run_.events));
    }
    if (numbers.last_seq < run_.events || run_.head.empty() || head_text_of(bytes) == run_.head) return {};
    return damaged("its last event has the hash " + std::string(head_text_of(bytes)) + ", and its row says " +
                   run_.head + ": it was rewritten");
  }

  std::unexpected<Error> damaged(const std::string& flaw) const {
    return fail(RuntimeErrorCode::journal_damaged,
                "journal of " + run_.run_id.str() + ", step " + std::to_string(before_.step + 1) + " (after event " +
                    std::to_string(std::max(before_.seq, after_seq_)) + "): " + flaw,
                run_.run_id.str());
  }

  const RunRow& run_;
  const std::uint64_t after_seq_;
  const std::uint64_t bytes_max_;
  LinePlace before_;
  std::uint64_t bytes_ = 0;
  std::vector<JournalLine> lines_;
};

// The conditions of a list and what they compare with.
SqliteStatement& bind_filter(SqliteStatement& statement, const RunFilter& filter) {
  if (filter.session_id) statement.bind(filter.session_id->str());
  if (filter.status) statement.bind(static_cast<std::int64_t>(*filter.status));
  if (filter.before) statement.bind(filter.before->str());
  // No id has a character as high as that.
  if (!filter.id_prefix.empty()) statement.bind(filter.id_prefix).bind(filter.id_prefix + "\x7F");
  return statement.bind(static_cast<std::int64_t>(filter.limit));
}

std::string list_sql(const RunFilter& filter) {
  std::string sql = std::string("SELECT ") + kRunColumns + " FROM run WHERE events > 0";
  if (filter.session_id) sql += " AND session_id = ?";
  if (filter.status) sql += " AND status = ?";
  if (filter.before) sql += " AND id < ?";
  if (!filter.id_prefix.empty()) sql += " AND id >= ? AND id < ?";
  return sql + " ORDER BY id DESC LIMIT ?";
}

// The first line, or the last one, of a run; empty where it does not read.
std::string outer_line(const SqliteConnection& connection, const RunRow& run, std::uint64_t after_seq) {
  const auto lines = read_lines(connection, run, after_seq, 0);
  return lines && !lines->empty() ? lines->front().bytes : std::string();
}

RunSummary summary_of(const SqliteConnection& connection, const RunRow& run, int lock_file) {
  const std::string first = outer_line(connection, run, 0);
  const std::string last = outer_line(connection, run, run.events - 1);
  RunSummary summary = summarise({run.run_id, first, last, run.bytes, is_run_held(lock_file, run.number)});
  summary.damaged = summary.damaged || !run.damage.empty();
  summary.imported = run.is_imported;
  return summary;
}

}  // namespace

Result<std::vector<JournalLine>> read_lines(const SqliteConnection& connection, const RunRow& run,
                                            std::uint64_t after_seq, std::uint64_t bytes_max) {
  std::vector<JournalLine> none;
  if (after_seq >= run.events) return none;
  auto statement = connection.prepare(kPieces);
  if (!statement) return std::unexpected(statement.error());
  statement->bind(place_of(run.number, after_seq)).bind(place_of(run.number + 1, 0));
  Page page(run, after_seq, bytes_max);
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const auto more = page.add(*statement);
    // What was read before it is good; the next page begins with the bad one.
    if (!more && !page.is_empty()) break;
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  return std::move(page).take();
}

Result<std::vector<JournalLine>> read_run(SqliteConnection& connection, const RunId& run_id, std::uint64_t after_seq,
                                          std::uint64_t bytes_max) {
  const auto transaction = SqliteTransaction::begin(&connection, SqliteTransaction::Kind::read);
  if (!transaction) return std::unexpected(transaction.error());
  const auto run = find_run(connection, run_id);
  if (!run) return std::unexpected(run.error());
  return read_lines(connection, *run, after_seq, bytes_max);
}

Result<std::vector<RunSummary>> list_runs(SqliteConnection& connection, const RunFilter& filter, int lock_file) {
  const auto transaction = SqliteTransaction::begin(&connection, SqliteTransaction::Kind::read);
  if (!transaction) return std::unexpected(transaction.error());
  auto statement = connection.prepare(list_sql(filter));
  if (!statement) return std::unexpected(statement.error());
  bind_filter(*statement, filter);
  std::vector<RunSummary> runs;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return runs;
    if (const auto run = run_row_of(*statement)) runs.push_back(summary_of(connection, *run, lock_file));
  }
}

Result<SharedBytes> read_blob(SqliteConnection& connection, const Hash& hash) {
  const auto transaction = SqliteTransaction::begin(&connection, SqliteTransaction::Kind::read);
  if (!transaction) return std::unexpected(transaction.error());
  auto statement = connection.prepare("SELECT bytes FROM blob WHERE hash = ?");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(hash.str());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return blob_not_found(hash);
  SharedBytes bytes(statement->text(0));
  if (bytes.hash() == hash) return bytes;
  return fail(RuntimeErrorCode::journal_damaged,
              connection.path() + " does not hold the content of " + hash.str() + " under its name", connection.path());
}

}  // namespace orchestrator::harness::journal
