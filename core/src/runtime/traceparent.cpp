// SPDX-License-Identifier: Apache-2.0
#include "runtime/traceparent.hpp"

namespace orchestrator::harness::runtime {

std::optional<Traceparent> parse_traceparent(std::string_view header) {
  // 2 digits version, 32 trace id, 16 parent id, 2 flags; later versions may append more after a dash.
  constexpr std::size_t kSize = 55;
  if (header.size() < kSize || (header.size() > kSize && (header.starts_with("00") || header[kSize] != '-'))) {
    return std::nullopt;
  }
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const bool is_hex = header.substr(0, kSize).find_first_not_of("0123456789abcdef-") == std::string_view::npos;
  if (!is_hex || version == "ff" || version.find('-') != std::string_view::npos) return std::nullopt;
  const auto trace_id = TraceId::parse(header.substr(3, 32));
  const auto span_id = SpanId::parse(header.substr(36, 16));
  if (!trace_id || !span_id || trace_id->is_zero() || span_id->is_zero()) return std::nullopt;
  return Traceparent{*trace_id, *span_id};
}

std::string make_traceparent(const TraceId& trace_id, const SpanId& span_id) {
  return "00-" + trace_id.str() + "-" + span_id.str() + "-01";
}

}  // namespace orchestrator::harness::runtime
