// SPDX-License-Identifier: Apache-2.0
#include "event/erasure.hpp"

#include <algorithm>
#include <array>

#include "event/json_slices.hpp"
#include "event/line_check.hpp"

namespace orchestrator::harness::event {
namespace {

constexpr std::string_view kErased = "{\"erased\":\"";

// A type that is not here is erased, one of a later version included.
bool holds_no_content(std::string_view quoted_type) {
  constexpr std::array<std::string_view, 8> kPlain{"\"ModelSelected\"",  "\"UsageReported\"",    "\"AttemptFinished\"",
                                                   "\"RetryScheduled\"", "\"FallbackSelected\"", "\"CircuitOpened\"",
                                                   "\"CircuitClosed\"",  "\"TimeoutFired\""};
  return std::ranges::find(kPlain, quoted_type) != kPlain.end();
}

std::unexpected<Error> no_step() { return fail(RuntimeErrorCode::journal_damaged, "the line is not a step"); }

// False where the text is no event.
bool append_event(std::string& out, std::string_view event) {
  const auto type = member_slice(event, "type");
  const auto data = member_slice(event, "data");
  if (!type || !data || data->data() + data->size() + 1 != event.data() + event.size()) return false;
  if (holds_no_content(*type) || data->starts_with(kErased)) {
    out += event;
    return true;
  }
  out.append(event.data(), data->data());
  out += kErased;
  out += sha256(*data).str();
  out += "\"}}";
  return true;
}

}  // namespace

Result<std::string> erase_content(std::string_view line) {
  const auto step = member_slice(line, "step");
  const auto input = member_slice(line, "input");
  const auto events = member_slice(line, "events");
  const auto head = member_slice(line, "head");
  const auto input_type = input ? member_slice(*input, "type") : std::nullopt;
  const auto elements = events ? array_slices(*events) : std::nullopt;
  if (!step || !input_type || !elements || !head) return no_step();
  std::string out = "{\"step\":";
  out += *step;
  out += ",\"input\":{\"type\":";
  out += *input_type;
  out += ",\"erased\":true},\"events\":[";
  for (const std::string_view event : *elements) {
    if (event.data() != elements->front().data()) out.push_back(',');
    if (!append_event(out, event)) return no_step();
  }
  out += "],\"head\":";
  out += *head;
  seal_line(out);
  return out;
}

bool is_erased(const StreamEvent& event) {
  const auto* unknown = event.get_if<StreamEvent::Unknown>();
  return unknown != nullptr && unknown->data.text.starts_with(kErased);
}

std::unexpected<Error> fail_erased(const RunId& run_id, std::string_view what) {
  return fail(RuntimeErrorCode::not_supported,
              "the contents of run " + run_id.str() + " were erased, only their hashes are left: " + std::string(what),
              run_id.str());
}

}  // namespace orchestrator::harness::event
