// SPDX-License-Identifier: Apache-2.0
#include "journal/outer_event.hpp"

#include <utility>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/json_slices.hpp"
#include "event/line_check.hpp"

namespace orchestrator::harness::journal {
namespace {

std::optional<std::vector<std::string_view>> events_of(std::string_view line) {
  if (!event::line_check_holds(line)) return std::nullopt;
  const auto events = event::member_slice(line, "events");
  auto elements = events ? event::array_slices(*events) : std::nullopt;
  if (!elements || elements->empty()) return std::nullopt;
  return elements;
}

std::optional<StreamEvent> decoded(std::string_view bytes) {
  auto event = event::decode_event(bytes);
  if (!event) return std::nullopt;
  return *std::move(event);
}

}  // namespace

std::optional<StreamEvent> first_event_of(std::string_view line) {
  const auto events = events_of(line);
  return events ? decoded(events->front()) : std::nullopt;
}

std::optional<StreamEvent> last_event_of(std::string_view line) {
  const auto events = events_of(line);
  return events ? decoded(events->back()) : std::nullopt;
}

}  // namespace orchestrator::harness::journal
