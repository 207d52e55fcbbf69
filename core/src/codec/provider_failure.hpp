// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that turns what a model provider answered in place of an answer (an HTTP status with a body,
// or an error object inside a 200 stream) into an error of ours. Pure functions, safe on any thread.
// Every text that comes out is redacted (`key_redaction.hpp`), free of control characters and bounded.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "codec/provider_error_body.hpp"
#include "codec/retry_after.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::codec {

/// A failed HTTP answer, understood.
struct ProviderFailure {
  /// `at` is the host; `cause` holds the provider's own code (else type) and message, where it sent any.
  ProviderError error;
  ProviderErrorBody native;
  std::string request_id;  // the provider's, from header or body; empty where it sent none
  /// How long the provider asks to wait, within 0 and `kRetryAfterMaxMs`. Empty where it did not say.
  std::optional<std::uint64_t> retry_after_ms;
  /// What it asked for was outside that range; a caller may prefer to stop rather than to come back too early.
  bool retry_after_clamped = false;
  /// The header `x-should-retry`, where it was `true` or `false`. Advice: `error` follows from the code alone.
  std::optional<bool> should_retry;
};

/// What the failure says about trying again; nothing where it says nothing.
[[nodiscard]] std::optional<RetryAdvice> advice_of(const ProviderFailure& failure);

/// Maps an HTTP answer that is no model answer. `body` may be cut: only its first MiB is read. `now` is what an HTTP
/// date in `retry-after` is compared with. A status that has no meaning here, and every error that is not recognised,
/// is never retryable. A 200 is understood as a body that is no event stream: an error object, or a page.
[[nodiscard]] ProviderFailure map_http_failure(unsigned status, const Headers& headers, std::string_view body,
                                               std::string_view host, WallTime now = {});

/// Maps an error object that came inside a 200 answer: the value of `error`, or the whole event where the fields are
/// at its top. `provider_stream_error` where neither a status in it, nor its code, type or message says more.
[[nodiscard]] Error map_stream_error(const boost::json::object& error);

/// The same for an error given as bare text.
[[nodiscard]] Error map_stream_error(std::string_view message);

/// The provider's id of this request, for its support: `x-request-id`, `request-id` or `x-generation-id`, else empty.
[[nodiscard]] std::string request_id_of(const Headers& headers);

}  // namespace orchestrator::harness::codec
