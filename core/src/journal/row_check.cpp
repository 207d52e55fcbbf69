// SPDX-License-Identifier: Apache-2.0
#include "journal/row_check.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "journal/run_reading.hpp"
#include "journal/run_row.hpp"
#include "journal/run_summary.hpp"
#include "journal/stored_line.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteTransaction;

// Rows of all kinds that belong to nothing that is there.
struct Stray {
  std::string_view sql;
  std::string_view what;
};
constexpr Stray kStrays[] = {
    {"SELECT count(*) FROM line WHERE (place >> 32) NOT IN (SELECT number FROM run)", "lines belong to no run"},
    {"SELECT count(*) FROM chunk WHERE (place >> 32) NOT IN (SELECT number FROM run)",
     "chunks of lines belong to no run"},
    {"SELECT count(*) FROM blob_use WHERE run NOT IN (SELECT number FROM run)", "uses of content belong to no run"},
    {"SELECT count(*) FROM blob_use WHERE blob NOT IN (SELECT number FROM blob)",
     "uses name content that is not there"},
    {"SELECT count(*) FROM blob WHERE number NOT IN (SELECT blob FROM blob_use)", "contents are used by no run"},
    {"SELECT count(*) FROM run WHERE typeof(id) <> 'text' OR length(id) <> 30", "runs have an id that does not read"},
};

class RowCheck final {
 public:
  explicit RowCheck(SqliteConnection* connection) : connection_(*connection) {}

  Result<void> check_file() {
    auto statement = connection_.prepare("PRAGMA integrity_check(20)");
    if (!statement) return std::unexpected(statement.error());
    for (;;) {
      const auto row = statement->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return {};
      if (statement->bytes(0) != "ok") add({}, connection_.path() + ": " + statement->text(0));
    }
  }

  Result<void> check_strays() {
    const auto transaction = SqliteTransaction::begin(&connection_, SqliteTransaction::Kind::read);
    if (!transaction) return std::unexpected(transaction.error());
    for (const Stray& stray : kStrays) {
      const auto count = connection_.integer_of(stray.sql);
      if (!count) return std::unexpected(count.error());
      if (*count > 0) add({}, connection_.path() + ": " + std::to_string(*count) + " " + std::string(stray.what));
    }
    return {};
  }

  Result<void> check_contents() {
    auto statement = connection_.prepare("SELECT hash, bytes FROM blob");
    if (!statement) return std::unexpected(statement.error());
    for (;;) {
      const auto row = statement->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return {};
      if (sha256(statement->bytes(1)).str() == statement->bytes(0)) continue;
      add({}, connection_.path() + " does not hold the content of " + statement->text(0) + " under its name");
    }
  }

  Result<void> check_runs() {
    std::string after;
    for (;;) {
      const auto id = next_run(after);
      if (!id) return std::unexpected(id.error());
      if (id->empty()) return {};
      after = *id;
      const auto run_id = RunId::parse(*id);
      if (!run_id) {
        add({}, connection_.path() + ": a run has an id that does not read");
        continue;
      }
      if (auto checked = check_run(*run_id); !checked) return checked;
    }
  }

  Result<void> check_run(const RunId& run_id) {
    const auto transaction = SqliteTransaction::begin(&connection_, SqliteTransaction::Kind::read);
    if (!transaction) return std::unexpected(transaction.error());
    const auto run = find_run(connection_, run_id);
    if (!run) {
      const bool is_gone = run.error().code == name_of(RuntimeErrorCode::run_not_found);
      return is_gone ? Result<void>() : std::unexpected(run.error());
    }
    if (run->events == 0) {  // just begun, or on its way in: then its row says nothing of what is there
      if (run->steps > 0 || run->bytes > 0) add(run_id, of_row(run_id, "steps and bytes, and no events"));
      return {};
    }
    // Where an outer line does not read, reading the run says more.
    const auto first = read_lines(connection_, *run, 0, 0);
    const auto last = read_lines(connection_, *run, run->events - 1, 0);
    if (!first || !last || first->empty() || last->empty()) {
      add(run_id, "journal of " + run_id.str() + ": its first or last line does not read: " +
                      (!first  ? first.error().message
                       : !last ? last.error().message
                               : "it is missing"));
      return {};
    }
    const RunSummary summary = summarise({run_id, first->front().bytes, last->front().bytes, run->bytes, false});
    if (auto compared = compare_counts(*run, last->front()); !compared) return compared;
    if (summary.status != run->status) add(run_id, of_row(run_id, "another status than its last event"));
    return compare_session(*run, summary.session_id);
  }

  std::vector<Flaw> take() && { return std::move(flaws_); }

 private:
  void add(std::optional<RunId> run_id, std::string what) {
    if (flaws_.size() < RunCheck::kFlawsMax) flaws_.push_back({run_id, 0, 0, std::move(what)});
  }
  static std::string of_row(const RunId& run_id, const std::string& what) {
    return "the row of " + run_id.str() + " has " + what;
  }

  Result<std::string> next_run(const std::string& after) {
    auto statement = connection_.prepare("SELECT id FROM run WHERE id > ? ORDER BY id LIMIT 1");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(after);
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    return *row ? statement->text(0) : std::string();
  }

  Result<void> compare_counts(const RunRow& run, const JournalLine& last) {
    if (last.step != run.steps) {
      add(run.run_id, of_row(run.run_id, std::to_string(run.steps) + " steps, and its last one is step " +
                                             std::to_string(last.step)));
    }
    const std::string sql =
        "SELECT (SELECT coalesce(sum(length(bytes) + 1), 0) FROM line WHERE place > " +
        std::to_string(place_of(run.number, 0)) + " AND place < " + std::to_string(place_of(run.number + 1, 0)) +
        ") + (SELECT coalesce(sum(size), 0) FROM chunk WHERE place > " + std::to_string(place_of(run.number, 0)) +
        " AND place < " + std::to_string(place_of(run.number + 1, 0)) + ")";
    const auto bytes = connection_.integer_of(sql);
    if (!bytes) return std::unexpected(bytes.error());
    if (static_cast<std::uint64_t>(*bytes) != run.bytes) {
      add(run.run_id,
          of_row(run.run_id, std::to_string(run.bytes) + " bytes, and its lines have " + std::to_string(*bytes)));
    }
    return {};
  }

  Result<void> compare_session(const RunRow& run, const SessionId& session_id) {
    auto statement = connection_.prepare("SELECT session_id FROM run WHERE number = ?");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(run.number);
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (*row && statement->bytes(0) != session_id.str()) {
      add(run.run_id, of_row(run.run_id, "another session than its first event"));
    }
    return {};
  }

  SqliteConnection& connection_;
  std::vector<Flaw> flaws_;
};

}  // namespace

Result<std::vector<Flaw>> check_rows(SqliteConnection& connection, const std::optional<RunId>& run_id) {
  RowCheck check(&connection);
  Result<void> done;
  if (run_id) {
    done = check.check_run(*run_id);
  } else {
    done = check.check_file();
    if (done) done = check.check_strays();
    if (done) done = check.check_contents();
    if (done) done = check.check_runs();
  }
  std::vector<Flaw> flaws = std::move(check).take();
  if (done) return flaws;
  if (done.error().code != name_of(RuntimeErrorCode::journal_damaged)) return std::unexpected(done.error());
  flaws.push_back({{}, 0, 0, done.error().message});
  return flaws;
}

}  // namespace orchestrator::harness::journal
