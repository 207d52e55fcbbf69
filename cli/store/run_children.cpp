// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_children.hpp"

#include <utility>

#include "cli/store/blocking_wait.hpp"

namespace orchestrator::cli {

harness::Result<std::vector<RunChild>> read_children(StoreReader& store, const harness::RunId& run_id,
                                                     std::uint32_t count_max) {
  harness::RunQuery query;
  query.parent = run_id;
  query.where.limit = count_max;
  auto runs = wait_for(store.runs().list(std::move(query)));
  if (!runs) {
    return std::unexpected(std::move(runs.error()));
  }
  std::vector<RunChild> children;
  for (harness::RunSummary& run : *runs) {
    auto first = store.first_event(run.run_id);
    const auto* started = first && *first ? (*first)->event.get_if<harness::StreamEvent::RunStarted>() : nullptr;
    const std::uint64_t at_seq = started != nullptr && started->parent ? started->parent->seq : 0;
    children.push_back({std::move(run), at_seq});
  }
  return children;
}

}  // namespace orchestrator::cli
