// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_outlines.hpp"

#include <functional>
#include <utility>

#include "cli/store/blocking_wait.hpp"
#include "runtime/run_lineage.hpp"

namespace orchestrator::cli {

namespace {

// What was said in the run has to be there.
harness::Result<void> check_whole(StoreReader& store, const harness::RunId& run_id) {
  return wait_for(harness::runtime::check_not_erased(store.shared(), run_id, "its steps cannot be shown"));
}

}  // namespace

harness::Result<harness::event::RunOutline> read_outline(StoreReader& store, const harness::RunId& run_id) {
  if (auto whole = check_whole(store, run_id); !whole) {
    return std::unexpected(std::move(whole.error()));
  }
  auto lineage = wait_for(harness::runtime::load_lineage(store.shared(), run_id));
  if (!lineage) {
    return std::unexpected(std::move(lineage.error()));
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

harness::Result<GoodOutline> read_good_outline(StoreReader& store, const harness::RunId& run_id) {
  GoodOutline good;
  harness::event::OutlineFold fold;
  bool is_begun = false;
  const std::function<void(const harness::StreamEvent&)> see = [&](const harness::StreamEvent& event) {
    is_begun = true;
    fold.add(event);
  };
  auto whole = check_whole(store, run_id);
  if (!whole && whole.error().code == harness::name_of(harness::RuntimeErrorCode::not_supported)) {
    return std::unexpected(std::move(whole.error()));
  }
  auto read = wait_for(harness::runtime::read_events(store.shared(), {run_id, UINT64_MAX, {}}, see));
  if (!read) {
    if (!is_begun || read.error().code != harness::name_of(harness::RuntimeErrorCode::journal_damaged)) {
      return std::unexpected(std::move(read.error()));
    }
    good.damage = std::move(read.error());
  }
  good.outline = std::move(fold).take();
  return good;
}

}  // namespace orchestrator::cli
