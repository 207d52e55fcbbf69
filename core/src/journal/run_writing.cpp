// SPDX-License-Identifier: Apache-2.0
#include "journal/run_writing.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "journal/content_hashes.hpp"
#include "journal/line_facts.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_reading.hpp"
#include "journal/stored_line.hpp"
#include "journal/text_index.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteStatement;

constexpr std::uint64_t kRewritePageBytes = 1ULL << 20;

// Runs a statement once; `bind` fills in its parameters.
template <class Bind>
Result<void> run(SqliteConnection& connection, std::string_view sql, Bind bind) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  bind(*statement);
  return statement->run();
}

}  // namespace

RunWriting::RunWriting(SqliteConnection* connection, SqliteStatement insert_line, SqliteStatement update_run)
    : connection_(connection), insert_line_(std::move(insert_line)), update_run_(std::move(update_run)) {}

Result<RunWriting> RunWriting::on(SqliteConnection* connection) {
  auto insert_line = connection->prepare("INSERT INTO line(place, step, first_seq, bytes) VALUES (?, ?, ?, ?)");
  if (!insert_line) return std::unexpected(insert_line.error());
  // Of a run that stays active. It sets no column of an index, whose page each commit would write, too.
  auto update_run = connection->prepare(
      "UPDATE run SET steps = ?, events = ?, bytes = bytes + ?, head = ? WHERE number = ? AND status = 0 AND sealed = "
      "0");
  if (!update_run) return std::unexpected(update_run.error());
  return RunWriting(connection, *std::move(insert_line), *std::move(update_run));
}

Result<std::optional<RunRow>> RunWriting::create(const RunId& run_id, const SessionId& session_id) {
  RunRow row;
  row.run_id = run_id;
  row.boot = this_process().boot;
  const auto inserted =
      run(*connection_,
          "INSERT INTO run(id, session_id, status, steps, events, bytes, epoch, boot, sealed) "
          "VALUES (?, ?, 0, 0, 0, 0, 1, ?, 0) ON CONFLICT(id) DO NOTHING",
          [&](SqliteStatement& insert) { insert.bind(run_id.str()).bind(session_id.str()).bind(row.boot); });
  if (!inserted) return std::unexpected(inserted.error());
  if (connection_->changed_rows() == 0) return std::nullopt;
  row.number = connection_->last_row();
  if (row.number <= kRunNumberMax) return row;
  return fail(RuntimeErrorCode::limit_exceeded,
              "the journal " + connection_->path() + " has seen " + std::to_string(kRunNumberMax) + " runs");
}

Result<RunRow> RunWriting::open(const RunId& run_id) {
  auto row = find_run(*connection_, run_id);
  if (row && !row->damage.empty()) return run_quarantined(run_id, row->damage);
  if (!row || row->events == 0) return row;
  const auto last = read_lines(*connection_, *row, row->events - 1, 0);
  if (!last) return std::unexpected(last.error());
  if (last->front().step != row->steps || last->front().last_seq != row->events) {
    return fail(RuntimeErrorCode::journal_damaged,
                "journal of " + run_id.str() + ": it ends with step " + std::to_string(last->front().step) +
                    ", and its row says " + std::to_string(row->steps),
                run_id.str());
  }
  const std::string boot = this_process().boot;
  if (row->boot == boot) return row;
  row->boot = boot;
  ++row->epoch;
  const auto updated =
      run(*connection_, "UPDATE run SET epoch = ?, boot = ? WHERE number = ?", [&](SqliteStatement& update) {
        update.bind(static_cast<std::int64_t>(row->epoch)).bind(boot).bind(row->number);
      });
  if (!updated) return std::unexpected(updated.error());
  return row;
}

Result<void> RunWriting::set_epoch(std::int64_t run_number, std::uint64_t epoch) {
  return run(*connection_, "UPDATE run SET epoch = ? WHERE number = ?",
             [&](SqliteStatement& update) { update.bind(static_cast<std::int64_t>(epoch)).bind(run_number); });
}

Result<void> RunWriting::append(std::int64_t run_number, const JournalLine& line) {
  if (auto inserted = insert(run_number, line); !inserted) return inserted;
  return show(run_number, line, line.bytes.size() + 1);
}

Result<void> RunWriting::insert(std::int64_t run_number, const JournalLine& line) {
  insert_line_.bind(place_of(run_number, line.last_seq)).bind(static_cast<std::int64_t>(line.step));
  insert_line_.bind(static_cast<std::int64_t>(line.first_seq)).bind_bytes(line.bytes);
  if (auto inserted = insert_line_.run(); !inserted) return inserted;
  return line.step == 1 ? keep_history(run_number, line) : Result<void>();
}

Result<void> RunWriting::show(std::int64_t run_number, const JournalLine& last, std::uint64_t bytes) {
  const RunStatus status = status_after(last);
  const auto bind = [&](SqliteStatement& update) {
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    update.bind(number(last.step)).bind(number(last.last_seq)).bind(number(bytes));
    update.bind(head_text_of(last.bytes)).bind(run_number);
  };
  if (status == RunStatus::active) {
    bind(update_run_);
    auto updated = update_run_.run();
    if (!updated || connection_->changed_rows() == 1) return updated;
  }
  const auto bind_all = [&](SqliteStatement& update) { bind(update.bind(static_cast<std::int64_t>(status))); };
  return run(*connection_,
             "UPDATE run SET status = ?, sealed = 0, steps = ?, events = ?, bytes = bytes + ?, head = ? "
             "WHERE number = ?",
             bind_all);
}

Result<std::vector<std::int64_t>> RunWriting::hidden_runs() {
  auto statement = connection_->prepare("SELECT number FROM run WHERE events = 0");
  if (!statement) return std::unexpected(statement.error());
  std::vector<std::int64_t> numbers;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return numbers;
    numbers.push_back(statement->integer(0));
  }
}

// A run may go on from content that runs before it have put: it stays as long as this one.
Result<void> RunWriting::keep_history(std::int64_t run_number, const JournalLine& line) {
  for (const std::string& hash : content_hashes_in(line.bytes)) {
    if (auto used = use_blob(run_number, hash); !used) return used;
  }
  return {};
}

// Nothing where there is no such content.
Result<void> RunWriting::use_blob(std::int64_t run_number, const std::string& hash) {
  return run(*connection_,
             "INSERT INTO blob_use(run, blob) SELECT ?, number FROM blob WHERE hash = ? ON CONFLICT DO NOTHING",
             [&](SqliteStatement& insert) { insert.bind(run_number).bind(hash); });
}

Result<bool> RunWriting::has_blob(const Hash& hash) {
  auto statement = connection_->prepare("SELECT 1 FROM blob WHERE hash = ?");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(hash.str());
  return statement->step();
}

Result<void> RunWriting::put_blob(std::int64_t run_number, const SharedBytes& bytes) {
  const std::string hash = bytes.hash().str();
  const auto is_there = has_blob(bytes.hash());
  if (!is_there) return std::unexpected(is_there.error());
  if (!*is_there) {
    const auto inserted = run(*connection_, "INSERT INTO blob(hash, bytes) VALUES (?, ?)",
                              [&](SqliteStatement& insert) { insert.bind(hash).bind_bytes(bytes.view()); });
    if (!inserted) return inserted;
  }
  return use_blob(run_number, hash);
}

// Reading goes on behind what is written, and sees the old form to its end: a new line stands in its old one's place,
// or before the chunk that holds that.
Result<void> RunWriting::rewrite_lines(const RunRow& row, LineRewrite& form) {
  auto put = connection_->prepare("INSERT OR REPLACE INTO line(place, step, first_seq, bytes) VALUES (?, ?, ?, ?)");
  if (!put) return std::unexpected(put.error());
  while (!form.is_done()) {
    const auto page = read_lines(*connection_, row, form.last().last_seq, kRewritePageBytes);
    if (!page) return std::unexpected(page.error());
    if (page->empty()) return form.too_short();
    for (const JournalLine& old : *page) {
      const auto line = form.next(old.bytes);
      if (!line) return std::unexpected(line.error());
      put->bind(place_of(row.number, line->last_seq)).bind(static_cast<std::int64_t>(line->step));
      put->bind(static_cast<std::int64_t>(line->first_seq)).bind_bytes(line->bytes);
      if (auto done = put->run(); !done) return done;
      if (form.is_done()) break;
    }
  }
  return {};
}

// Content that the run put and its new form does not refer to.
Result<void> RunWriting::cut_uses(std::int64_t run_number, const LineRewrite& form) {
  auto used =
      connection_->prepare("SELECT number, hash FROM blob WHERE number IN (SELECT blob FROM blob_use WHERE run = ?)");
  if (!used) return std::unexpected(used.error());
  used->bind(run_number);
  std::vector<std::int64_t> unused;
  for (;;) {
    const auto row = used->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const auto hash = Hash::parse(used->bytes(1));
    if (!hash || !form.kept().contains(*hash)) unused.push_back(used->integer(0));
  }
  for (const std::int64_t blob : unused) {
    auto done = run(*connection_, "DELETE FROM blob_use WHERE run = ? AND blob = ?",
                    [&](SqliteStatement& statement) { statement.bind(run_number).bind(blob); });
    if (done) {
      done = run(*connection_,
                 "DELETE FROM blob WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM blob_use WHERE blob = ?1)",
                 [&](SqliteStatement& statement) { statement.bind(blob); });
    }
    if (!done) return done;
  }
  return {};
}

Result<void> RunWriting::rewrite(const RunRow& row, const RunRewrite& rewrite) {
  LineRewrite form(row.run_id, &rewrite);
  Result<void> done = rewrite_lines(row, form);
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  if (done) {
    done = run(*connection_, "DELETE FROM line WHERE place > ? AND place < ?", [&](SqliteStatement& statement) {
      statement.bind(place_of(row.number, form.last().last_seq)).bind(place_of(row.number + 1, 0));
    });
  }
  if (done) {
    done = run(*connection_, "DELETE FROM chunk WHERE place > ? AND place < ?", [&](SqliteStatement& statement) {
      statement.bind(place_of(row.number, 0)).bind(place_of(row.number + 1, 0));
    });
  }
  if (done) done = cut_uses(row.number, form);
  if (done) done = remove_text(*connection_, row.number);
  if (!done) return done;
  return run(*connection_,
             "UPDATE run SET status = ?, steps = ?, events = ?, bytes = ?, head = ?, epoch = epoch + 1, sealed = 0, "
             "indexed = 0, damage = '' WHERE number = ?",
             [&](SqliteStatement& update) {
               const JournalLine& last = form.last();
               update.bind(number(static_cast<std::uint64_t>(status_after(last)))).bind(number(last.step));
               update.bind(number(last.last_seq)).bind(number(form.bytes()));
               update.bind(head_text_of(last.bytes)).bind(row.number);
             });
}

Result<void> RunWriting::set_imported(std::int64_t run_number) {
  return run(*connection_, "UPDATE run SET imported = 1 WHERE number = ?",
             [&](SqliteStatement& update) { update.bind(run_number); });
}

Result<void> RunWriting::set_damage(std::int64_t run_number, const std::string& damage) {
  return run(*connection_, "UPDATE run SET damage = ?1 WHERE number = ?2 AND (damage = '' OR ?1 = '')",
             [&](SqliteStatement& update) { update.bind(damage).bind(run_number); });
}

Result<void> RunWriting::replace(const RunRow& replaced, std::int64_t run_number) {
  Result<void> done = run(
      *connection_, "INSERT INTO blob_use(run, blob) SELECT ?, blob FROM blob_use WHERE run = ? ON CONFLICT DO NOTHING",
      [&](SqliteStatement& insert) { insert.bind(run_number).bind(replaced.number); });
  if (done) done = remove(replaced.number);
  if (!done) return done;
  return run(*connection_, "UPDATE run SET id = ?, epoch = ?, boot = ? WHERE number = ?", [&](SqliteStatement& update) {
    update.bind(replaced.run_id.str()).bind(static_cast<std::int64_t>(replaced.epoch));
    update.bind(replaced.boot).bind(run_number);
  });
}

Result<void> RunWriting::remove(std::int64_t run_number) {
  const auto bind_places = [&](SqliteStatement& statement) {
    statement.bind(place_of(run_number, 0)).bind(place_of(run_number + 1, 0));
  };
  const auto bind_run = [&](SqliteStatement& statement) { statement.bind(run_number); };
  Result<void> done = run(*connection_, "DELETE FROM line WHERE place > ? AND place < ?", bind_places);
  if (done) done = run(*connection_, "DELETE FROM chunk WHERE place > ? AND place < ?", bind_places);
  if (done) {
    done = run(*connection_,
               "DELETE FROM blob WHERE number IN (SELECT blob FROM blob_use WHERE run = ?1) AND NOT EXISTS "
               "(SELECT 1 FROM blob_use WHERE blob_use.blob = blob.number AND blob_use.run <> ?1)",
               bind_run);
  }
  if (done) done = run(*connection_, "DELETE FROM blob_use WHERE run = ?", bind_run);
  if (done) done = remove_text(*connection_, run_number);
  if (done) done = run(*connection_, "DELETE FROM run WHERE number = ?", bind_run);
  return done;
}

}  // namespace orchestrator::harness::journal
