// SPDX-License-Identifier: Apache-2.0
#pragma once

// The `traceparent` header of W3C Trace Context (https://www.w3.org/TR/trace-context/). Pure functions.

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::runtime {

struct Traceparent {
  TraceId trace_id;
  SpanId parent_span_id;
};

/// From a header value of version 00 or later; nothing when it is malformed or an id is all zeros.
[[nodiscard]] std::optional<Traceparent> parse_traceparent(std::string_view header);
/// The header value, sampled.
[[nodiscard]] std::string make_traceparent(const TraceId& trace_id, const SpanId& span_id);

}  // namespace orchestrator::harness::runtime
