// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory in the hands of the model: tools that remember, recall and forget. What they return is in the run's journal,
// so a replay asks no store.

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/memory.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

struct MemoryToolsConfig {
  std::shared_ptr<MemoryStore> store;  // shared by the tools' calls; null: the tools only declare themselves
  std::string user;                    // whose memories: they see and change no others
  /// Shared by the tools' calls; null: words alone. Semantic memories are then kept with vectors and found by them,
  /// too. Where it fails, or takes more than `kEmbeddingTime` or half of a call's time, the call goes on by words and
  /// says so in the `note` of its result.
  std::shared_ptr<Embedder> embedder = {};
};

/// The tools `remember` (idempotent: a call that is made again stores nothing twice), `recall` (pure) and `forget`
/// (irreversible, so it is asked about as the run's policy says). Working memories are those of the call's session.
[[nodiscard]] std::vector<std::shared_ptr<Tool>> memory_tools(const MemoryToolsConfig& config = {});

}  // namespace orchestrator::harness
