// SPDX-License-Identifier: Apache-2.0
#include "providers/refused_provider.hpp"

namespace orchestrator::harness::providers {

ModelOffer RefusedProvider::offer(const ModelRef& model) const {
  ModelOffer offer;
  offer.model = model;
  return offer;
}

Result<void> RefusedProvider::ready(const ModelRef&) const { return std::unexpected(reason_); }

Awaitable<std::expected<void, ProviderCallFailure>> RefusedProvider::call(ProviderRequest, ProviderCallContext,
                                                                          ProviderSink*) {
  ProviderCallFailure failure;
  failure.error = reason_;
  co_return std::unexpected(std::move(failure));
}

}  // namespace orchestrator::harness::providers
