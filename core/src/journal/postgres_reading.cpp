// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_reading.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "journal/blob_files.hpp"
#include "journal/postgres_owner.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_summary.hpp"
#include "journal/stored_line.hpp"

namespace orchestrator::harness::journal {
namespace {

// The most lines of a page, and the most runs of one statement: their first and last lines come along.
constexpr int kPageLinesMax = 1'000;
constexpr std::uint32_t kListPageRuns = 50;

// The sizes of lines are known without reading them, so what does not belong to the page is never sent.
constexpr const char* kPage =
    "SELECT r.events, l.step, l.first_seq, l.bytes FROM journal_run r LEFT JOIN LATERAL ("
    "SELECT step, first_seq, last_seq, bytes, octet_length(bytes) AS size, "
    "sum(octet_length(bytes)) OVER (ORDER BY last_seq) AS total FROM ("
    "SELECT * FROM journal_line WHERE run = r.number AND last_seq > $2::bigint AND last_seq <= r.events "
    "ORDER BY last_seq LIMIT $4::bigint) AS n"
    ") AS l ON l.total <= $3::bigint OR l.total = l.size WHERE r.id = $1 ORDER BY l.last_seq";

std::int64_t bounded(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMax));
}

std::unexpected<Error> lines_missing(const RunId& run_id, std::uint64_t after_seq) {
  return fail(RuntimeErrorCode::journal_damaged,
              "journal of " + run_id.str() + " (after event " + std::to_string(after_seq) + "): lines are missing",
              run_id.str());
}

std::string list_sql(const RunFilter& filter) {
  std::string sql = std::string(
                        "SELECT r.id, r.number, r.bytes, coalesce(f.bytes, ''), coalesce(l.bytes, ''), "
                        "r.damage <> '', r.imported, ") +
                    kOwnerColumns +
                    " FROM journal_run r LEFT JOIN journal_owner o ON o.number = r.owner "
                    "LEFT JOIN LATERAL (SELECT bytes FROM journal_line WHERE run = r.number ORDER BY last_seq LIMIT 1) "
                    "AS f ON true LEFT JOIN journal_line l ON l.run = r.number AND l.last_seq = r.events "
                    "WHERE r.events > 0";
  int parameter = 0;
  const auto compare = [&](const char* condition) { sql += condition + std::to_string(++parameter); };
  if (filter.session_id) compare(" AND r.session_id = $");
  if (filter.status) compare(" AND r.status = $");
  if (filter.before) compare(" AND r.id < $");
  if (!filter.id_prefix.empty()) {
    compare(" AND r.id >= $");
    compare(" AND r.id < $");
  }
  compare(" ORDER BY r.id DESC LIMIT $");
  return sql;
}

PostgresQuery list_query(const RunFilter& filter, std::uint32_t limit) {
  PostgresQuery query(list_sql(filter));
  if (filter.session_id) query.text(filter.session_id->str());
  if (filter.status) query.integer(static_cast<std::int64_t>(*filter.status));
  if (filter.before) query.text(filter.before->str());
  // No id has a character as high as that.
  if (!filter.id_prefix.empty()) query.text(filter.id_prefix).text(filter.id_prefix + "\x7F");
  query.integer(limit);
  return query;
}

bool is_held(const PostgresRows& rows, int row, const KnowsHeld& knows_held) {
  constexpr int kOwner = 7;
  if (rows.is_null(row, kOwner)) return false;
  const PostgresOwner owner = owner_of(rows, row, kOwner);
  return knows_held(owner.number, rows.integer(row, 1)).value_or(holds(owner));
}

}  // namespace

Result<std::vector<JournalLine>> read_postgres_run(PostgresConnection& connection, const RunId& run_id,
                                                   std::uint64_t after_seq, std::uint64_t bytes_max) {
  PostgresQuery query(kPage, PostgresQuery::Use::kept);
  query.text(run_id.str()).integer(bounded(after_seq)).integer(bounded(bytes_max)).integer(kPageLinesMax);
  const auto rows = connection.run(query);
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return run_not_found(run_id);
  std::vector<JournalLine> lines;
  if (rows->is_null(0, 1)) {
    if (static_cast<std::uint64_t>(rows->integer(0, 0)) > after_seq) return lines_missing(run_id, after_seq);
    return lines;
  }
  // The first line may begin before the page: its own numbers say where.
  const auto first_step = static_cast<std::uint64_t>(rows->integer(0, 1));
  const auto first_seq = static_cast<std::uint64_t>(rows->integer(0, 2));
  if (first_step == 0 || first_seq == 0 || first_seq > after_seq + 1) return lines_missing(run_id, after_seq);
  LinePlace before{0, first_step - 1, first_seq - 1};
  for (int row = 0; row < rows->size(); ++row) {
    const std::string_view bytes = rows->bytes(row, 3);
    const auto numbers = check_line(bytes, run_id, before);
    // What was read before it is good; the next page begins with the bad one.
    if (!numbers && !lines.empty()) break;
    if (!numbers) return std::unexpected(numbers.error());
    before = {0, numbers->step, numbers->last_seq};
    lines.push_back({numbers->step, numbers->first_seq, numbers->last_seq, numbers->strict, std::string(bytes)});
  }
  return lines;
}

Result<PostgresRunFacts> postgres_facts(PostgresConnection& connection, const RunId& run_id) {
  PostgresQuery query("SELECT events, epoch, damage FROM journal_run WHERE id = $1", PostgresQuery::Use::kept);
  const auto rows = connection.run(query.text(run_id.str()));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return run_not_found(run_id);
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows->integer(0, column)); };
  return PostgresRunFacts{count(0), count(1), rows->text(0, 2)};
}

Result<std::vector<RunSummary>> list_postgres_runs(PostgresConnection& connection, RunFilter filter,
                                                   const KnowsHeld& knows_held) {
  std::vector<RunSummary> runs;
  while (runs.size() < filter.limit) {
    const auto limit = std::min(kListPageRuns, filter.limit - static_cast<std::uint32_t>(runs.size()));
    const auto rows = connection.run(list_query(filter, limit));
    if (!rows) return std::unexpected(rows.error());
    for (int row = 0; row < rows->size(); ++row) {
      const auto id = RunId::parse(rows->bytes(row, 0));
      if (!id) return fail(RuntimeErrorCode::journal_damaged, "a run of the store has no id that reads");
      const auto bytes = static_cast<std::uint64_t>(rows->integer(row, 2));
      RunSummary run =
          summarise({*id, rows->bytes(row, 3), rows->bytes(row, 4), bytes, is_held(*rows, row, knows_held)});
      run.damaged = run.damaged || rows->integer(row, 5) != 0;
      run.imported = rows->integer(row, 6) != 0;
      runs.push_back(std::move(run));
      filter.before = *id;
    }
    if (rows->size() < static_cast<int>(limit)) break;
  }
  return runs;
}

Result<SharedBytes> read_postgres_blob(PostgresConnection& connection, const Hash& hash) {
  PostgresQuery query("SELECT bytes FROM journal_blob WHERE hash = $1");
  const auto rows = connection.run(query.text(hash.str()));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return blob_not_found(hash);
  SharedBytes bytes(rows->text(0, 0));
  if (bytes.hash() == hash) return bytes;
  const std::string& place = connection.address().shown;
  return fail(RuntimeErrorCode::journal_damaged,
              place + " does not hold the content of " + hash.str() + " under its name", place);
}

}  // namespace orchestrator::harness::journal
