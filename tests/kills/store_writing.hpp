// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs that lie in golden journals, written into stores as their processes would have, and looked for there. One
// thread; failures of what prepares a test are failures of the test.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "journal/testing/sample_runs.hpp"
#include "kills/store_scenarios.hpp"
#include "orchestrator/harness/journal.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::kills {

using journal::testing::SampleRun;

inline constexpr std::uint64_t kPageBytes = 1 << 20;

template <class T>
T await(boost::asio::awaitable<T> operation) {
  boost::asio::io_context io;
  return runtime::testing::run_awaitable(io, std::move(operation));
}

/// The first run of a golden journal.
[[nodiscard]] SampleRun golden_run(const std::string& name);

[[nodiscard]] Result<std::shared_ptr<JournalStore>> store_in(const std::string& folder);

/// Opens the run where there is one, makes it where not, and writes what is missing of its first `lines_max` lines.
/// `shown` (may be null) counts those that are there.
[[nodiscard]] boost::asio::awaitable<Result<void>> write_run(std::shared_ptr<JournalStore> store, SampleRun run,
                                                             std::size_t lines_max, std::atomic<std::uint64_t>* shown);
/// The same, in the scenario's store, now.
void write_now(const std::string& folder, const SampleRun& run, std::size_t lines_max = SIZE_MAX);
/// The same by a process that ends without closing the store: the log is full, and nothing was packed.
void write_and_leave(const std::string& folder, const SampleRun& run, std::size_t lines_max = SIZE_MAX);

/// The run is there, line by line, with its contents.
void expect_whole(const std::string& folder, const SampleRun& run);
[[nodiscard]] std::set<RunId> runs_in(const std::string& folder);

/// The scenario that writes one run to its end.
[[nodiscard]] StoreScenario writing(std::string name, const SampleRun& run,
                                    std::function<void(const std::string& folder)> prepare);

}  // namespace orchestrator::harness::kills
