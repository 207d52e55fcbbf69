// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/http_fetch.hpp"

#include <utility>

namespace orchestrator::harness::runtime::testing {

boost::asio::awaitable<Fetched> fetch(HttpClient* client, HttpRequest request) {
  Fetched fetched;
  auto stream = client->start(std::move(request));
  if (!stream) {
    fetched.error = stream.error();
    co_return fetched;
  }
  auto head = co_await stream->head();
  if (!head) {
    fetched.error = head.error();
    co_return fetched;
  }
  fetched.head = *head;
  std::string piece;
  while (true) {
    const auto more = co_await stream->read(piece);
    fetched.body += piece;
    if (!more) fetched.error = more.error();
    if (!more || !*more) co_return fetched;
    stream->progress();
  }
}

}  // namespace orchestrator::harness::runtime::testing
