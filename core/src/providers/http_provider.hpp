// SPDX-License-Identifier: Apache-2.0
#pragma once

// The adapter of every provider that is called over HTTP: an endpoint and a wire format. Harness's thread; see
// `ProviderAdapter`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/provider.hpp"
#include "providers/wire_format.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::harness::providers {

/// Where a provider is and what opens it. The key goes to this address and to no other.
struct HttpEndpoint {
  std::string base_url;                                      // with the version path, without a final slash
  std::string api_key;                                       // empty: none is sent
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
};

struct HttpProviderConfig {
  ProviderId id;
  WireFormat format;
  HttpEndpoint endpoint;
  std::string missing_key_help;     // where not empty, a key is needed, and this says how to give one
  std::vector<std::string> models;  // known without a call
};

class HttpProvider : public ProviderAdapter {
 public:
  explicit HttpProvider(HttpProviderConfig config);
  ~HttpProvider() override;

  [[nodiscard]] ProviderId id() const override { return config_.id; }
  [[nodiscard]] ModelOffer offer(const ModelRef& model) const override;
  [[nodiscard]] std::vector<std::string> known_models() const override { return config_.models; }
  [[nodiscard]] Result<void> ready(const ModelRef& model) const override;
  Awaitable<std::expected<void, ProviderCallFailure>> call(ProviderRequest request, ProviderCallContext context,
                                                           ProviderSink* sink) override;
  void stop() override;

 protected:
  /// The endpoint of the next call; a provider that has to be started first does so here.
  virtual Awaitable<Result<HttpEndpoint>> endpoint();

 private:
  runtime::HttpClient& client(boost::asio::any_io_executor executor);

  HttpProviderConfig config_;
  std::unique_ptr<runtime::HttpClient> client_;  // made with the first call, on the harness's thread
};

/// Refuses base addresses that would give a key away or lead nowhere: no scheme, user information, or plain http with
/// a key to a host that is not this machine. Returns it without a final slash. Error: `configuration_invalid`.
[[nodiscard]] Result<std::string> checked_base_url(std::string_view base_url, bool has_key, std::string_view at);

}  // namespace orchestrator::harness::providers
