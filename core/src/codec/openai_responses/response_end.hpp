// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the response object at the end of a Responses answer says: status, finish reason, usage, error.
// Pure functions, safe on any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::codec::responses {

enum class EndStatus : std::uint8_t { completed, incomplete, failed, other };

struct ResponseEnd {
  EndStatus status = EndStatus::completed;
  std::string native;             // `completed`, `incomplete:max_output_tokens`, ...
  std::string incomplete_reason;  // as sent, or empty
};

/// From the status in the response, or from `event_status` (the last word of the event's type) where the response does
/// not name the end of an answer. `response` may be null.
[[nodiscard]] ResponseEnd read_end(const boost::json::object* response, std::string_view event_status);

/// What was in the answer, as far as the finish reason depends on it.
struct AnswerContent {
  bool has_calls = false;
  bool has_refusal = false;
};
/// REQUIRES: the status is not `failed`.
[[nodiscard]] FinishReason finish_reason_of(const ResponseEnd& end, AnswerContent content);

/// The usage in a response object; nothing where it has none.
[[nodiscard]] std::optional<Usage> read_usage(const boost::json::object& response);

/// The error of a failed response, which may be null.
[[nodiscard]] Error failure_of_response(const boost::json::object* response);

/// The error in an `error` event: in its `error`, or at its top.
[[nodiscard]] Error failure_of_event(const boost::json::object& event);

}  // namespace orchestrator::harness::codec::responses
