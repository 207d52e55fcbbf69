// SPDX-License-Identifier: Apache-2.0
#include "journal/sqlite_store.hpp"

#include <optional>
#include <utility>

#include "journal/blob_files.hpp"
#include "journal/local_disk.hpp"
#include "journal/quarantine.hpp"
#include "journal/row_check.hpp"
#include "journal/run_lock.hpp"
#include "journal/run_reading.hpp"
#include "journal/run_summary.hpp"
#include "journal/run_wait.hpp"
#include "journal/sqlite_staged_run.hpp"
#include "journal/sqlite_writer.hpp"
#include "runtime/entropy.hpp"
#include "runtime/suspension.hpp"
#include "storage/database_file.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

using storage::SqliteConnection;

// What a part of a transaction found out for its caller alone. Shared by the coroutine and the work.
struct Found {
  std::optional<RunRow> run;
  std::optional<Error> refusal;
};

std::unexpected<Error> held_here(const RunId& run_id) {
  return fail(RuntimeErrorCode::run_locked, "run " + run_id.str() + " is held by process " + this_process().pid,
              run_id.str());
}

// Runs `read` on a connection that reads; `nothing` where the file has no tables yet. A connection whose reading failed
// is not used again.
template <class Read, class Value>
Value with_reader(SqliteFile& file, const Read& read, Value nothing) {
  auto reader = file.take_reader();
  if (!reader) return std::unexpected(reader.error());
  if (*reader == nullptr) return nothing;
  Value value = read(**reader);
  const bool is_sound = value || value.error().at != file.path();
  if (is_sound) file.give_back(*std::move(reader));
  return value;
}

Result<void> refuse(Found& found, Error reason) {
  found.refusal = std::move(reason);
  return {};
}

// Takes a run for its writer; what is wrong with it concerns its caller alone.
Result<void> hold_run(CommitThread& commits, Found& found, const RunRow& run) {
  const auto is_taken = commits.hold(run.number);
  if (!is_taken) return std::unexpected(is_taken.error());
  if (!*is_taken) return refuse(found, held_here(run.run_id).error());
  found.run = run;
  return {};
}

// One commit; what concerns its caller alone is the caller's error.
asio::awaitable<Result<void>> carry_out(std::shared_ptr<CommitThread> commits, CommitThread::Work work,
                                        std::shared_ptr<Found> found) {
  Result<void> done = co_await commits->commit(std::move(work), 0);
  if (done && found->refusal) co_return std::unexpected(*found->refusal);
  co_return done;
}

std::unexpected<Error> exists_already(const RunId& run_id) {
  return fail(RuntimeErrorCode::precondition_failed, "run " + run_id.str() + " exists already", run_id.str());
}

// Takes away what killed processes have left of runs that they staged.
Result<void> sweep(const CommitThread& commits, RunWriting& writing) {
  const auto hidden = writing.hidden_runs();
  if (!hidden) return std::unexpected(hidden.error());
  for (const std::int64_t number : *hidden) {
    if (commits.is_held(number)) continue;
    if (auto removed = writing.remove(number); !removed) return removed;
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<SqliteStore>> SqliteStore::open(Place place) {
  const auto path = storage::make_database_file(place.path, "store");
  if (!path) return std::unexpected(path.error());
  if (auto local = check_local(path->substr(0, path->rfind('/') + 1)); !local) return std::unexpected(local.error());
  auto file = SqliteFile::of(*path, place.vfs);
  if (auto prepared = file->prepare(); !prepared) return std::unexpected(prepared.error());
  return std::shared_ptr<SqliteStore>(new SqliteStore(std::move(file)));
}

SqliteStore::~SqliteStore() { read_threads_.join(); }

asio::awaitable<Result<std::shared_ptr<WritingUse>>> SqliteStore::writing() {
  const auto find = [file = file_.get()] { return file->writing(); };
  co_return co_await runtime::run_blocking(&read_threads_, find);
}

asio::awaitable<Result<std::unique_ptr<RunWriter>>> SqliteStore::create(RunId run_id, SessionId session_id) {
  const auto use = co_await writing();
  if (!use) co_return std::unexpected(use.error());
  const std::shared_ptr<CommitThread> commits = (*use)->commits();
  const auto found = std::make_shared<Found>();
  CommitThread::Work work = [found, run_id, session_id, thread = commits.get()](RunWriting& to) -> Result<void> {
    const auto run = to.create(run_id, session_id);
    if (!run) return std::unexpected(run.error());
    if (*run) return hold_run(*thread, *found, **run);
    return refuse(*found, exists_already(run_id).error());
  };
  const Result<void> done = co_await carry_out(commits, std::move(work), found);
  if (!done) co_return std::unexpected(done.error());
  co_return std::make_unique<SqliteWriter>(file_, commits, *found->run);
}

asio::awaitable<Result<std::unique_ptr<StagedRun>>> SqliteStore::stage(RunId run_id, SessionId session_id,
                                                                       Staging staging) {
  const auto use = co_await writing();
  if (!use) co_return std::unexpected(use.error());
  const std::shared_ptr<CommitThread> commits = (*use)->commits();
  const auto found = std::make_shared<Found>();
  // One that comes in the place of another takes over its id at the end.
  const RunId row_id = staging.replaced_events == 0 ? run_id : runtime::new_run_id();
  CommitThread::Work work = [found, row_id, session_id, thread = commits.get()](RunWriting& to) -> Result<void> {
    if (auto swept = sweep(*thread, to); !swept) return swept;
    const auto run = to.create(row_id, session_id);
    if (!run) return std::unexpected(run.error());
    if (*run) return hold_run(*thread, *found, **run);
    return refuse(*found, exists_already(row_id).error());
  };
  const Result<void> done = co_await carry_out(commits, std::move(work), found);
  if (!done) co_return std::unexpected(done.error());
  co_return std::make_unique<SqliteStagedRun>(file_, commits, found->run->number, run_id, staging);
}

asio::awaitable<Result<std::vector<Flaw>>> SqliteStore::check_records(std::optional<RunId> run_id) {
  using Flaws = Result<std::vector<Flaw>>;
  const auto check = [file = file_.get(), run_id] {
    const auto read = [&](SqliteConnection& from) { return check_rows(from, run_id); };
    return with_reader<decltype(read), Flaws>(*file, read, Flaws());
  };
  co_return co_await runtime::run_blocking(&read_threads_, check);
}

asio::awaitable<Result<OpenedRun>> SqliteStore::open(RunId run_id) {
  const auto use = co_await writing();
  if (!use) co_return std::unexpected(use.error());
  const std::shared_ptr<CommitThread> commits = (*use)->commits();
  const auto found = std::make_shared<Found>();
  CommitThread::Work work = [found, run_id, thread = commits.get()](RunWriting& to) -> Result<void> {
    const auto present = find_run(to.connection(), run_id);
    if (!present) return refuse(*found, present.error());
    if (thread->is_held(present->number)) return refuse(*found, held_here(run_id).error());
    const auto run = to.open(run_id);
    if (!run) return refuse(*found, run.error());
    return hold_run(*thread, *found, *run);
  };
  const Result<void> done = co_await carry_out(commits, std::move(work), found);
  if (!done) co_await note_damage(this, run_id, done.error());
  if (!done) co_return std::unexpected(done.error());
  OpenedRun opened;
  opened.writer = std::make_unique<SqliteWriter>(file_, commits, *found->run);
  co_return opened;
}

asio::awaitable<Result<std::vector<JournalLine>>> SqliteStore::read(RunId run_id, std::uint64_t after_seq,
                                                                    std::uint64_t bytes_max) {
  using Lines = Result<std::vector<JournalLine>>;
  const auto read_them = [file = file_.get(), run_id, after_seq, bytes_max] {
    const auto read = [&](SqliteConnection& from) { return read_run(from, run_id, after_seq, bytes_max); };
    return with_reader<decltype(read), Lines>(*file, read, run_not_found(run_id));
  };
  auto lines = co_await runtime::run_blocking(&read_threads_, read_them);
  if (!lines) co_await note_damage(this, run_id, lines.error());
  co_return lines;
}

asio::awaitable<Result<bool>> SqliteStore::wait(RunId run_id, std::uint64_t after_seq,
                                                std::chrono::steady_clock::time_point deadline) {
  const auto look = [file = file_.get(), run_id, after_seq] {
    const auto read = [&](SqliteConnection& from) -> Result<bool> {
      const auto run = find_run(from, run_id);
      if (!run) return std::unexpected(run.error());
      return run->events > after_seq;
    };
    return with_reader<decltype(read), Result<bool>>(*file, read, run_not_found(run_id));
  };
  RunWait wait{
      file_->signals().of(run_id), &watch_, lock_path(file_->path()), &read_threads_, look, after_seq, deadline};
  co_return co_await wait_for_more(std::move(wait));
}

asio::awaitable<Result<std::vector<RunSummary>>> SqliteStore::list(RunFilter filter) {
  if (auto checked = check_filter(filter); !checked) co_return std::unexpected(checked.error());
  using Runs = Result<std::vector<RunSummary>>;
  const auto list_them = [file = file_.get(), filter] {
    const auto read = [&](SqliteConnection& from) { return list_runs(from, filter, file->lock_file()); };
    return with_reader<decltype(read), Runs>(*file, read, Runs());
  };
  co_return co_await runtime::run_blocking(&read_threads_, list_them);
}

asio::awaitable<Result<SharedBytes>> SqliteStore::blob(Hash hash) {
  const auto read_it = [file = file_.get(), hash] {
    const auto read = [&](SqliteConnection& from) { return read_blob(from, hash); };
    return with_reader<decltype(read), Result<SharedBytes>>(*file, read, blob_not_found(hash));
  };
  co_return co_await runtime::run_blocking(&read_threads_, read_it);
}

asio::awaitable<Result<void>> SqliteStore::change(RunId run_id, Change change) {
  const auto use = co_await writing();
  if (!use) co_return std::unexpected(use.error());
  const std::shared_ptr<CommitThread> commits = (*use)->commits();
  const auto found = std::make_shared<Found>();
  CommitThread::Work work = [found, run_id, thread = commits.get(),
                             change = std::move(change)](RunWriting& to) -> Result<void> {
    const auto run = find_run(to.connection(), run_id);
    if (!run) return refuse(*found, run.error());
    if (thread->is_held(run->number)) return refuse(*found, held_here(run_id).error());
    return change(to, *run);
  };
  const Result<void> done = co_await carry_out(commits, std::move(work), found);
  if (!done) co_return done;
  commits->tidy_later();
  Result<void> synced = co_await commits->sync();
  if (const auto signal = file_->signals().find(run_id)) signal->notify();
  co_return synced;
}

asio::awaitable<Result<void>> SqliteStore::remove(RunId run_id) {
  Change remove = [](RunWriting& to, const RunRow& run) { return to.remove(run.number); };
  co_return co_await change(run_id, std::move(remove));
}

// What is wrong with the run concerns its caller alone, and must leave nothing of the new form: it is found out in a
// transaction inside that of the group.
asio::awaitable<Result<void>> SqliteStore::rewrite(RunId run_id, RunRewrite rewrite) {
  const auto refusal = std::make_shared<std::optional<Error>>();
  const auto form = std::make_shared<const RunRewrite>(std::move(rewrite));
  Change put = [refusal, form](RunWriting& to, const RunRow& run) -> Result<void> {
    if (auto begun = to.connection().execute("SAVEPOINT rewrite"); !begun) return begun;
    const Result<void> done = to.rewrite(run, *form);
    if (!done) *refusal = done.error();
    if (!done && done.error().at == to.connection().path()) return done;
    return to.connection().execute(done ? "RELEASE rewrite" : "ROLLBACK TO rewrite; RELEASE rewrite");
  };
  Result<void> done = co_await change(run_id, std::move(put));
  if (done && *refusal) done = std::unexpected(**refusal);
  co_return done;
}

asio::awaitable<Result<RunRow>> SqliteStore::row_of(RunId run_id) {
  const auto find = [file = file_.get(), run_id] {
    const auto read = [&](SqliteConnection& from) { return find_run(from, run_id); };
    return with_reader<decltype(read), Result<RunRow>>(*file, read, run_not_found(run_id));
  };
  co_return co_await runtime::run_blocking(&read_threads_, find);
}

asio::awaitable<Result<std::uint64_t>> SqliteStore::epoch(RunId run_id) {
  const auto run = co_await row_of(run_id);
  if (!run) co_return std::unexpected(run.error());
  co_return run->epoch;
}

asio::awaitable<Result<std::string>> SqliteStore::damage(RunId run_id) {
  auto run = co_await row_of(run_id);
  if (!run) co_return std::unexpected(run.error());
  co_return std::move(run->damage);
}

asio::awaitable<Result<void>> SqliteStore::set_damage(RunId run_id, std::string what) {
  const auto find = [file = file_.get()] { return file->writing_now(); };
  const auto use = co_await runtime::run_blocking(&read_threads_, find);
  if (!use) co_return std::unexpected(use.error());
  const auto found = std::make_shared<Found>();
  CommitThread::Work work = [found, run_id, text = damage_text(what)](RunWriting& to) -> Result<void> {
    const auto run = find_run(to.connection(), run_id);
    if (!run) return refuse(*found, run.error());
    return to.set_damage(run->number, text);
  };
  const std::shared_ptr<CommitThread> commits = (*use)->commits();
  co_return co_await carry_out(commits, std::move(work), found);
}

asio::awaitable<Result<std::vector<RunId>>> SqliteStore::candidates(std::vector<std::string> words,
                                                                    std::optional<RunId> before, std::uint32_t limit) {
  using Runs = Result<std::vector<RunId>>;
  const auto find_them = [file = file_.get(), words = std::move(words), before, limit] {
    const auto find = [&](SqliteConnection& from) { return find_candidates(from, words, before, limit); };
    return with_reader<decltype(find), Runs>(*file, find, Runs());
  };
  co_return co_await runtime::run_blocking(&read_threads_, find_them);
}

}  // namespace orchestrator::harness::journal
