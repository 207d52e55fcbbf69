// SPDX-License-Identifier: Apache-2.0
#include "providers/local/local_provider.hpp"

#include <chrono>
#include <utility>

namespace orchestrator::harness::providers {
namespace {

constexpr std::uint32_t kDefaultOutputTokens = 512;

HttpProviderConfig http_config() {
  HttpProviderConfig config;
  config.id = ProviderId("local");
  config.format = chat_format("http://127.0.0.1:8080/v1");  // a llama.cpp server, whatever its port
  config.models = {std::string(kLocalModel)};
  return config;
}

}  // namespace

LocalProvider::LocalProvider(LocalConfig config)
    : HttpProvider(http_config()),
      server_(find_local_settings(config.executable)),
      progress_(std::move(config.progress)) {}

Result<void> LocalProvider::ready(const ModelRef& model) const {
  if (model.model == kLocalModel) return {};
  return fail(RuntimeErrorCode::invalid_argument,
              "there is no local model '" + model.model + "', only " + std::string(kLocalModel), "model");
}

Awaitable<std::expected<void, ProviderCallFailure>> LocalProvider::call(ProviderRequest request,
                                                                        ProviderCallContext context,
                                                                        ProviderSink* sink) {
  if (!request.settings.max_output_tokens) request.settings.max_output_tokens = kDefaultOutputTokens;
  return HttpProvider::call(std::move(request), std::move(context), sink);
}

Awaitable<Result<HttpEndpoint>> LocalProvider::endpoint() {
  const auto deadline = std::chrono::steady_clock::now() + LocalServer::kStartTime;
  auto found = co_await server_.ensure(progress_, deadline);
  if (!found) co_return std::unexpected(found.error());
  HttpEndpoint endpoint;
  endpoint.base_url = std::move(found->base_url);
  endpoint.api_key = std::move(found->api_key);
  co_return endpoint;
}

}  // namespace orchestrator::harness::providers
