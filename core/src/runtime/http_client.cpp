// SPDX-License-Identifier: Apache-2.0
#include "runtime/http_client.hpp"

#include <utility>

#include "runtime/curl_exchange.hpp"
#include "runtime/curl_multi.hpp"

namespace orchestrator::harness::runtime {

namespace asio = boost::asio;

namespace {

template <class T>
asio::awaitable<Result<T>> no_exchange() {
  co_return fail(RuntimeErrorCode::cancelled, "the HTTP stream has no exchange");
}

}  // namespace

HttpStream::HttpStream(std::shared_ptr<CurlExchange> exchange) : exchange_(std::move(exchange)) {}

HttpStream::HttpStream(HttpStream&& other) noexcept = default;

HttpStream& HttpStream::operator=(HttpStream&& other) noexcept {
  if (this == &other) return *this;
  if (exchange_) exchange_->cancel();
  exchange_ = std::move(other.exchange_);
  return *this;
}

HttpStream::~HttpStream() {
  if (exchange_) exchange_->cancel();
}

asio::awaitable<Result<HttpResponseHead>> HttpStream::head() {
  return exchange_ ? CurlExchange::head(exchange_) : no_exchange<HttpResponseHead>();
}

// lint-allow: coroutines not a coroutine itself; it hands a pointer on
asio::awaitable<Result<bool>> HttpStream::read(std::string& buffer,
                                               std::optional<std::chrono::steady_clock::time_point> deadline) {
  return exchange_ ? CurlExchange::read(exchange_, &buffer, deadline) : no_exchange<bool>();
}

void HttpStream::progress() {
  if (exchange_) exchange_->progress();
}

void HttpStream::cancel() {
  if (exchange_) exchange_->cancel();
}

std::size_t HttpStream::buffered_bytes() const { return exchange_ ? exchange_->buffered_bytes() : 0; }

HttpClient::HttpClient(asio::any_io_executor executor, HttpClientOptions options)
    : multi_(CurlMulti::create(std::move(executor), options)) {}

HttpClient::~HttpClient() { multi_->close(); }

Result<HttpStream> HttpClient::start(HttpRequest request) {
  auto exchange = multi_->start(std::move(request));
  if (!exchange) return std::unexpected(std::move(exchange.error()));
  return HttpStream(std::move(*exchange));
}

void HttpClient::close() { multi_->close(); }

std::size_t HttpClient::active() const { return multi_->active(); }

}  // namespace orchestrator::harness::runtime
