// SPDX-License-Identifier: Apache-2.0
// So many runs at once append lines of one event to one store, each line once the one before it of its run is
// committed, and every 100th is synced. `raw` is SQLite by hand on one thread, a commit for each line; `raw-groups` is
// the same with one commit for a line of every run.
//   bench_journal_appends --store raw|raw-groups|jsonl|sqlite --folder DIR [--runs N] [--lines M] [--pace-us P]
// Prints one JSON line. Latency is from when a line was handed over, or was due, to when readers may see it: `soft`
// once it is committed, `strict` once it is synced, too.
#include <malloc.h>
#include <sqlite3.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "journal/testing/run_lines.hpp"
#include "orchestrator/harness/journal.hpp"
#include "process_meters.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
namespace oh = orchestrator::harness;
using oh::journal::testing::run_id;
using oh::journal::testing::RunLines;
using oh::journal::testing::session_id;
using Clock = std::chrono::steady_clock;
using Lines = std::vector<RunLines::Line>;

constexpr std::size_t kSyncEvery = 100;

struct Latencies {
  std::vector<double> soft_us;
  std::vector<double> strict_us;
};

Lines lines_of(std::uint64_t run, std::uint64_t count) {
  RunLines source(run_id(run), session_id(1));
  Lines lines{source.start()};
  while (lines.size() < count) lines.push_back(source.delta("forty bytes of text, as a model sends it "));
  return lines;
}

double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

[[noreturn]] void give_up(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

void check(const oh::Result<void>& done) {
  if (!done) give_up(done.error().message);
}

// When the lines of one run are due; without an interval, at once.
struct Pace {
  Clock::time_point first;
  std::chrono::microseconds interval{0};
};

asio::awaitable<void> write_run(oh::JournalStore* store, std::uint64_t run, const Lines* lines, Pace pace,
                                Latencies* latencies) {
  auto writer = co_await store->create(run_id(run), session_id(1));
  if (!writer) give_up(writer.error().message);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Clock::time_point due = pace.first;
  std::size_t left = kSyncEvery;
  for (const auto& line : *lines) {
    if (pace.interval.count() > 0) {
      timer.expires_at(due);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    const Clock::time_point begin = pace.interval.count() > 0 ? due : Clock::now();
    due += pace.interval;
    check(co_await (*writer)->append(line));
    latencies->soft_us.push_back(us_since(begin));
    if (--left > 0) continue;
    left = kSyncEvery;
    check(co_await (*writer)->sync());
    latencies->strict_us.push_back(us_since(begin));
  }
}

void write_store(const std::string& url, const std::vector<Lines>& runs, std::chrono::microseconds interval,
                 Latencies& latencies) {
  const auto store = oh::open_store(url).value();
  asio::io_context io;
  const auto rethrow = [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  };
  const Clock::time_point first = Clock::now();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    // Spread over the interval, as answers that began at different times are.
    const Pace pace{first + interval * i / runs.size(), interval};
    asio::co_spawn(io, write_run(store.get(), i + 1, &runs[i], pace, &latencies), rethrow);
  }
  io.run();
}

class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) {
    require(sqlite3_open(path.c_str(), &database_));
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON");
    execute("CREATE TABLE line(place INTEGER PRIMARY KEY, bytes BLOB)");
    require(sqlite3_prepare_v2(database_, "INSERT INTO line VALUES (?, ?)", -1, &insert_, nullptr));
  }
  ~RawDatabase() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  void execute(const char* sql) { require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  void insert(const std::string& bytes) {
    sqlite3_bind_int64(insert_, 1, ++place_);
    sqlite3_bind_blob64(insert_, 2, bytes.data(), bytes.size(), SQLITE_STATIC);
    if (sqlite3_step(insert_) != SQLITE_DONE) give_up(sqlite3_errmsg(database_));
    sqlite3_reset(insert_);
  }
  // A transaction is synced by its commit, or not at all.
  void set_synced(bool is_synced) { execute(is_synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"); }

 private:
  void require(int code) {
    if (code != SQLITE_OK) give_up(sqlite3_errmsg(database_));
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::int64_t place_ = 0;
};

void write_by_hand(const std::string& path, const std::vector<Lines>& runs, bool in_groups, Latencies& latencies) {
  RawDatabase database(path);
  for (std::size_t i = 0; i < runs.front().size(); ++i) {
    const bool is_synced = (i + 1) % kSyncEvery == 0;
    const Clock::time_point group_begin = Clock::now();
    if (in_groups) {
      if (is_synced) database.set_synced(true);
      database.execute("BEGIN IMMEDIATE");
      for (const Lines& lines : runs) database.insert(lines[i]->bytes);
      database.execute("COMMIT");
      if (is_synced) database.set_synced(false);
      for (std::size_t run = 0; run < runs.size(); ++run) {
        (is_synced ? latencies.strict_us : latencies.soft_us).push_back(us_since(group_begin));
      }
      continue;
    }
    for (const Lines& lines : runs) {
      const Clock::time_point begin = Clock::now();
      if (is_synced) database.set_synced(true);
      database.insert(lines[i]->bytes);
      (is_synced ? latencies.strict_us : latencies.soft_us).push_back(us_since(begin));
      if (is_synced) database.set_synced(false);
    }
  }
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

int run(int argc, char** argv) {
  const CommandLine options(
      argc, argv, {{"--store", "sqlite"}, {"--folder", ""}, {"--runs", "1"}, {"--lines", "1000"}, {"--pace-us", "0"}});
  const std::string& store = options.text("--store");
  const std::string path = options.text("--folder") + "/store";
  const bool is_raw = store.starts_with("raw");
  if (store != "raw" && store != "raw-groups" && store != "jsonl" && store != "sqlite") options.refuse("which store?");
  const std::uint64_t runs_at_once = options.count("--runs");
  if (runs_at_once == 0 || options.text("--folder").empty()) options.refuse("--folder and a run are needed");
  const std::chrono::microseconds interval(options.count("--pace-us"));
  if (is_raw && interval.count() > 0) options.refuse("SQLite by hand is not paced");
  std::vector<Lines> runs;
  for (std::uint64_t i = 1; i <= runs_at_once; ++i)
    runs.push_back(lines_of(i, options.count("--lines") / runs_at_once));
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  for (const Lines& lines : runs) {
    for (const auto& line : lines) {
      events += line->last_seq - line->first_seq + 1;
      bytes += line->bytes.size() + 1;
    }
  }
  Latencies latencies;
  latencies.soft_us.reserve(events);
  malloc_trim(0);
  reset_peak_rss();
  const double rss_before = peak_rss_mib();
  const double cpu_before = cpu_s();
  const Clock::time_point begin = Clock::now();
  if (is_raw) {
    write_by_hand(path, runs, store == "raw-groups", latencies);
  } else {
    write_store(store + ":" + path, runs, interval, latencies);
  }
  const double wall_s = us_since(begin) * 1e-6;
  std::printf(
      "{\"events\":%ju,\"line_bytes\":%ju,\"wall_s\":%.6f,\"cpu_s\":%.6f,\"grown_mib\":%.2f,"
      "\"soft_p50_us\":%.1f,\"soft_p99_us\":%.1f,\"strict_p50_us\":%.1f,\"strict_p99_us\":%.1f}\n",
      static_cast<std::uintmax_t>(events), static_cast<std::uintmax_t>(bytes), wall_s, cpu_s() - cpu_before,
      peak_rss_mib() - rss_before, quantile(latencies.soft_us, 0.5), quantile(latencies.soft_us, 0.99),
      quantile(latencies.strict_us, 0.5), quantile(latencies.strict_us, 0.99));
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
