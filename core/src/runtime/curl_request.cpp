// SPDX-License-Identifier: Apache-2.0
#include "runtime/curl_request.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "event/runtime_version.hpp"
#include "runtime/http_client_ascii.hpp"

namespace orchestrator::harness::runtime {

namespace {

constexpr std::size_t kUrlBytesMax = std::size_t{8} << 10;
constexpr std::size_t kHeaderBytesMax = std::size_t{64} << 10;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// RFC 9110 `token`: what methods and header names are made of.
bool is_token(std::string_view text) {
  const auto is_token_char = [](char c) {
    const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_alphanumeric || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

// These belong to the transport: setting them could break the framing.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kReserved = {
      "accept-encoding", "connection", "content-length", "expect", "te", "transfer-encoding", "upgrade"};
  return std::ranges::find(kReserved, ascii_lower(name)) != kReserved.end();
}

Result<void> check_headers(const std::vector<HttpHeader>& headers) {
  std::size_t bytes = 0;
  for (const HttpHeader& header : headers) {
    if (!is_token(header.name)) {
      return fail(RuntimeErrorCode::invalid_argument, "a request header has a name that is empty or not a token",
                  "headers");
    }
    if (is_reserved(header.name)) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "the request header '" + header.name + "' is set by the HTTP client itself", "headers");
    }
    if (!is_field_value(header.value)) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "the value of the request header '" + header.name + "' holds a control character", "headers");
    }
    bytes += header.name.size() + header.value.size();
  }
  if (bytes > kHeaderBytesMax) {
    return fail(RuntimeErrorCode::invalid_argument,
                "the request headers have more than " + std::to_string(kHeaderBytesMax) + " bytes", "headers");
  }
  return {};
}

Result<void> check_timeouts(const HttpTimeouts& timeouts) {
  if (timeouts.connect_ms == 0 || timeouts.first_byte_ms == 0 || timeouts.idle_ms == 0 || timeouts.total_ms == 0) {
    return fail(RuntimeErrorCode::invalid_argument, "every HTTP timeout must be 1 ms or more", "timeouts");
  }
  return {};
}

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

// Curl would repeat an unusable setting, passwords and all, in its error text.
bool is_proxy(const std::string& proxy) {
  static constexpr std::array<std::string_view, 6> kSchemes = {"http",    "https",  "socks4",
                                                               "socks4a", "socks5", "socks5h"};
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), &curl_url_cleanup);
  constexpr unsigned kAnyScheme = CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME;
  if (!url || curl_url_set(url.get(), CURLUPART_URL, proxy.c_str(), kAnyScheme) != CURLUE_OK) return false;
  return std::ranges::find(kSchemes, url_part(url.get(), CURLUPART_SCHEME)) != kSchemes.end();
}

std::unexpected<Error> url_error(const std::string& problem) {
  return fail(RuntimeErrorCode::invalid_argument, "the URL of the request " + problem, "url");
}

}  // namespace

CurlSettings CurlSettings::resolve(const HttpClientOptions& options) {
  CurlSettings settings;
  settings.user_agent = options.user_agent.empty() ? "orchestrator-ai-harness/" + std::string(event::runtime_version())
                                                   : options.user_agent;
  settings.ca_file = options.ca_file.empty() ? variable("SSL_CERT_FILE") : options.ca_file;
  if (options.ca_file.empty()) settings.ca_folder = variable("SSL_CERT_DIR");
  settings.proxies = options.proxies ? *options.proxies : HttpProxies::from_environment();
  settings.http2 = options.http2;
  return settings;
}

Result<CurlRequest> CurlRequest::make(HttpRequest request, const CurlSettings& settings) {
  CurlRequest made;
  made.request_ = std::move(request);
  if (!is_token(made.request_.method)) {
    return fail(RuntimeErrorCode::invalid_argument, "the HTTP method is not a token", "method");
  }
  if (auto checked = check_headers(made.request_.headers); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  if (auto checked = check_timeouts(made.request_.timeouts); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  if (auto parsed = made.parse_url(); !parsed) return std::unexpected(std::move(parsed.error()));
  if (auto read = made.read_connect_address(); !read) return std::unexpected(std::move(read.error()));
  made.proxy_ =
      settings.proxies.select(url_part(made.url_.get(), CURLUPART_SCHEME), url_part(made.url_.get(), CURLUPART_HOST));
  if (!made.proxy_.empty() && !is_proxy(made.proxy_)) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the proxy setting for " + made.place_ + " is not an address of a http, https or socks proxy", "proxy");
  }
  made.build_header_lines();
  return made;
}

Result<void> CurlRequest::parse_url() {
  if (request_.url.size() > kUrlBytesMax) {
    return url_error("has more than " + std::to_string(kUrlBytesMax) + " bytes");
  }
  if (request_.url.contains('\0')) return url_error("holds a NUL byte");
  url_.reset(curl_url());
  if (!url_) return fail(RuntimeErrorCode::internal, "libcurl has no memory for a URL");
  const CURLUcode code = curl_url_set(url_.get(), CURLUPART_URL, request_.url.c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED) {
    return url_error("holds a user name or password; send credentials in a header");
  }
  if (code == CURLUE_UNSUPPORTED_SCHEME || code == CURLUE_BAD_SCHEME) {
    return url_error("must begin with http:// or https://");
  }
  if (code != CURLUE_OK) return url_error("is not valid: " + std::string(curl_url_strerror(code)));
  const std::string scheme = url_part(url_.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return url_error("must begin with http:// or https://");
  const std::string host = url_part(url_.get(), CURLUPART_HOST);
  if (host.empty()) return url_error("names no host");
  place_ = host + ":" + url_part(url_.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  return {};
}

Result<void> CurlRequest::read_connect_address() {
  const std::string& address = request_.connect_address;
  if (address.empty()) return {};
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const bool is_v6 = ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
  if (!is_v6 && ::inet_pton(AF_INET, address.c_str(), bytes.data()) != 1) {
    return fail(RuntimeErrorCode::invalid_argument, "the address to connect to is not an IP address",
                "connect_address");
  }
  // Empty host and port: whatever the URL says.
  connect_to_ = is_v6 ? "::[" + address + "]:" : "::" + address + ":";
  return {};
}

// Lines without a colon value ("name:") make curl leave its own header out; "name;" sends it empty.
void CurlRequest::build_header_lines() {
  bool has_content_type = false;
  std::vector<std::size_t> starts;
  const auto add = [&](std::string_view name, std::string_view value) {
    starts.push_back(header_text_.size());
    header_text_.append(name);
    if (value.empty())
      header_text_.append(";");
    else
      header_text_.append(": ").append(value);
    header_text_.push_back('\0');
  };
  const auto leave_out = [&](std::string_view name) {
    starts.push_back(header_text_.size());
    header_text_.append(name).append(":").push_back('\0');
  };
  for (const HttpHeader& header : request_.headers) {
    has_content_type = has_content_type || ascii_lower(header.name) == "content-type";
    add(header.name, header.value);
  }
  add("Accept-Encoding", "identity");
  leave_out("Expect");
  if (!has_content_type) leave_out("Content-Type");
  header_lines_.resize(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    header_lines_[i].data = header_text_.data() + starts[i];
    header_lines_[i].next = i + 1 < starts.size() ? &header_lines_[i + 1] : nullptr;
  }
}

bool CurlRequest::configure(CURL* easy, const CurlSettings& settings) {
  bool accepted = true;
  const auto set = [easy, &accepted](CURLoption option, auto value) {
    accepted = curl_easy_setopt(easy, option, value) == CURLE_OK && accepted;
  };
  set(CURLOPT_CURLU, url_.get());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTPHEADER, header_lines_.data());
  if (!connect_to_.empty()) {
    connect_to_line_.data = connect_to_.data();
    set(CURLOPT_CONNECT_TO, &connect_to_line_);
  }
  set(CURLOPT_USERAGENT, settings.user_agent.c_str());
  set(CURLOPT_HTTP_VERSION, settings.http2 ? long{CURL_HTTP_VERSION_2TLS} : long{CURL_HTTP_VERSION_1_1});

  const bool is_get = request_.method == "GET";
  const bool is_head = request_.method == "HEAD";
  if (is_head) {
    set(CURLOPT_NOBODY, 1L);
  } else if (!is_get || !request_.body.empty()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    if (request_.method != "POST") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }

  // Connections: an own chunk decoder is stricter than curl's and called once a read, not a chunk.
  set(CURLOPT_HTTP_TRANSFER_DECODING, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.timeouts.connect_ms));
  set(CURLOPT_QUICK_EXIT, 1L);  // never wait for a resolver thread when an exchange is cancelled

  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_PROXY_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!settings.ca_file.empty()) {
    set(CURLOPT_CAINFO, settings.ca_file.c_str());
    set(CURLOPT_PROXY_CAINFO, settings.ca_file.c_str());
  }
  // Curl keeps parsed authorities for the next connection only where no folder is set.
  const char* const ca_folder = settings.ca_folder.empty() ? nullptr : settings.ca_folder.c_str();
  set(CURLOPT_CAPATH, ca_folder);
  set(CURLOPT_PROXY_CAPATH, ca_folder);

  set(CURLOPT_PROXY, proxy_.c_str());  // empty: none, and the environment is not asked
  set(CURLOPT_NOPROXY, settings.proxies.no_proxy.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  return accepted;
}

void CurlRequest::forget_body_sent(curl_off_t bytes) {
  if (bytes == static_cast<curl_off_t>(request_.body.size())) std::string().swap(request_.body);
}

std::string CurlRequest::proxy_place() const { return proxy_display_name(proxy_); }

}  // namespace orchestrator::harness::runtime
