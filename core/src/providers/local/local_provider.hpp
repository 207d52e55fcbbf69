// SPDX-License-Identifier: Apache-2.0
#pragma once

// The provider `local`: Chat Completions against the shared local server, which the first call starts. Harness's
// thread; see `ProviderAdapter`.

#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "providers/http_provider.hpp"
#include "providers/local/local_server.hpp"

namespace orchestrator::harness::providers {

class LocalProvider final : public HttpProvider {
 public:
  explicit LocalProvider(LocalConfig config);

  [[nodiscard]] Result<void> ready(const ModelRef& model) const override;
  /// As of `HttpProvider`, with a bound on the answer where the request has none: so small a model may go on for ever.
  Awaitable<std::expected<void, ProviderCallFailure>> call(ProviderRequest request, ProviderCallContext context,
                                                           ProviderSink* sink) override;

 protected:
  Awaitable<Result<HttpEndpoint>> endpoint() override;

 private:
  LocalServer server_;
  LocalProgress progress_;
};

}  // namespace orchestrator::harness::providers
