// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_point.hpp"

#include <utility>

#include "cli/store/blocking_wait.hpp"
#include "orchestrator/harness/checkpoint_store.hpp"

namespace orchestrator::cli {

harness::Result<std::uint64_t> find_point(StoreReader& store, const harness::RunId& run_id, const std::string& flag,
                                          const std::string& text) {
  auto seq = wait_for(harness::CheckpointStore(store.shared()).resolve(run_id, text));
  if (!seq && seq.error().code == harness::name_of(harness::RuntimeErrorCode::invalid_argument)) {
    seq.error().message = flag + ": " + seq.error().message;
  }
  return seq;
}

}  // namespace orchestrator::cli
