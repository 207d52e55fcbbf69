// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is done to an SQLite store while the process is killed: one scenario for each kind of writing. Values; a
// scenario works in the folder that it is given, on one thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::kills {

/// How many lines of each run of a scenario were acknowledged: what a reader may have been shown. Lies in memory that
/// the process which is killed shares with the one that looks.
struct Shown {
  static constexpr std::size_t kRunsMax = 4;
  std::array<std::atomic<std::uint64_t>, kRunsMax> lines{};
};

struct StoreScenario {
  std::string name;
  /// Makes what is there before.
  std::function<void(const std::string& folder)> prepare;
  /// What is killed. Done again it comes to the same end, whatever an earlier one has left.
  std::function<Result<void>(const std::string& folder, Shown& shown)> act;
  /// Looks at that end; differences are test failures.
  std::function<void(const std::string& folder)> check_end;
  /// What must hold at any moment, besides that every run is sound and nothing that was shown is lost.
  std::function<void(const std::string& folder)> check_always = [](const std::string&) {};
  /// The runs that `act` writes, in the order of `Shown`.
  std::vector<RunId> written = {};
};
void PrintTo(const StoreScenario& scenario, std::ostream* out);

/// Where a scenario keeps its runs.
[[nodiscard]] std::string database_in(const std::string& folder);

/// Making a store, appending, putting content, committing together, emptying a log, packing, removing, pruning.
[[nodiscard]] std::vector<StoreScenario> store_scenarios();
/// Salvaging, importing, exporting, migrating, taking over an older store.
[[nodiscard]] std::vector<StoreScenario> transfer_scenarios();
/// Undoing a run, forking one.
[[nodiscard]] std::vector<StoreScenario> run_scenarios();

}  // namespace orchestrator::harness::kills
