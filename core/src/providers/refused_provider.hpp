// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stands in for a provider whose settings are wrong: its own runs are refused with the reason, no others.
// Immutable; see `ProviderAdapter`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>

#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::providers {

class RefusedProvider final : public ProviderAdapter {
 public:
  RefusedProvider(ProviderId id, Error reason) : id_(std::move(id)), reason_(std::move(reason)) {}

  [[nodiscard]] ProviderId id() const override { return id_; }
  [[nodiscard]] ModelOffer offer(const ModelRef& model) const override;
  /// Always the reason.
  [[nodiscard]] Result<void> ready(const ModelRef& model) const override;
  Awaitable<std::expected<void, ProviderCallFailure>> call(ProviderRequest request, ProviderCallContext context,
                                                           ProviderSink* sink) override;

 private:
  ProviderId id_;
  Error reason_;
};

}  // namespace orchestrator::harness::providers
