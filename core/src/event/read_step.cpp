// SPDX-License-Identifier: Apache-2.0
// Reading one line on its own, without the chain that leads to it.
#include "event/canonical_event.hpp"
#include "event/json_slices.hpp"
#include "event/step.hpp"

namespace orchestrator::harness::event {

Result<StoredStep> read_step(std::string_view line) {
  const auto members = object_slices(line);
  if (!members || members->size() != 5 || (*members)[1].first != "input" || (*members)[2].first != "events") {
    return fail(RuntimeErrorCode::journal_damaged, "a line of the journal is not a step");
  }
  const auto events = array_slices((*members)[2].second);
  if (!events || events->empty()) return fail(RuntimeErrorCode::journal_damaged, "a step has no events");
  StoredStep step;
  step.input_bytes = std::string((*members)[1].second);
  for (const std::string_view bytes : *events) {
    auto event = decode_event(bytes);
    if (!event) return std::unexpected(event.error());
    step.head.seq = event->meta.seq;
    step.events.push_back(*std::move(event));
    step.event_bytes.emplace_back(bytes);
  }
  return step;
}

}  // namespace orchestrator::harness::event
