// SPDX-License-Identifier: Apache-2.0
#include "providers/http_provider.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/url/parse.hpp>

#include <utility>

#include "providers/answer_body.hpp"
#include "providers/answer_reader.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;
using CallResult = std::expected<void, ProviderCallFailure>;

std::unexpected<ProviderCallFailure> failed(Error error) {
  ProviderCallFailure failure;
  failure.error = std::move(error);
  return std::unexpected(std::move(failure));
}

runtime::HttpRequest http_request(const HttpEndpoint& endpoint, const WireFormat& format, const ModelRef& model,
                                  std::string body, const ProviderCallContext& context) {
  runtime::HttpRequest request;
  request.url = endpoint.base_url + (format.path_of ? format.path_of(model) : format.path);
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Accept", "text/event-stream, application/json"});
  if (!endpoint.api_key.empty()) request.headers.push_back({format.key_header, format.key_prefix + endpoint.api_key});
  for (const auto& [name, value] : format.headers) request.headers.push_back({name, value});
  if (!context.traceparent.empty()) request.headers.push_back({"traceparent", context.traceparent});
  for (const auto& [name, value] : endpoint.headers) request.headers.push_back({name, value});
  request.body = std::move(body);
  request.timeouts.connect_ms = context.timeouts.connect_ms;
  request.timeouts.first_byte_ms = context.timeouts.first_byte_ms;
  request.timeouts.idle_ms = context.timeouts.idle_ms;
  request.limits.body_bytes = context.limits.stream_bytes;
  return request;
}

}  // namespace

HttpProvider::HttpProvider(HttpProviderConfig config) : config_(std::move(config)) {}
HttpProvider::~HttpProvider() = default;

ModelOffer HttpProvider::offer(const ModelRef& model) const { return config_.format.offer(model); }

Result<void> HttpProvider::ready(const ModelRef&) const {
  if (config_.missing_key_help.empty() || !config_.endpoint.api_key.empty()) return {};
  return fail(RuntimeErrorCode::key_missing,
              "there is no key for " + config_.id.str() + ": " + config_.missing_key_help, config_.id.str());
}

Awaitable<Result<HttpEndpoint>> HttpProvider::endpoint() { co_return config_.endpoint; }

runtime::HttpClient& HttpProvider::client(asio::any_io_executor executor) {
  if (!client_) client_ = std::make_unique<runtime::HttpClient>(std::move(executor));
  return *client_;
}

void HttpProvider::stop() { client_.reset(); }

Awaitable<CallResult> HttpProvider::call(ProviderRequest request, ProviderCallContext context, ProviderSink* sink) {
  auto executor = co_await asio::this_coro::executor;
  auto where = co_await endpoint();
  if (!where) co_return failed(where.error());
  auto body = config_.format.encode(request);
  if (!body) co_return failed(body.error());
  auto started = client(executor).start(http_request(*where, config_.format, request.model, *std::move(body), context));
  if (!started) co_return failed(started.error());
  AnswerReader reader(*std::move(started), &config_.format, std::move(context), sink);
  CallResult result = co_await reader.read();
  if (!result) hide_key(result.error().error, where->api_key);
  co_return result;
}

namespace {

// The host as curl will see it, without its port. Boost.URL 1.81 ends it after a leading IPv4 address: for
// 127.0.0.1.example.com it says 127.0.0.1. REQUIRES: an address with a scheme and without user information.
std::string_view host_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::size_t colon = url.rfind(':');
  const std::size_t bracket = url.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? url.substr(0, colon) : url;
}

}  // namespace

Result<std::string> checked_base_url(std::string_view base_url, bool has_key, std::string_view at) {
  const auto invalid = [&](std::string_view why) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the address '" + std::string(base_url) + "' " + std::string(why), std::string(at));
  };
  const auto url = boost::urls::parse_uri({base_url.data(), base_url.size()});
  if (!url)
    return fail(RuntimeErrorCode::configuration_invalid, "not an address: expected http(s)://HOST[:PORT][/PATH]",
                std::string(at));
  // An address with user information holds a secret, so it is not shown.
  if (url->has_userinfo()) {
    return fail(RuntimeErrorCode::configuration_invalid, "an address may not hold user information: give the key apart",
                std::string(at));
  }
  const std::string_view scheme(url->scheme().data(), url->scheme().size());
  if (scheme != "http" && scheme != "https") return invalid("must begin with http:// or https://");
  if (url->encoded_host().empty()) return invalid("names no host");
  if (url->has_query() || url->has_fragment()) return invalid("may not have a query or fragment");
  const std::string host(host_of(base_url));
  // Only a number is loopback for sure: 127.example.com is somebody's host.
  boost::system::error_code no_number;
  const auto number = asio::ip::make_address_v4(host, no_number);
  const bool is_loopback_number = !no_number && number.is_loopback();
  const bool is_here = is_loopback_number || host == "localhost" || host == "[::1]";
  if (scheme == "http" && has_key && !is_here) {
    return invalid("would send a key in plain text over the network: use https://");
  }
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  return std::string(base_url);
}

}  // namespace orchestrator::harness::providers
