// SPDX-License-Identifier: Apache-2.0
#pragma once

// Turns an `HttpRequest` into the options of a curl easy handle: checks it, parses its URL once and
// hands the parsed form on, so that what was checked is what is connected to.
// Owns the memory that curl refers to; must outlive the transfer. One thread at a time.

#include <curl/curl.h>

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "runtime/http_client.hpp"

namespace orchestrator::harness::runtime {

/// The settings of a client, resolved once against the environment.
struct CurlSettings {
  std::string user_agent;
  std::string ca_file;  // empty: libcurl's own default
  std::string ca_folder;
  HttpProxies proxies;
  bool http2 = true;

  static CurlSettings resolve(const HttpClientOptions& options);
};

class CurlRequest {
 public:
  /// Checks the request; `invalid_argument` says what is wrong and never repeats header values,
  /// user information or the path and query of the URL.
  static Result<CurlRequest> make(HttpRequest request, const CurlSettings& settings);

  /// Sets every option of the transfer but the callbacks. `easy` must be fresh or reset.
  /// False: libcurl refused one, which is a lack of memory or an unusable build.
  [[nodiscard]] bool configure(CURL* easy, const CurlSettings& settings);

  /// Frees the body if all of it has been sent, as a request may be large and its answer long.
  void forget_body_sent(curl_off_t bytes);

  [[nodiscard]] const HttpTimeouts& timeouts() const { return request_.timeouts; }
  [[nodiscard]] const HttpLimits& limits() const { return request_.limits; }
  /// `host:port` of the server.
  [[nodiscard]] const std::string& place() const { return place_; }
  /// `host:port` of the proxy that may be used, or empty.
  [[nodiscard]] std::string proxy_place() const;

 private:
  struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };

  CurlRequest() = default;
  Result<void> parse_url();
  Result<void> read_connect_address();
  void build_header_lines();

  HttpRequest request_;
  std::unique_ptr<CURLU, UrlDeleter> url_;
  std::string place_;
  std::string proxy_;
  std::string header_text_;               // all lines, each ended by NUL
  std::string connect_to_;                // curl's form of `connect_address`, or empty
  curl_slist connect_to_line_{};          // refers to connect_to_ while a transfer is set up
  std::vector<curl_slist> header_lines_;  // linked into header_text_; never freed by curl
};

}  // namespace orchestrator::harness::runtime
