// SPDX-License-Identifier: Apache-2.0
#include "runtime/curl_failure.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::runtime {

namespace {

constexpr std::size_t kDetailBytesMax = 200;

// Curl's text may repeat what a server sent or was set: one line, printable, short, without URLs.
std::string printable(std::string_view text, CURLcode code) {
  if (text.empty() || text.contains("://")) text = curl_easy_strerror(code);
  std::string result(text.substr(0, kDetailBytesMax));
  std::ranges::replace_if(result, [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return result;
}

bool is_handshake_cut_off(std::string_view detail) {
  return detail.contains("SSL_ERROR_SYSCALL") || detail.contains("reset by peer") || detail.contains("unexpected eof");
}

ProviderErrorCode tls_code(const CurlFailure& failure) {
  const bool is_cut_off = failure.code == CURLE_SSL_CONNECT_ERROR && is_handshake_cut_off(failure.detail);
  return is_cut_off ? ProviderErrorCode::provider_unreachable : ProviderErrorCode::provider_tls_failed;
}

ProviderErrorCode transfer_code(const CurlFailure& failure) {
  if (failure.detail.contains("chunked-encoding")) return ProviderErrorCode::provider_bad_framing;
  return failure.has_head ? ProviderErrorCode::provider_stream_truncated : ProviderErrorCode::provider_unreachable;
}

ProviderErrorCode code_of(const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_INTERFACE_FAILED:
      return ProviderErrorCode::provider_unreachable;
    case CURLE_OPERATION_TIMEDOUT:
      return failure.connected ? transfer_code(failure) : ProviderErrorCode::provider_connect_timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_USE_SSL_FAILED:
      return tls_code(failure);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2_STREAM:
      return transfer_code(failure);
    case CURLE_HTTP2:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, or a version that does not exist
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_RANGE_ERROR:
      return ProviderErrorCode::provider_bad_framing;
    case CURLE_OUT_OF_MEMORY:  // one header line beyond curl's own bound
    case CURLE_FILESIZE_EXCEEDED:
      return failure.has_head ? ProviderErrorCode::provider_unknown : ProviderErrorCode::provider_response_too_large;
    default:
      return ProviderErrorCode::provider_unknown;
  }
}

std::string_view what_was_tried(ProviderErrorCode code, bool connected) {
  switch (code) {
    case ProviderErrorCode::provider_unreachable:
      return connected ? "the connection was lost before an answer came from " : "cannot connect to ";
    case ProviderErrorCode::provider_connect_timeout:
      return "no connection in time to ";
    case ProviderErrorCode::provider_tls_failed:
      return "no trusted TLS connection to ";
    case ProviderErrorCode::provider_stream_truncated:
      return "the answer broke off, from ";
    case ProviderErrorCode::provider_bad_framing:
      return "broken HTTP from ";
    case ProviderErrorCode::provider_response_too_large:
      return "an answer beyond the limits from ";
    default:
      return "the HTTP exchange failed with ";
  }
}

}  // namespace

Error describe(const CurlFailure& failure) {
  const ProviderErrorCode code = code_of(failure);
  std::string message(what_was_tried(code, failure.connected));
  message.append(failure.place);
  if (!failure.proxy.empty()) message.append(" through the proxy ").append(failure.proxy);
  message.append(": ");
  message.append(printable(failure.detail, failure.code));
  return ProviderError{.code = code, .message = std::move(message), .at = std::string(failure.place)};
}

}  // namespace orchestrator::harness::runtime
