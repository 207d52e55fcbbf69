// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_writing.hpp"

#include "journal/content_hashes.hpp"
#include "journal/line_facts.hpp"
#include "journal/postgres_owner.hpp"
#include "journal/postgres_reading.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_lock.hpp"

namespace orchestrator::harness::journal {
namespace {

// One statement, so that a line is there exactly when the run's row says so.
constexpr const char* kAppend =
    "WITH head AS (UPDATE journal_run SET status = $6, steps = $4, events = $5, bytes = bytes + $7 "
    "WHERE number = $1 AND owner = $2 AND fence = $3 AND steps = $4 - 1 AND events = $8 - 1 RETURNING number) "
    "INSERT INTO journal_line(run, last_seq, step, first_seq, bytes) SELECT number, $5, $4, $8, $9::bytea FROM head";

constexpr std::uint64_t kRewritePageBytes = 1ULL << 20;
// A line of a run that is still the owner's, without the row that would show it.
constexpr const char* kInsert =
    "WITH head AS (SELECT number FROM journal_run WHERE number = $1 AND owner = $2 AND fence = $3 FOR SHARE) "
    "INSERT INTO journal_line(run, last_seq, step, first_seq, bytes) SELECT number, $4, $5, $6, $7::bytea FROM head";

std::int64_t number_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

struct PostgresWriting::FoundRun {
  TakenRun run;
  std::string timeline;
  std::string damage;
  std::optional<PostgresOwner> owner;
};

Result<std::string> PostgresWriting::timeline() {
  const auto rows = connection_->run(PostgresQuery("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"));
  if (!rows) return std::unexpected(rows.error());
  return rows->text(0, 0);
}

Result<PostgresWriting::Taking> PostgresWriting::create(const RunId& run_id, const SessionId& session_id) {
  const auto timeline_now = timeline();
  if (!timeline_now) return std::unexpected(timeline_now.error());
  PostgresQuery insert(
      "INSERT INTO journal_run(id, session_id, status, steps, events, bytes, epoch, timeline, owner, fence) "
      "VALUES ($1, $2, 0, 0, 0, 0, 1, $3, $4, 1) ON CONFLICT (id) DO NOTHING RETURNING number");
  insert.text(run_id.str()).text(session_id.str()).text(*timeline_now).integer(owner_);
  const auto rows = connection_->run(insert);
  if (!rows) return std::unexpected(rows.error());
  Taking taking;
  if (rows->size() == 1) {
    taking.run = TakenRun{{rows->integer(0, 0), owner_, 1}, run_id};
  } else {
    taking.reason =
        fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " exists already", run_id.str()).error();
  }
  return taking;
}

// Nobody else changes the run until the transaction ends.
Result<std::optional<PostgresWriting::FoundRun>> PostgresWriting::find(const RunId& run_id) {
  constexpr int kOwner = 7;
  PostgresQuery query(std::string("SELECT r.number, r.steps, r.events, r.epoch, r.fence, r.timeline, r.damage, ") +
                      kOwnerColumns +
                      " FROM journal_run r LEFT JOIN journal_owner o ON o.number = r.owner WHERE r.id = $1 "
                      "FOR UPDATE OF r");
  const auto rows = connection_->run(query.text(run_id.str()));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows->integer(0, column)); };
  FoundRun found;
  found.run = {{rows->integer(0, 0), owner_, rows->integer(0, 4)}, run_id, count(1), count(2), count(3)};
  found.timeline = rows->text(0, 5);
  found.damage = rows->text(0, 6);
  if (!rows->is_null(0, kOwner)) found.owner = owner_of(*rows, 0, kOwner);
  return found;
}

// The owner itself may have a run that it no longer has open: one that it could not give back.
std::optional<Error> PostgresWriting::reason_to_leave(const FoundRun& run, const RunId& run_id) const {
  if (!run.owner) return std::nullopt;
  const bool is_held = run.owner->number == owner_ ? is_held_(run.run.lease.run_number) : holds(*run.owner);
  if (!is_held) return std::nullopt;
  return held_by(*run.owner, run_id).error();
}

// What is wrong with the last line of a run.
Result<std::optional<Error>> PostgresWriting::flaw_of_end(const RunId& run_id, std::uint64_t steps,
                                                          std::uint64_t events) {
  if (events == 0) return std::nullopt;
  const auto last = read_postgres_run(*connection_, run_id, events - 1, 0);
  if (!last && connection_->fault() != PostgresFault::none) return std::unexpected(last.error());
  if (!last) return last.error();
  if (last->front().step == steps && last->front().last_seq == events) return std::nullopt;
  return fail(RuntimeErrorCode::journal_damaged,
              "journal of " + run_id.str() + ": it ends with step " + std::to_string(last->front().step) +
                  ", and its row says " + std::to_string(steps),
              run_id.str())
      .error();
}

Result<PostgresWriting::Taking> PostgresWriting::open(const RunId& run_id) {
  auto found = find(run_id);
  if (!found) return std::unexpected(found.error());
  Taking taking;
  taking.reason = *found ? reason_to_leave(**found, run_id) : run_not_found(run_id).error();
  if (taking.reason) return taking;
  if (!(*found)->damage.empty()) taking.reason = run_quarantined(run_id, (*found)->damage).error();
  if (taking.reason) return taking;
  TakenRun& run = (*found)->run;
  auto flaw = flaw_of_end(run_id, run.steps, run.events);
  if (!flaw) return std::unexpected(flaw.error());
  taking.reason = *std::move(flaw);
  if (taking.reason) return taking;
  const auto timeline_now = timeline();
  if (!timeline_now) return std::unexpected(timeline_now.error());
  ++run.lease.fence;
  if (*timeline_now != (*found)->timeline) ++run.epoch;
  PostgresQuery take("UPDATE journal_run SET owner = $2, fence = $3, epoch = $4, timeline = $5 WHERE number = $1");
  take.integer(run.lease.run_number).integer(owner_).integer(run.lease.fence);
  take.integer(number_of(run.epoch)).text(*timeline_now);
  if (const auto taken = connection_->run(take); !taken) return std::unexpected(taken.error());
  taking.run = run;
  return taking;
}

// Why a run was not changed as `tried`.
Result<PostgresWriting::Refusal> PostgresWriting::reason_of_refusal(const PostgresLease& lease, const RunId& run_id,
                                                                    const std::string& tried) {
  const auto found = find(run_id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Refusal{run_not_found(run_id).error()};
  const FoundRun& run = **found;
  const bool is_ours = run.owner && run.owner->number == lease.owner && run.run.lease.fence == lease.fence;
  if (is_ours) {
    return Refusal{fail(RuntimeErrorCode::precondition_failed,
                        tried + " cannot follow step " + std::to_string(run.run.steps) + " and event " +
                            std::to_string(run.run.events) + " of run " + run_id.str(),
                        run_id.str())
                       .error()};
  }
  if (run.owner) return Refusal{held_by(*run.owner, run_id).error()};
  return Refusal{fail(RuntimeErrorCode::run_locked,
                      "run " + run_id.str() + " was taken by another process meanwhile, which has let go of it",
                      run_id.str())
                     .error()};
}

Result<PostgresWriting::Refusal> PostgresWriting::append(const PostgresLease& lease, const RunId& run_id,
                                                         const JournalLine& line) {
  PostgresQuery query(kAppend, PostgresQuery::Use::kept);
  query.integer(lease.run_number).integer(lease.owner).integer(lease.fence);
  query.integer(number_of(line.step)).integer(number_of(line.last_seq));
  query.integer(static_cast<std::int64_t>(status_after(line))).integer(number_of(line.bytes.size() + 1));
  query.integer(number_of(line.first_seq)).bytes(line.bytes);
  const auto rows = connection_->run(query);
  if (!rows) return std::unexpected(rows.error());
  if (rows->changed() == 0) return reason_of_refusal(lease, run_id, "step " + std::to_string(line.step));
  // A run may go on from content that runs before it have put: it stays as long as this one.
  if (line.step == 1) {
    if (auto used = use_blobs(lease.run_number, content_hashes_in(line.bytes)); !used)
      return std::unexpected(used.error());
  }
  return Refusal{};
}

// Each content that is there is locked until the transaction ends, so that nobody removes it meanwhile.
Result<void> PostgresWriting::use_blobs(std::int64_t run_number, const std::set<std::string>& hashes) {
  if (hashes.empty()) return {};
  std::string list;
  for (const std::string& hash : hashes) list += (list.empty() ? "{" : ",") + hash;
  PostgresQuery query(
      "INSERT INTO journal_blob_use(run, blob) SELECT $1::bigint, number FROM (SELECT number FROM journal_blob "
      "WHERE hash = ANY($2::text[]) ORDER BY number FOR SHARE) AS found ON CONFLICT DO NOTHING");
  const auto used = connection_->run(query.integer(run_number).text(list + "}"));
  if (!used) return std::unexpected(used.error());
  return {};
}

Result<PostgresWriting::Refusal> PostgresWriting::put_blob(const PostgresLease& lease, const RunId& run_id,
                                                           const SharedBytes& bytes) {
  PostgresQuery mine("SELECT 1 FROM journal_run WHERE number = $1 AND owner = $2 AND fence = $3 FOR SHARE");
  const auto held = connection_->run(mine.integer(lease.run_number).integer(lease.owner).integer(lease.fence));
  if (!held) return std::unexpected(held.error());
  if (held->size() == 0) return reason_of_refusal(lease, run_id, "content");
  if (auto kept = keep_blob(bytes); !kept) return std::unexpected(kept.error());
  if (auto used = use_blobs(lease.run_number, {bytes.hash().str()}); !used) return std::unexpected(used.error());
  return Refusal{};
}

// Found and locked, or inserted: in both cases it stays until the transaction ends. Who finds it taken by another
// insertion looks again.
Result<void> PostgresWriting::keep_blob(const SharedBytes& bytes) {
  constexpr int kAttemptsMax = 4;
  const std::string hash = bytes.hash().str();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    PostgresQuery present("SELECT 1 FROM journal_blob WHERE hash = $1 FOR SHARE");
    const auto found = connection_->run(present.text(hash));
    if (!found) return std::unexpected(found.error());
    if (found->size() == 1) return {};
    PostgresQuery insert("INSERT INTO journal_blob(hash, bytes) VALUES ($1, $2::bytea) ON CONFLICT DO NOTHING");
    const auto inserted = connection_->run(insert.text(hash).bytes(bytes.view()));
    if (!inserted) return std::unexpected(inserted.error());
    if (inserted->changed() == 1) return {};
  }
  return fail(RuntimeErrorCode::storage_unavailable, "content " + hash + " is put and removed all the time", hash);
}

Result<PostgresWriting::Refusal> PostgresWriting::insert(const PostgresLease& lease, const RunId& run_id,
                                                         const JournalLine& line) {
  PostgresQuery query(kInsert, PostgresQuery::Use::kept);
  query.integer(lease.run_number).integer(lease.owner).integer(lease.fence);
  query.integer(number_of(line.last_seq)).integer(number_of(line.step)).integer(number_of(line.first_seq));
  const auto rows = connection_->run(query.bytes(line.bytes));
  if (!rows) return std::unexpected(rows.error());
  if (rows->changed() == 0) return reason_of_refusal(lease, run_id, "step " + std::to_string(line.step));
  if (line.step > 1) return Refusal{};
  if (auto used = use_blobs(lease.run_number, content_hashes_in(line.bytes)); !used)
    return std::unexpected(used.error());
  return Refusal{};
}

// Refused before anything is changed: a refusal does not roll back.
Result<PostgresWriting::Refusal> PostgresWriting::replace(const PostgresLease& lease, const RunId& run_id,
                                                          std::uint64_t events) {
  const auto found = find(run_id);
  if (!found) return std::unexpected(found.error());
  if (!*found || (*found)->run.events != events) return Refusal{changed_meanwhile(run_id).error()};
  if (!(*found)->damage.empty()) return Refusal{run_quarantined(run_id, (*found)->damage).error()};
  if (auto reason = reason_to_leave(**found, run_id)) return Refusal{std::move(reason)};
  const std::int64_t replaced = (*found)->run.lease.run_number;
  PostgresQuery keep(
      "INSERT INTO journal_blob_use(run, blob) SELECT $1::bigint, blob FROM journal_blob_use WHERE run = $2 "
      "ON CONFLICT DO NOTHING");
  const auto kept = connection_->run(keep.integer(lease.run_number).integer(replaced));
  if (!kept) return std::unexpected(kept.error());
  if (auto removed = remove_rows(replaced); !removed) return std::unexpected(removed.error());
  PostgresQuery take("UPDATE journal_run SET id = $2, epoch = $3, timeline = $4 WHERE number = $1");
  take.integer(lease.run_number).text(run_id.str()).integer(number_of((*found)->run.epoch)).text((*found)->timeline);
  if (const auto taken = connection_->run(take); !taken) return std::unexpected(taken.error());
  return Refusal{};
}

Result<PostgresWriting::Refusal> PostgresWriting::show(const PostgresLease& lease, const RunId& run_id,
                                                       const StagedEnd& end) {
  PostgresQuery mine("SELECT 1 FROM journal_run WHERE number = $1 AND owner = $2 AND fence = $3 FOR UPDATE");
  const auto held = connection_->run(mine.integer(lease.run_number).integer(lease.owner).integer(lease.fence));
  if (!held) return std::unexpected(held.error());
  if (held->size() == 0) {
    return Refusal{fail(RuntimeErrorCode::run_locked,
                        "what was to become " + run_id.str() + " was taken by another process meanwhile", run_id.str())
                       .error()};
  }
  if (end.staging.replaced_events > 0) {
    auto replaced = replace(lease, run_id, end.staging.replaced_events);
    if (!replaced || replaced->reason) return replaced;
  }
  PostgresQuery update(
      "UPDATE journal_run SET status = $2, steps = $3, events = $4, bytes = $5, imported = ($6::bigint <> 0) "
      "WHERE number = $1");
  update.integer(lease.run_number).integer(static_cast<std::int64_t>(status_after(end.last)));
  update.integer(number_of(end.last.step)).integer(number_of(end.last.last_seq)).integer(number_of(end.bytes));
  update.integer(end.staging.is_imported ? 1 : 0);
  if (const auto shown = connection_->run(update); !shown) return std::unexpected(shown.error());
  return Refusal{};
}

// A run that was just created has no events either, but an owner that holds it.
Result<void> PostgresWriting::sweep() {
  constexpr int kOwner = 1;
  PostgresQuery query(std::string("SELECT r.number, ") + kOwnerColumns +
                      " FROM journal_run r LEFT JOIN journal_owner o ON o.number = r.owner WHERE r.events = 0 "
                      "FOR UPDATE OF r SKIP LOCKED");
  const auto rows = connection_->run(query);
  if (!rows) return std::unexpected(rows.error());
  for (int row = 0; row < rows->size(); ++row) {
    const std::int64_t run_number = rows->integer(row, 0);
    if (!rows->is_null(row, kOwner)) {
      const PostgresOwner owner = owner_of(*rows, row, kOwner);
      if (owner.number == owner_ ? is_held_(run_number) : holds(owner)) continue;
    }
    if (auto removed = remove_rows(run_number); !removed) return removed;
  }
  return {};
}

Result<PostgresWriting::Refusal> PostgresWriting::remove(const RunId& run_id) {
  const auto found = find(run_id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Refusal{run_not_found(run_id).error()};
  if (auto reason = reason_to_leave(**found, run_id)) return Refusal{std::move(reason)};
  if (auto removed = remove_rows((*found)->run.lease.run_number); !removed) return std::unexpected(removed.error());
  return Refusal{};
}

// The contents are locked before it is asked who else uses them: a use that is being added is either seen or waits.
Result<void> PostgresWriting::remove_rows(std::int64_t run_number) {
  for (const char* sql :
       {"SELECT 1 FROM journal_blob WHERE number IN (SELECT blob FROM journal_blob_use WHERE run = $1) "
        "ORDER BY number FOR UPDATE",
        "DELETE FROM journal_blob WHERE number IN (SELECT blob FROM journal_blob_use WHERE run = $1) AND NOT EXISTS "
        "(SELECT 1 FROM journal_blob_use AS other WHERE other.blob = journal_blob.number AND other.run <> $1)",
        "DELETE FROM journal_blob_use WHERE run = $1", "DELETE FROM journal_line WHERE run = $1",
        "DELETE FROM journal_run WHERE number = $1"}) {
    PostgresQuery query(sql);
    const auto done = connection_->run(query.integer(run_number));
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

// What the run itself gives no form for is its caller's alone; another error is of the transaction.
Result<PostgresWriting::Refusal> PostgresWriting::rewrite_lines(const FoundRun& run, LineRewrite& form) {
  const auto refuse = [](const Error& reason) { return Refusal{reason}; };
  while (!form.is_done()) {
    const auto page = read_postgres_run(*connection_, run.run.run_id, form.last().last_seq, kRewritePageBytes);
    if (!page && connection_->fault() != PostgresFault::none) return std::unexpected(page.error());
    if (!page) return refuse(page.error());
    if (page->empty()) return refuse(form.too_short().error());
    for (const JournalLine& old : *page) {
      const auto line = form.next(old.bytes);
      if (!line) return refuse(line.error());
      PostgresQuery put("UPDATE journal_line SET bytes = $3::bytea WHERE run = $1 AND last_seq = $2",
                        PostgresQuery::Use::kept);
      put.integer(run.run.lease.run_number).integer(number_of(line->last_seq)).bytes(line->bytes);
      if (const auto done = connection_->run(put); !done) return std::unexpected(done.error());
      if (form.is_done()) break;
    }
  }
  return Refusal{};
}

// Content that the run put and its new form does not refer to.
Result<void> PostgresWriting::cut_uses(std::int64_t run_number, const LineRewrite& form) {
  PostgresQuery used(
      "SELECT number, hash FROM journal_blob WHERE number IN (SELECT blob FROM journal_blob_use WHERE run = $1) "
      "ORDER BY number FOR UPDATE");
  const auto rows = connection_->run(used.integer(run_number));
  if (!rows) return std::unexpected(rows.error());
  std::string list;
  for (int row = 0; row < rows->size(); ++row) {
    const auto hash = Hash::parse(rows->bytes(row, 1));
    if (!hash || !form.kept().contains(*hash))
      list += (list.empty() ? "{" : ",") + std::to_string(rows->integer(row, 0));
  }
  if (list.empty()) return {};
  list += "}";
  PostgresQuery uses("DELETE FROM journal_blob_use WHERE run = $1 AND blob = ANY($2::bigint[])");
  if (const auto done = connection_->run(uses.integer(run_number).text(list)); !done)
    return std::unexpected(done.error());
  PostgresQuery blobs(
      "DELETE FROM journal_blob WHERE number = ANY($1::bigint[]) AND NOT EXISTS "
      "(SELECT 1 FROM journal_blob_use AS other WHERE other.blob = journal_blob.number)");
  if (const auto done = connection_->run(blobs.text(list)); !done) return std::unexpected(done.error());
  return {};
}

// The lines of a form that turns out not to fit are taken back with the savepoint.
Result<PostgresWriting::Refusal> PostgresWriting::rewrite(const RunId& run_id, const RunRewrite& rewrite) {
  const auto found = find(run_id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Refusal{run_not_found(run_id).error()};
  const FoundRun& run = **found;
  if (auto reason = reason_to_leave(run, run_id)) return Refusal{std::move(reason)};
  if (auto begun = connection_->execute("SAVEPOINT rewrite"); !begun) return std::unexpected(begun.error());
  LineRewrite form(run_id, &rewrite);
  auto refusal = rewrite_lines(run, form);
  if (!refusal) return refusal;
  if (refusal->reason) {
    if (auto back = connection_->execute("ROLLBACK TO rewrite"); !back) return std::unexpected(back.error());
    return refusal;
  }
  const std::int64_t number = run.run.lease.run_number;
  const JournalLine& last = form.last();
  PostgresQuery rest("DELETE FROM journal_line WHERE run = $1 AND last_seq > $2");
  if (const auto cut = connection_->run(rest.integer(number).integer(number_of(last.last_seq))); !cut)
    return std::unexpected(cut.error());
  if (auto cut = cut_uses(number, form); !cut) return std::unexpected(cut.error());
  PostgresQuery update(
      "UPDATE journal_run SET status = $2, steps = $3, events = $4, bytes = $5, epoch = epoch + 1, damage = '' "
      "WHERE number = $1");
  update.integer(number).integer(static_cast<std::int64_t>(status_after(last))).integer(number_of(last.step));
  update.integer(number_of(last.last_seq)).integer(number_of(form.bytes()));
  if (const auto done = connection_->run(update); !done) return std::unexpected(done.error());
  return Refusal{};
}

Result<PostgresWriting::Refusal> PostgresWriting::set_damage(const RunId& run_id, const std::string& damage) {
  PostgresQuery mark(
      "UPDATE journal_run SET damage = CASE WHEN damage = '' OR $2::text = '' THEN $2::text ELSE damage END "
      "WHERE id = $1");
  const auto done = connection_->run(mark.text(run_id.str()).text(damage));
  if (!done) return std::unexpected(done.error());
  if (done->changed() == 0) return Refusal{run_not_found(run_id).error()};
  return Refusal{};
}

Result<void> PostgresWriting::release(const PostgresLease& lease) {
  PostgresQuery query("UPDATE journal_run SET owner = NULL WHERE number = $1 AND owner = $2 AND fence = $3");
  const auto done = connection_->run(query.integer(lease.run_number).integer(lease.owner).integer(lease.fence));
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace orchestrator::harness::journal
