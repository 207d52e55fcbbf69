// SPDX-License-Identifier: Apache-2.0
#include "tools/fetch/fetch_exchange.hpp"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/http_client.hpp"

namespace orchestrator::harness::tools {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Addresses = std::vector<asio::ip::address>;

constexpr std::size_t kAddressesTriedMax = 3;

std::unexpected<ToolError> refuse(ToolErrorCode code, std::string message, std::string at) {
  return std::unexpected(ToolError{code, std::move(message), std::move(at), {}});
}

std::unexpected<ToolError> cancelled(const FetchTarget& target) {
  return refuse(ToolErrorCode::tool_cancelled, "the fetch was cancelled", target.place());
}

// One bad address refuses the name: which of them a client would take is for nobody to choose.
std::expected<void, ToolError> check(const Addresses& addresses, const FetchTarget& target,
                                     const AddressPolicy& policy) {
  for (const asio::ip::address& address : addresses) {
    if (policy.allows({address, target.port})) continue;
    return refuse(ToolErrorCode::url_not_allowed,
                  target.host + " is at " + address.to_string() + ", which is not an address of the public internet",
                  target.place());
  }
  return {};
}

runtime::HttpRequest request_for(const FetchTarget& target, const asio::ip::address& address,
                                 Clock::time_point deadline) {
  runtime::HttpRequest request;
  request.method = "GET";
  request.url = target.url;
  request.headers = {{"Accept", "text/html, text/*;q=0.9, application/json;q=0.9, */*;q=0.5"}};
  request.connect_address = address.to_string();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  request.timeouts = {.connect_ms = 10'000,
                      .first_byte_ms = 30'000,
                      .idle_ms = 30'000,
                      .total_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(left, 1))};
  request.limits.body_bytes = kFetchBytesMax;
  return request;
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string header(const runtime::HttpResponseHead& head, std::string_view name) {
  const std::string* value = head.find(name);
  return value == nullptr ? std::string() : *value;
}

Awaitable<Result<FetchAnswer>> read_answer(runtime::HttpStream* stream) {
  auto head = co_await stream->head();
  if (!head) co_return std::unexpected(std::move(head.error()));
  FetchAnswer answer{.status = head->status, .content_type = header(*head, "content-type"), .location = {}, .body = {}};
  if (is_redirect(head->status)) answer.location = header(*head, "location");
  if (!answer.location.empty()) co_return answer;
  std::string bytes;
  while (true) {
    auto more = co_await stream->read(bytes);
    if (!more) co_return std::unexpected(std::move(more.error()));
    if (!*more) co_return answer;
    stream->progress();
    answer.body += bytes;
  }
}

}  // namespace

Awaitable<std::expected<FetchAnswer, ToolError>> fetch_once(FetchTarget target, FetchSeams seams,
                                                            Clock::time_point deadline, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Addresses addresses;
  if (target.literal) {
    addresses.push_back(*target.literal);
  } else {
    auto resolved = co_await seams.resolver->resolve(target.host, deadline, stop);
    const bool was_cancelled = !resolved && resolved.error() == "cancelled";
    if (was_cancelled || stop.stop_requested()) co_return cancelled(target);
    if (!resolved) co_return refuse(ToolErrorCode::fetch_failed, std::move(resolved.error()), target.place());
    addresses = std::move(*resolved);
  }
  if (auto checked = check(addresses, target, seams.policy); !checked) co_return std::unexpected(checked.error());

  runtime::HttpClientOptions options;
  options.proxies.emplace();  // none, whatever the environment says: a proxy would resolve the name again
  runtime::HttpClient client(executor, options);
  std::optional<Error> failure;
  for (std::size_t i = 0; i < std::min(addresses.size(), kAddressesTriedMax); ++i) {
    auto started = client.start(request_for(target, addresses[i], deadline));
    if (!started) co_return refuse(ToolErrorCode::fetch_failed, std::move(started.error().message), target.place());
    const auto stream = std::make_shared<runtime::HttpStream>(std::move(*started));
    const std::stop_callback<std::function<void()>> on_stop(stop, [executor, weak = std::weak_ptr(stream)] {
      asio::post(executor, [weak] {
        if (const auto alive = weak.lock()) alive->cancel();
      });
    });
    auto answer = co_await read_answer(stream.get());
    if (answer) co_return std::move(*answer);
    failure = std::move(answer.error());
    if (failure->category == ErrorCategory::runtime || stop.stop_requested()) co_return cancelled(target);
    const bool is_worth_another =
        failure->code == "provider_unreachable" || failure->code == "provider_connect_timeout";
    if (!is_worth_another) break;
  }
  const std::string why = failure ? failure->message + " (" + failure->code + ")" : "the name has no address";
  co_return refuse(ToolErrorCode::fetch_failed, why, target.place());
}

}  // namespace orchestrator::harness::tools
