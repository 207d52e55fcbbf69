// SPDX-License-Identifier: Apache-2.0
// Any HTTP answer as a failure: two bytes of status, header lines up to an empty line, and a body. The error must
// follow the mapping table, be retryable for known statuses only, and show clean text of bounded length without keys.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json/parse.hpp>

#include "codec/key_redaction.hpp"
#include "codec/provider_failure.hpp"
#include "event/json_writer.hpp"

namespace {

using namespace orchestrator::harness;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_text(std::string_view text, std::size_t bytes_max, bool lines) {
  require(text.size() <= bytes_max && event::is_valid_utf8(text));
  require(std::ranges::none_of(
      text, [&](char c) { return (static_cast<unsigned char>(c) < 0x20 && !(lines && c == '\n')) || c == 0x7F; }));
  require(codec::redact_keys(codec::redact_keys(text)) == codec::redact_keys(text));
}

void check_error(const Error& error) {
  require(follows_mapping(error));
  require(!error.message.empty());
  check_text(error.message, 2'500, false);
  for (const auto& cause : error.cause) {
    check_text(cause.code, 200, false);
    check_text(cause.message, 2'000, true);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned status = (data[0] * 256U + data[1]) % 1'000U;
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  codec::Headers headers;
  while (headers.size() < 20) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.empty()) break;
    const auto colon = std::min(line.find(':'), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  const auto failure = codec::map_http_failure(status, headers, rest, "h", WallTime{1'700'000'000'000'000});
  const Error error = failure.error;
  check_error(error);
  require(!failure.retry_after_ms || *failure.retry_after_ms <= codec::kRetryAfterMaxMs);
  require(!error.retryable || (status >= 400 && status < 600) || status == 200);
  check_text(failure.request_id, 200, false);

  check_error(codec::map_stream_error(rest));
  boost::system::error_code code;
  const auto value = boost::json::parse(boost::json::string_view(rest.data(), rest.size()), code);
  if (!code && value.is_object()) check_error(codec::map_stream_error(value.get_object()));
  return 0;
}
