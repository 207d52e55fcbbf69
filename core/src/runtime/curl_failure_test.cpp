// SPDX-License-Identifier: Apache-2.0
// Goal: every way a transfer fails has its code, and messages are one safe line. Method: a table.

#include "runtime/curl_failure.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::runtime {
namespace {

struct Row {
  CURLcode code;
  const char* detail;
  bool connected;
  bool has_head;
  const char* expected;
};

TEST(CurlFailureTest, MapsEachResult) {
  const Row rows[] = {
      {CURLE_COULDNT_RESOLVE_HOST, "", false, false, "provider_unreachable"},
      {CURLE_COULDNT_RESOLVE_PROXY, "", false, false, "provider_unreachable"},
      {CURLE_COULDNT_CONNECT, "", false, false, "provider_unreachable"},
      {CURLE_OPERATION_TIMEDOUT, "", false, false, "provider_connect_timeout"},
      {CURLE_PEER_FAILED_VERIFICATION, "", false, false, "provider_tls_failed"},
      {CURLE_SSL_CONNECT_ERROR, "wrong version number", false, false, "provider_tls_failed"},
      {CURLE_SSL_CONNECT_ERROR, "SSL_ERROR_SYSCALL in connection", false, false, "provider_unreachable"},
      {CURLE_GOT_NOTHING, "", true, false, "provider_unreachable"},
      {CURLE_SEND_ERROR, "", true, false, "provider_unreachable"},
      {CURLE_RECV_ERROR, "", true, false, "provider_unreachable"},
      {CURLE_RECV_ERROR, "", true, true, "provider_stream_truncated"},
      {CURLE_RECV_ERROR, "Malformed encoding found in chunked-encoding", true, true, "provider_bad_framing"},
      {CURLE_PARTIAL_FILE, "", true, true, "provider_stream_truncated"},
      {CURLE_HTTP2_STREAM, "", true, false, "provider_unreachable"},
      {CURLE_HTTP2_STREAM, "", true, true, "provider_stream_truncated"},
      {CURLE_HTTP2, "", true, false, "provider_bad_framing"},
      {CURLE_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed", true, false, "provider_bad_framing"},
      {CURLE_WEIRD_SERVER_REPLY, "", true, false, "provider_bad_framing"},
      {CURLE_OUT_OF_MEMORY, "", true, false, "provider_response_too_large"},
      {CURLE_OUT_OF_MEMORY, "", true, true, "provider_unknown"},
      {CURLE_FAILED_INIT, "", false, false, "provider_unknown"}};
  for (const Row& row : rows) {
    const Error error = describe({.code = row.code,
                                  .detail = row.detail,
                                  .place = "api.example:443",
                                  .proxy = {},
                                  .connected = row.connected,
                                  .has_head = row.has_head});
    EXPECT_EQ(error.code, row.expected) << row.code << " " << row.detail;
    EXPECT_EQ(error.at, "api.example:443");
    EXPECT_NE(error.message.find("api.example:443"), std::string::npos);
    EXPECT_TRUE(follows_mapping(error));
  }
}

TEST(CurlFailureTest, SaysWhatWasTriedAndThroughWhichProxy) {
  const Error error = describe({.code = CURLE_COULDNT_CONNECT,
                                .detail = "Connection refused",
                                .place = "api.example:443",
                                .proxy = "proxy.example:3128"});
  EXPECT_EQ(error.message,
            "cannot connect to api.example:443 through the proxy proxy.example:3128: Connection refused");
}

TEST(CurlFailureTest, KeepsMessagesToOneShortLineWithoutUrls) {
  const std::string nasty = std::string("bad\r\n\x1b[31m\x7f") + std::string(1000, 'x');
  const Error error = describe({.code = CURLE_WEIRD_SERVER_REPLY, .detail = nasty, .place = "h:1", .proxy = {}});
  EXPECT_LT(error.message.size(), 300U);
  for (const char c : error.message) EXPECT_TRUE(c >= 0x20 && c != 0x7f);
  const Error url =
      describe({.code = CURLE_COULDNT_CONNECT, .detail = "x http://u:canary@h/", .place = "h:1", .proxy = {}});
  EXPECT_EQ(url.message.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace orchestrator::harness::runtime
