// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_epochs.hpp"

namespace orchestrator::harness::runtime {

boost::asio::awaitable<Result<std::uint64_t>> epoch_of(std::shared_ptr<JournalStore> store, RunId run_id) {
  auto* epochs = dynamic_cast<RunEpochs*>(store.get());
  if (epochs == nullptr) co_return 1;
  co_return co_await epochs->epoch(run_id);
}

}  // namespace orchestrator::harness::runtime
