// SPDX-License-Identifier: Apache-2.0
#include "runtime/compiler_check.hpp"

#include "orchestrator/harness/tool_result.hpp"

#include <cmath>

#include "codec/lossy_utf8.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness {
namespace arguments {

void append_text(std::string& out, std::string_view text) {
  std::string clean;
  codec::append_lossy_utf8(clean, text);
  event::append_json_string(out, clean);
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "NaN" : "Infinity";
    return;
  }
  event::append_json_double(out, number);
}

void append_number(std::string& out, std::int64_t number) { event::append_json_integer(out, number); }
void append_number(std::string& out, std::uint64_t number) { event::append_json_integer(out, number); }

}  // namespace arguments

ToolResult to_tool_result(ToolError error) {
  ToolResult result;
  result.error = std::move(error);
  result.outcome = ToolOutcome::error;
  return result;
}

ToolResult to_tool_result(const Error& error) {
  if (auto own = as_tool_error(error)) return to_tool_result(*std::move(own));
  return to_tool_result(
      ToolError{ToolErrorCode::tool_failed, error.code + ": " + error.message, error.at, error.cause});
}

}  // namespace orchestrator::harness
