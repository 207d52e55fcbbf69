// SPDX-License-Identifier: Apache-2.0
#pragma once

// A point of a stored run, found without reading the run up to it.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>

#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::runtime {

/// An event of a run with the hash of the chain there, and how the run began.
struct JournalPoint {
  events::ParentRef ref;
  SessionId session_id;
  events::RunStarted started;
};

/// The event `seq` of a run (empty: its last one). The lines around it are checked by themselves; that they are the
/// right ones is for whoever folds the run up to there. Errors: `run_not_found`, `invalid_argument` for an event that
/// the run does not have, `not_supported` where its contents were erased, `journal_damaged`, the store's own.
[[nodiscard]] boost::asio::awaitable<Result<JournalPoint>> find_point(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                      std::optional<std::uint64_t> seq);

}  // namespace orchestrator::harness::runtime
