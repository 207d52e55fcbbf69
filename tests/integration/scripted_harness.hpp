// SPDX-License-Identifier: Apache-2.0
#pragma once

// A harness with one script for integration tests, and a reader that passes every journal through the invariants.
// For one test at a time, on its thread.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "event/journal_invariants.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::harness::integration {

/// A builder whose default model plays `script` (JSON text), with the store in memory.
inline HarnessBuilder scripted_builder(const std::string& script) {
  HarnessBuilder builder;
  builder.provider(scripted_provider({{"test", script}}).value()).default_model("scripted/test");
  return builder;
}

inline Harness scripted_harness(const std::string& script) { return scripted_builder(script).build().value(); }

/// All events of a run, read to its end and checked.
inline std::vector<StreamEvent> all_events(RunHandle& run) {
  std::vector<StreamEvent> events;
  event::JournalInvariants invariants;
  for (const StreamEvent& event : run.events()) {
    events.push_back(event);
    invariants.add(event);
  }
  EXPECT_FALSE(run.error().has_value()) << run.error()->message;
  invariants.check_complete();
  for (const auto& violation : invariants.violations()) ADD_FAILURE() << violation.str();
  return events;
}

template <class Payload>
std::vector<Payload> of_type(const std::vector<StreamEvent>& events) {
  std::vector<Payload> found;
  for (const StreamEvent& event : events) {
    if (const auto* payload = event.get_if<Payload>()) found.push_back(*payload);
  }
  return found;
}

inline std::vector<std::string> types_of(const std::vector<StreamEvent>& events) {
  std::vector<std::string> types;
  for (const StreamEvent& event : events) types.emplace_back(event.type());
  return types;
}

/// Reads until an event of type `Payload`, which must come.
template <class Payload>
Payload read_until(RunHandle& run) {
  for (;;) {
    auto event = run.next_blocking();
    if (!event || !*event) {
      ADD_FAILURE() << "the run ended before the event that was waited for";
      return Payload{};
    }
    if (const auto* payload = (*event)->get_if<Payload>()) return *payload;
  }
}

/// What comes after the events that were read already, to the end.
inline std::vector<StreamEvent> rest_of(RunHandle& run) {
  std::vector<StreamEvent> events;
  for (const StreamEvent& event : run.events()) events.push_back(event);
  EXPECT_FALSE(run.error().has_value()) << run.error()->message;
  return events;
}

}  // namespace orchestrator::harness::integration
