// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_store.hpp"

#include <optional>
#include <utility>

#include "journal/postgres_reading.hpp"
#include "journal/postgres_staged_run.hpp"
#include "journal/postgres_writer.hpp"
#include "journal/quarantine.hpp"
#include "journal/run_summary.hpp"
#include "journal/run_wait.hpp"
#include "runtime/entropy.hpp"
#include "runtime/suspension.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

// What a part of a transaction found out for its caller alone. Shared by the coroutine and the work.
struct Found {
  std::shared_ptr<PostgresHold> hold;
  std::optional<Error> refusal;
};

// Runs `read` on a connection that reads. One that was lost while it lay idle is replaced, once.
template <class Read>
std::invoke_result_t<Read, PostgresConnection&> with_reader(PostgresDatabase& database, const Read& read) {
  for (;;) {
    auto reader = database.take_reader();
    if (!reader) return std::unexpected(reader.error());
    auto value = read(*reader->connection);
    if (reader->connection->is_lost()) {
      if (reader->is_new) return value;
      continue;
    }
    database.give_back(std::move(reader->connection));
    return value;
  }
}

}  // namespace

Result<std::shared_ptr<PostgresStore>> PostgresStore::open(const std::string& url, PostgresCommits::Settings settings) {
  const auto address = parse_postgres_address(url);
  if (!address) return std::unexpected(address.error());
  auto database = PostgresDatabase::of(*address, settings);
  if (!database) return std::unexpected(database.error());
  return std::shared_ptr<PostgresStore>(new PostgresStore(*std::move(database)));
}

PostgresStore::~PostgresStore() { read_threads_.join(); }

asio::awaitable<Result<std::shared_ptr<PostgresHold>>> PostgresStore::hold(RunId run_id, Take take) {
  const auto commits = database_->commits();
  const auto found = std::make_shared<Found>();
  PostgresCommits::Work work = [found, take = std::move(take), commits](PostgresWriting& to) -> Result<void> {
    if (found->hold) found->hold->forget();
    *found = {};
    const auto taking = take(to);
    if (!taking) return std::unexpected(taking.error());
    found->refusal = taking->reason;
    if (taking->run) found->hold = std::make_shared<PostgresHold>(commits, *taking->run);
    return {};
  };
  const Result<void> done = co_await commits->commit(std::move(work), 0, run_id);
  if (!done) co_return std::unexpected(done.error());
  if (found->refusal) co_return std::unexpected(*found->refusal);
  co_return std::move(found->hold);
}

asio::awaitable<Result<std::unique_ptr<RunWriter>>> PostgresStore::take(RunId run_id, Take take) {
  auto held = co_await hold(run_id, std::move(take));
  if (!held) co_return std::unexpected(held.error());
  co_return std::make_unique<PostgresWriter>(database_->commits(), *std::move(held), database_->signals().of(run_id));
}

asio::awaitable<Result<std::unique_ptr<StagedRun>>> PostgresStore::stage(RunId run_id, SessionId session_id,
                                                                         Staging staging) {
  // One that comes in the place of another takes over its id at the end.
  const RunId row_id = staging.replaced_events == 0 ? run_id : runtime::new_run_id();
  Take create = [row_id, session_id](PostgresWriting& to) -> Result<PostgresWriting::Taking> {
    if (auto swept = to.sweep(); !swept) return std::unexpected(swept.error());
    return to.create(row_id, session_id);
  };
  auto held = co_await hold(row_id, std::move(create));
  if (!held) co_return std::unexpected(held.error());
  co_return std::make_unique<PostgresStagedRun>(database_->commits(), *std::move(held), run_id, staging,
                                                database_->signals().of(run_id));
}

asio::awaitable<Result<std::unique_ptr<RunWriter>>> PostgresStore::create(RunId run_id, SessionId session_id) {
  Take create = [run_id, session_id](PostgresWriting& to) { return to.create(run_id, session_id); };
  co_return co_await take(run_id, std::move(create));
}

asio::awaitable<Result<OpenedRun>> PostgresStore::open(RunId run_id) {
  Take open = [run_id](PostgresWriting& to) { return to.open(run_id); };
  auto writer = co_await take(run_id, std::move(open));
  if (!writer) co_await note_damage(this, run_id, writer.error());
  if (!writer) co_return std::unexpected(writer.error());
  OpenedRun opened;
  opened.writer = *std::move(writer);
  co_return opened;
}

asio::awaitable<Result<std::vector<JournalLine>>> PostgresStore::read(RunId run_id, std::uint64_t after_seq,
                                                                      std::uint64_t bytes_max) {
  const auto read_them = [database = database_.get(), run_id, after_seq, bytes_max] {
    return with_reader(*database,
                       [&](PostgresConnection& from) { return read_postgres_run(from, run_id, after_seq, bytes_max); });
  };
  auto lines = co_await runtime::run_blocking(&read_threads_, read_them);
  if (!lines) co_await note_damage(this, run_id, lines.error());
  co_return lines;
}

asio::awaitable<Result<bool>> PostgresStore::wait(RunId run_id, std::uint64_t after_seq,
                                                  std::chrono::steady_clock::time_point deadline) {
  const auto look = [database = database_.get(), run_id, after_seq] {
    return with_reader(*database, [&](PostgresConnection& from) -> Result<bool> {
      const auto run = postgres_facts(from, run_id);
      if (!run) return std::unexpected(run.error());
      return run->events > after_seq;
    });
  };
  database_->notices().start();
  RunWait wait{database_->signals().of(run_id), nullptr, {}, &read_threads_, look, after_seq, deadline};
  co_return co_await wait_for_more(std::move(wait));
}

asio::awaitable<Result<std::vector<RunSummary>>> PostgresStore::list(RunFilter filter) {
  if (auto checked = check_filter(filter); !checked) co_return std::unexpected(checked.error());
  const auto list_them = [database = database_.get(), filter] {
    const KnowsHeld knows_held = [commits = database->commits()](std::int64_t owner, std::int64_t run_number) {
      return commits->is_held(owner, run_number);
    };
    return with_reader(*database,
                       [&](PostgresConnection& from) { return list_postgres_runs(from, filter, knows_held); });
  };
  co_return co_await runtime::run_blocking(&read_threads_, list_them);
}

asio::awaitable<Result<SharedBytes>> PostgresStore::blob(Hash hash) {
  const auto read_it = [database = database_.get(), hash] {
    return with_reader(*database, [&](PostgresConnection& from) { return read_postgres_blob(from, hash); });
  };
  co_return co_await runtime::run_blocking(&read_threads_, read_it);
}

asio::awaitable<Result<void>> PostgresStore::change(RunId run_id, Change change) {
  const auto commits = database_->commits();
  const auto found = std::make_shared<Found>();
  PostgresCommits::Work work = [found, change = std::move(change)](PostgresWriting& to) -> Result<void> {
    const auto changed = change(to);
    if (!changed) return std::unexpected(changed.error());
    found->refusal = changed->reason;
    return {};
  };
  const Result<void> done = co_await commits->commit(std::move(work), 0, run_id);
  if (!done) co_return done;
  if (found->refusal) co_return std::unexpected(*found->refusal);
  if (const auto signal = database_->signals().find(run_id)) signal->notify();
  co_return Result<void>();
}

asio::awaitable<Result<void>> PostgresStore::remove(RunId run_id) {
  Change remove = [run_id](PostgresWriting& to) { return to.remove(run_id); };
  co_return co_await change(run_id, std::move(remove));
}

asio::awaitable<Result<void>> PostgresStore::rewrite(RunId run_id, RunRewrite rewrite) {
  const auto form = std::make_shared<const RunRewrite>(std::move(rewrite));
  Change put = [run_id, form](PostgresWriting& to) { return to.rewrite(run_id, *form); };
  co_return co_await change(run_id, std::move(put));
}

asio::awaitable<Result<PostgresRunFacts>> PostgresStore::facts(RunId run_id) {
  const auto read = [database = database_.get(), run_id] {
    return with_reader(*database, [&](PostgresConnection& from) { return postgres_facts(from, run_id); });
  };
  co_return co_await runtime::run_blocking(&read_threads_, read);
}

asio::awaitable<Result<std::uint64_t>> PostgresStore::epoch(RunId run_id) {
  const auto run = co_await facts(run_id);
  if (!run) co_return std::unexpected(run.error());
  co_return run->epoch;
}

asio::awaitable<Result<std::string>> PostgresStore::damage(RunId run_id) {
  auto run = co_await facts(run_id);
  if (!run) co_return std::unexpected(run.error());
  co_return std::move(run->damage);
}

asio::awaitable<Result<void>> PostgresStore::set_damage(RunId run_id, std::string what) {
  Change mark = [run_id, text = damage_text(what)](PostgresWriting& to) { return to.set_damage(run_id, text); };
  co_return co_await change(run_id, std::move(mark));
}

}  // namespace orchestrator::harness::journal
