// SPDX-License-Identifier: Apache-2.0
// What the length of a run costs in an SQLite store. A process writes, another one reads, so that memory is of reading.
//   bench_journal_lengths --phase write --store URL --events N [--shape turns|deltas]
//   bench_journal_lengths --phase read --store URL [--shape turns|deltas]
// Prints one JSON line. `head`: opening the store and listing its newest run; `page`: 64 KiB of lines; `recover`:
// opening the run that was left, and folding it to the state with which it would go on; `verify`: the ended run, from
// its first line to its last, and the store's rows of it. The shape `deltas` has no run to recover or verify.
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "journal/run_verification.hpp"
#include "long_run.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "process_meters.hpp"
#include "runtime/session_history.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
namespace oh = orchestrator::harness;

constexpr std::size_t kPages = 21;
constexpr std::uint64_t kPageBytes = 64ULL << 10;
// Each opening packs a part of what has ended; this is enough for a million events.
constexpr int kOpenings = 40;

template <class T>
T must(oh::Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

template <class T>
T await(asio::awaitable<oh::Result<T>> task) {
  asio::io_context io;
  return must(oh::runtime::testing::run_awaitable(io, std::move(task)));
}

template <class Work>
double ms_of(Work work) {
  const std::uint64_t begin_ns = now_ns();
  work();
  return static_cast<double>(now_ns() - begin_ns) * 1e-6;
}

void write(const std::string& url, std::uint64_t events, bool is_deltas) {
  std::uint64_t written = 0;
  const double ms = ms_of([&] { written = is_deltas ? write_deltas(url, events) : write_long_runs(url, events); });
  for (int opening = 0; opening < kOpenings; ++opening) {
    const auto store = must(oh::open_store(url));
    const auto taken = await(store->open(ended_run()));
  }
  std::printf("{\"events\":%ju,\"write_ms\":%.1f}\n", static_cast<std::uintmax_t>(written), ms);
}

// The middle one of several readings of a page.
double page_ms(oh::JournalStore& store, std::uint64_t after_seq) {
  std::vector<double> times;
  for (std::size_t i = 0; i < kPages; ++i) {
    times.push_back(ms_of([&] {
      if (await(store.read(ended_run(), after_seq, kPageBytes)).empty()) std::exit(1);
    }));
  }
  std::ranges::nth_element(times, times.begin() + kPages / 2);
  return times[kPages / 2];
}

void read(const std::string& url, bool is_deltas) {
  std::shared_ptr<oh::JournalStore> store;
  oh::RunSummary summary;
  const double head_ms = ms_of([&] {
    store = must(oh::open_store(url));
    summary = await(oh::RunStore(store).get(ended_run()));
  });
  const std::uint64_t events = summary.events;
  const double first_ms = page_ms(*store, 0);
  const double middle_ms = page_ms(*store, events / 2);
  const double last_ms = page_ms(*store, events - events / 100 - 1);
  const double head_mib = peak_rss_mib();
  std::printf(
      "{\"events\":%ju,\"head_ms\":%.3f,\"head_mib\":%.1f,\"page_first_ms\":%.3f,\"page_middle_ms\":%.3f,"
      "\"page_last_ms\":%.3f",
      static_cast<std::uintmax_t>(events), head_ms, head_mib, first_ms, middle_ms, last_ms);
  if (!is_deltas) {
    const double verify_ms = ms_of([&] {
      const auto verdict = await(oh::journal::verify_run(store, ended_run()));
      const auto flaws = await(oh::journal::verify_records(store, ended_run()));
      if (!verdict.flaws.empty() || !flaws.empty()) must<void*>(oh::fail(oh::RuntimeErrorCode::journal_damaged, "bad"));
    });
    const double recover_ms = ms_of([&] {
      const auto taken = await(store->open(active_run()));
      const auto folded = await(oh::runtime::fold_whole_run(store, active_run()));
      if (folded.head.seq == 0) std::exit(1);
    });
    std::printf(",\"verify_ms\":%.1f,\"recover_ms\":%.1f,\"all_mib\":%.1f", verify_ms, recover_ms, peak_rss_mib());
  }
  std::puts("}");
}

int run(int argc, char** argv) {
  const CommandLine options(argc, argv,
                            {{"--phase", "write"}, {"--store", ""}, {"--events", "1000"}, {"--shape", "turns"}});
  const bool is_deltas = options.text("--shape") == "deltas";
  if (options.text("--store").empty()) options.refuse("--store is needed");
  if (options.text("--phase") == "read") {
    read(options.text("--store"), is_deltas);
  } else {
    write(options.text("--store"), options.count("--events"), is_deltas);
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
