// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/reachability.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include "orchestrator/harness/awaitable.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::cli {
namespace {

namespace asio = boost::asio;
namespace runtime = harness::runtime;

constexpr std::uint32_t kWaitMs = 5'000;

asio::awaitable<harness::Result<unsigned>> status_of(std::string url) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  runtime::HttpClient client(executor);
  runtime::HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  request.timeouts.connect_ms = kWaitMs;
  request.timeouts.first_byte_ms = kWaitMs;
  request.timeouts.idle_ms = kWaitMs;
  request.timeouts.total_ms = kWaitMs;
  auto stream = client.start(std::move(request));
  if (!stream) {
    co_return std::unexpected(stream.error());
  }
  auto head = co_await stream->head();
  if (!head) {
    co_return std::unexpected(head.error());
  }
  co_return head->status;
}

}  // namespace

harness::Result<unsigned> ask_address(const std::string& url) {
  asio::io_context context(1);
  auto status = asio::co_spawn(context, status_of(url), asio::use_future);
  context.run();
  return status.get();
}

}  // namespace orchestrator::cli
