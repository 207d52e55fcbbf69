// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether what a reader has read of a run still holds. A store that can tell inherits `RunEpochs` beside
// `JournalStore`. Coroutines on their caller's executor.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::runtime {

class RunEpochs {
 public:
  virtual ~RunEpochs() = default;
  /// 1, and one more for each time that something changed which a reader may have seen: lines that a crash took, an end
  /// that was cut off, content that was erased. A reader of a new form never finds an older epoch. Error:
  /// `run_not_found`, and those of the disk.
  virtual boost::asio::awaitable<Result<std::uint64_t>> epoch(RunId run_id) = 0;
};

/// The epoch of a run; always 1 of a store that cannot tell. Errors as of `RunEpochs::epoch`.
[[nodiscard]] boost::asio::awaitable<Result<std::uint64_t>> epoch_of(std::shared_ptr<JournalStore> store, RunId run_id);

}  // namespace orchestrator::harness::runtime
