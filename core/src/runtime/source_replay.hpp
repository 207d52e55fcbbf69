// SPDX-License-Identifier: Apache-2.0
#pragma once

// The replay of a stored run, a page of its journal at a time. It holds a store and nothing else of the world: no
// adapter, tool, connection, clock or source of random numbers is within its reach. Its coroutines run on whatever
// executor awaits them; one replay is used by one at a time.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/journal_replay.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/replay.hpp"

namespace orchestrator::harness::runtime {

class SourceReplay {
 public:
  /// Up to the point `source`, whose hash the journal has to have there.
  SourceReplay(std::shared_ptr<JournalStore> store, events::ParentRef source);

  /// Replays the next page; true once it came to its end: to the point, or to a difference. Errors: as of
  /// `verify_replay`; `journal_damaged` where the journal has another hash at the point, or ends before it.
  [[nodiscard]] boost::asio::awaitable<Result<bool>> advance();

  /// What it came to. REQUIRES: `advance` said that it is at its end.
  [[nodiscard]] ReplayReport report() const;

 private:
  [[nodiscard]] boost::asio::awaitable<Result<void>> load_base();
  [[nodiscard]] Result<bool> take(const std::vector<JournalLine>& lines);
  [[nodiscard]] Result<bool> at_end() const;

  std::shared_ptr<JournalStore> store_;  // shared with the harness, or the caller
  events::ParentRef source_;
  std::optional<kernel::JournalReplay> journal_;  // once what the run began with is loaded
  std::uint64_t read_seq_ = 0;
  std::optional<events::ReplayDiverged> diverged_;
};

/// The differences between then and now that `compat` lets pass and `strict` does not. `adapters` is what this
/// process's adapters offer for the models of the run, hashed as runs pin it; empty where it has not all of them.
[[nodiscard]] std::vector<std::string> version_differences(const events::RunStarted& then,
                                                           const std::optional<Hash>& adapters);

/// What the adapters offered when the run began; all zeros where the run does not say.
[[nodiscard]] Hash pinned_adapters(const events::RunStarted& started);

}  // namespace orchestrator::harness::runtime
