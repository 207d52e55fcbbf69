// SPDX-License-Identifier: Apache-2.0
#pragma once

// The HTTP client of all providers: many streamed answers at once on the one thread that runs its
// executor's context. `HttpClient` owns the connections, `HttpStream` is the handle of one exchange.
// Nothing here may be touched from another thread. The client must be destroyed (or closed) before
// its execution context; streams may outlive the client and then answer `cancelled`.

#include "runtime/compiler_check.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "runtime/http_client_proxy.hpp"

namespace orchestrator::harness::runtime {

class CurlExchange;
class CurlMulti;

/// One header line. Names are lower-cased in answers and sent as given in requests.
struct HttpHeader {
  std::string name;
  std::string value;
  bool operator==(const HttpHeader&) const = default;
};

/// Deadlines of one exchange; each must be 1 or more.
struct HttpTimeouts {
  std::uint32_t connect_ms = 15'000;      // from `start` to a connection; name, proxy, TLS included
  std::uint32_t first_byte_ms = 120'000;  // from `start` to the end of the answer's head
  std::uint32_t idle_ms = 300'000;        // waited for the body since the last `progress()`
  std::optional<std::uint64_t> total_ms;  // from `start` to the end of the body
};

/// Bounds of one answer. Passing one ends the exchange with `provider_response_too_large`, except
/// `pause_above_bytes`, which stops reading from the socket until the caller has caught up.
struct HttpLimits {
  std::size_t header_bytes = std::size_t{64} << 10;  // all header lines, informational heads included
  std::size_t header_count = 200;
  std::uint64_t body_bytes = std::uint64_t{32} << 20;  // freed from its transfer coding
  std::size_t pause_above_bytes = std::size_t{256} << 10;
};

/// What to ask. The URL is http or https, without user information; a redirect is never followed.
struct HttpRequest {
  std::string method = "POST";
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;
  std::string connect_address;  // an IP address to connect to instead of asking for the host's; empty: ask
  HttpTimeouts timeouts;
  HttpLimits limits;
};

/// The head of the final answer; informational (1xx) heads are skipped.
struct HttpResponseHead {
  unsigned status = 0;
  std::vector<HttpHeader> headers;  // in order, names lower-cased, values trimmed
  std::string http_version;         // "1.0", "1.1" or "2"
  std::uint64_t since_request_us = 0;
  bool connection_reused = false;

  /// The first value of `name` (lower case), or nullptr. Lives as long as this head is unchanged.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

/// Settings of a client. `HttpProxies` and certificate files are read from the environment where
/// they are unset: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR.
struct HttpClientOptions {
  std::string user_agent;                   // empty: orchestrator-ai-harness/VERSION
  std::string ca_file;                      // PEM, and nothing else; empty: SSL_CERT_FILE, else the system's
  std::optional<HttpProxies> proxies;       // unset: from the environment, once
  bool http2 = true;                        // offer HTTP/2 on TLS connections
  std::size_t streams_max = 4096;           // exchanges under way; more are refused
  std::size_t connections_kept_max = 1024;  // open connections beyond which idle ones are closed
};

/// One exchange. Move-only; destroying it closes its socket at once. An answer that was read to its
/// end gives its connection back for reuse. At most one `head` or `read` may wait at a time; the
/// handle may be moved or destroyed meanwhile, which ends the wait with `cancelled` (if destroyed).
/// Both obey Asio cancellation of any type, which acts like `cancel()`.
class HttpStream {
 public:
  HttpStream() = default;
  HttpStream(HttpStream&& other) noexcept;
  HttpStream& operator=(HttpStream&& other) noexcept;
  ~HttpStream();

  /// Waits for the head of the answer. Errors: `provider_unreachable`, `provider_tls_failed`,
  /// `provider_connect_timeout`, `provider_first_byte_timeout`, `provider_bad_framing`,
  /// `provider_response_too_large`, `cancelled`. May be asked again: the answer stays the same.
  [[nodiscard]] boost::asio::awaitable<Result<HttpResponseHead>> head();

  /// Waits for bytes of the body and swaps all that are there into `buffer`, whose old content is
  /// dropped and whose memory goes back to the client. False: the body has ended properly.
  /// True with an empty buffer: `deadline` passed first, which is no error; a deadline in the past
  /// never waits. Bytes that came before an error are handed out before it. Errors, latched: those
  /// of `head()`, `provider_stalled`, `provider_stream_truncated`. `buffer` must outlive the wait.
  // lint-allow: coroutines not a coroutine itself; the lifetime is part of the contract
  [[nodiscard]] boost::asio::awaitable<Result<bool>> read(
      std::string& buffer, std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt);

  /// Real progress was seen (decoded output): starts `idle_ms` anew. Bytes alone do not, so that a
  /// stream of comments stalls. Time in which nobody waits in `read` counts as no idleness.
  void progress();

  /// Closes the socket now; idempotent. A pending wait, and every later one, answers `cancelled`.
  void cancel();

  /// Bytes received and not yet read. At most `pause_above_bytes` and one socket read more.
  [[nodiscard]] std::size_t buffered_bytes() const;

 private:
  friend class HttpClient;
  explicit HttpStream(std::shared_ptr<CurlExchange> exchange);
  std::shared_ptr<CurlExchange> exchange_;  // shared with its own pending wait only
};

/// Starts exchanges and keeps connections for reuse. One connection carries one exchange at a time,
/// also over HTTP/2, so that a slow reader holds up nobody else and `cancel` closes a socket.
class HttpClient {
 public:
  explicit HttpClient(boost::asio::any_io_executor executor, HttpClientOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Starts the exchange; it makes progress whenever the context runs. Errors: `invalid_argument`
  /// (URL, method, header or timeout), `limit_exceeded` (streams_max), `harness_closed`.
  [[nodiscard]] Result<HttpStream> start(HttpRequest request);

  /// Cancels every exchange and closes every connection; idempotent.
  void close();

  /// Exchanges whose answer has not ended.
  [[nodiscard]] std::size_t active() const;

 private:
  std::shared_ptr<CurlMulti> multi_;  // shared with its own pending operations only
};

}  // namespace orchestrator::harness::runtime
