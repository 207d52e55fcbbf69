// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_scan.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::uint32_t kPageRuns = 500;

}  // namespace

harness::Result<void> scan_runs(StoreReader& store, harness::RunFilter filter,
                                const std::function<bool(const harness::RunSummary&)>& visit) {
  filter.limit = kPageRuns;
  while (true) {
    auto runs = store.list(filter);
    if (!runs) {
      return std::unexpected(std::move(runs.error()));
    }
    for (const harness::RunSummary& run : *runs) {
      if (!visit(run)) {
        return {};
      }
    }
    if (runs->size() < kPageRuns) {
      return {};
    }
    filter.before = runs->back().run_id;
  }
}

}  // namespace orchestrator::cli
