// SPDX-License-Identifier: Apache-2.0
#pragma once

// The named points of a run, out of its journal. Works over every `JournalStore`; the awaitables run on their caller's
// executor and may be begun on any thread. A `CheckpointStore` is a copyable handle that keeps its store alive.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness {

struct Checkpoint {
  std::string label;
  std::string by;  // who asked for it
  std::uint64_t seq = 0;
  WallTime at;
};

/// A handle on the checkpoints in a store; copies share it. Any thread.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::shared_ptr<JournalStore> store) : store_(std::move(store)) {}

  /// The checkpoints of a run, oldest first. Reads its whole journal. Errors: `run_not_found`, `journal_damaged`.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<Checkpoint>>> list(RunId run_id) const;
  /// The seq that `place` names: the label of a checkpoint, the newest where several have it, else a number from 1 to
  /// that of the run's last event. Errors: `invalid_argument` for a number beyond the run and for a label that it has
  /// not, naming those that it has; and those of `list`.
  [[nodiscard]] boost::asio::awaitable<Result<std::uint64_t>> resolve(RunId run_id, std::string place) const;

 private:
  std::shared_ptr<JournalStore> store_;  // shared with whoever opened it
};

}  // namespace orchestrator::harness
