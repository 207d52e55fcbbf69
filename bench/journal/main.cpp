// SPDX-License-Identifier: Apache-2.0
// ./dev bench journal [--quick | --long]
#include <sqlite3.h>
#include <sys/resource.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/context/duration.hpp"
#include "journal/testing/run_lines.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace {

namespace asio = boost::asio;
using namespace orchestrator::harness;
using journal::testing::run_id;
using journal::testing::RunLines;
using journal::testing::session_id;
using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

constexpr std::size_t kRounds = 5;
constexpr std::size_t kSyncEvery = 100;
using Lines = std::vector<RunLines::Line>;

Lines lines_of(std::uint64_t run, std::size_t count) {
  RunLines source(run_id(run), session_id(1));
  Lines lines{source.start()};
  while (lines.size() < count) lines.push_back(source.delta("forty bytes of text, as a model sends it "));
  return lines;
}

template <class T>
T await(asio::awaitable<T> task) {
  asio::io_context io;
  return runtime::testing::run_awaitable(io, std::move(task));
}

void check(const Result<void>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  std::exit(1);
}

asio::awaitable<void> write_run(JournalStore* store, std::uint64_t run, const Lines* lines) {
  auto writer = co_await store->create(run_id(run), session_id(1));
  if (!writer) check(std::unexpected(writer.error()));
  std::size_t left = kSyncEvery;
  for (const auto& line : *lines) {
    check(co_await (*writer)->append(line));
    if (--left > 0) continue;
    check(co_await (*writer)->sync());
    left = kSyncEvery;
  }
}

void write_store(const std::string& url, const std::vector<Lines>& runs) {
  const auto store = open_store(url).value();
  asio::io_context io;
  const auto rethrow = [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  };
  for (std::size_t i = 0; i < runs.size(); ++i) asio::co_spawn(io, write_run(store.get(), i + 1, &runs[i]), rethrow);
  io.run();
}

// One thread, one prepared statement, a commit for each line, and a synced commit for each hundredth.
void write_by_hand(const std::string& path, const std::vector<Lines>& runs) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  const auto execute = [&](const char* sql) { sqlite3_exec(database, sql, nullptr, nullptr, nullptr); };
  execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON");
  execute("CREATE TABLE line(place INTEGER PRIMARY KEY, bytes BLOB)");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO line VALUES (?, ?)", -1, &insert, nullptr);
  std::int64_t place = 0;
  for (const Lines& lines : runs) {
    for (const auto& line : lines) {
      const bool is_synced = ++place % static_cast<std::int64_t>(kSyncEvery) == 0;
      if (is_synced) execute("PRAGMA synchronous = FULL");
      sqlite3_bind_int64(insert, 1, place);
      sqlite3_bind_blob64(insert, 2, line->bytes.data(), line->bytes.size(), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
      if (is_synced) execute("PRAGMA synchronous = NORMAL");
    }
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

double events_per_second(const std::vector<Lines>& runs, const std::function<void(const std::string&)>& write) {
  const auto times = orchestrator::bench::times_us(kRounds, [&] {
    const TemporaryFolder folder(FolderPlace::disk);
    write(folder.path("store"));
  });
  std::size_t events = 0;
  for (const Lines& lines : runs) events += lines.size();
  return static_cast<double>(events) * 1e6 / orchestrator::bench::percentile(times, 50);
}

void print_appends(std::size_t runs_at_once, std::size_t events) {
  std::vector<Lines> runs;
  for (std::size_t i = 1; i <= runs_at_once; ++i) runs.push_back(lines_of(i, events / runs_at_once));
  const double by_hand = events_per_second(runs, [&](const std::string& path) { write_by_hand(path, runs); });
  const double jsonl = events_per_second(runs, [&](const std::string& path) { write_store("jsonl:" + path, runs); });
  const double sqlite = events_per_second(runs, [&](const std::string& path) { write_store("sqlite:" + path, runs); });
  std::printf("%zu run%s %12.0f %12.0f %12.0f %9.2f\n", runs_at_once, runs_at_once == 1 ? " " : "s", by_hand, jsonl,
              sqlite, sqlite / by_hand);
}

long resident_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void write_long(const std::string& url, std::size_t events) {
  const auto store = open_store(url).value();
  RunLines source(run_id(1), session_id(1));
  auto writer = await(store->create(run_id(1), session_id(1))).value();
  check(await(writer->append(source.start())));
  while (source.head().seq + 1 < events) {
    check(await(writer->append(source.delta("forty bytes of text, as a model sends it "))));
  }
  check(await(writer->append(source.completed())));
}

void print_long(std::size_t events) {
  const TemporaryFolder folder(FolderPlace::disk);
  const std::string path = folder.path("long.db");
  write_long("sqlite:" + path, events);
  for (int opening = 0; opening < 40; ++opening) {  // each packs a part of it
    const auto store = open_store("sqlite:" + path).value();
    static_cast<void>(await(store->open(run_id(1))));
  }
  std::printf("%zu events, file %ju bytes, memory so far %ld KB\n", events,
              static_cast<std::uintmax_t>(std::filesystem::file_size(path)), resident_kb());
  std::shared_ptr<JournalStore> store;
  const auto open = orchestrator::bench::times_us(1, [&] {
    store = open_store("sqlite:" + path).value();
    auto opened = await(store->open(run_id(1)));
    if (!opened) std::exit(1);
  });
  std::printf("open its head    %9.1f ms\n", open.front() / 1e3);
  for (const std::size_t percent : {0U, 25U, 50U, 75U, 99U}) {
    const auto read = orchestrator::bench::times_us(21, [&] {
      const auto page = await(store->read(run_id(1), events * percent / 100, 64 << 10));
      if (!page || page->empty()) std::exit(1);
    });
    std::printf("read at %2zu %%      %9.1f ms\n", percent, orchestrator::bench::percentile(read, 50) / 1e3);
  }
  std::printf("memory at most %ld KB\n", resident_kb());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (argc > 2 || (!mode.empty() && mode != "--quick" && mode != "--long")) {
    std::fputs("usage: bench_journal [--quick | --long]\n", stderr);
    return 2;
  }
  if (mode == "--long") {
    print_long(1'000'000);
    return 0;
  }
  const std::size_t events = mode == "--quick" ? 2'000 : 20'000;
  std::puts("events/s         by hand        jsonl       sqlite   sqlite / by hand");
  print_appends(1, events);
  print_appends(8, events);
}
