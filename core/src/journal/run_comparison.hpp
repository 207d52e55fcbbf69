// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a run that a store has stands to the one of the same id in an exported file. Coroutines on their caller's
// executor; reading the file blocks it.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>

#include "event/step.hpp"
#include "journal/export_file.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

struct RunComparison {
  enum class Relation : std::uint8_t {
    absent,   // the store does not have it
    same,     // event for event
    longer,   // the store has what the file has, and goes on
    shorter,  // the file has what the store has, and goes on
    other     // they differ at an event that both have
  };
  Relation relation = Relation::absent;
  event::JournalHead head;          // of what the store has; of its steps nothing is said
  std::uint64_t differing_seq = 0;  // of `other`: the first event that is not the same
};

/// Reads both from their beginning where their heads alone do not tell. Error: the store's, and those of `ExportFile`.
[[nodiscard]] boost::asio::awaitable<Result<RunComparison>> compare_run(std::shared_ptr<JournalStore> store,
                                                                        ExportedRun run, ExportPlace place);

/// Where a run of the store ends; nothing where the store does not have it. Of its steps nothing is said.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<event::JournalHead>>> stored_head(
    std::shared_ptr<JournalStore> store, RunId run_id);

/// The chain hash that the stored line with an event ends with, and that line's end; nothing after the run's end.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<event::JournalHead>>> head_at(
    std::shared_ptr<JournalStore> store, RunId run_id, std::uint64_t seq);

}  // namespace orchestrator::harness::journal
