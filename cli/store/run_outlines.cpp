// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_outlines.hpp"

#include <functional>
#include <utility>

#include "cli/store/blocking_wait.hpp"
#include "runtime/run_lineage.hpp"

namespace orchestrator::cli {

harness::Result<harness::event::RunOutline> read_outline(StoreReader& store, const harness::RunId& run_id,
                                                         OutlineScope scope) {
  auto lineage = wait_for(harness::runtime::load_lineage(store.shared(), run_id));
  if (!lineage) {
    return std::unexpected(std::move(lineage.error()));
  }
  if (scope == OutlineScope::own) {
    lineage->erase(lineage->begin(), lineage->end() - 1);
  }
  harness::event::OutlineFold fold;
  const std::function<void(const harness::StreamEvent&)> see = [&fold](const harness::StreamEvent& event) {
    fold.add(event);
  };
  for (const harness::runtime::LineageRun& run : *lineage) {
    auto read = wait_for(harness::runtime::read_events(store.shared(), run, see));
    if (!read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  return std::move(fold).take();
}

}  // namespace orchestrator::cli
