// SPDX-License-Identifier: Apache-2.0
#include "daemon/events/event_index.hpp"

#include <optional>
#include <utility>

namespace orchestrator::daemon {
namespace {

namespace json = boost::json;
using harness::StreamEvent;

constexpr int kNoStatus = 0;
constexpr int kWell = 1;
constexpr int kFailed = 2;

int status_of(const StreamEvent& event) {
  if (event.get_if<StreamEvent::AttemptFailed>() != nullptr || event.get_if<StreamEvent::Error>() != nullptr) {
    return kFailed;
  }
  if (event.get_if<StreamEvent::AttemptFinished>() != nullptr || event.get_if<StreamEvent::Completed>() != nullptr) {
    return kWell;
  }
  if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) {
    return finished->outcome == harness::ToolOutcome::ok ? kWell : kFailed;
  }
  return kNoStatus;
}

std::string call_of(const StreamEvent& event) {
  if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>()) return requested->call_id;
  if (const auto* started = event.get_if<StreamEvent::ToolCallStarted>()) return started->call_id;
  if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) return finished->call_id;
  return {};
}

}  // namespace

std::int64_t EventIndex::Words::place_of(std::string_view word) {
  const auto [found, is_new] = places_.emplace(word, static_cast<std::int64_t>(list_.size()));
  if (is_new) list_.emplace_back(word);
  return found->second;
}

void EventIndex::add(const StreamEvent& event) {
  std::optional<std::uint64_t> duration;
  std::string name;
  if (const auto* requested = event.get_if<StreamEvent::ProviderRequested>()) {
    attempts_[requested->attempt] = event.meta.elapsed_us;
    name = requested->model.str();
  } else if (const auto* selected = event.get_if<StreamEvent::ModelSelected>()) {
    name = selected->model.str();
  } else if (const auto* call = event.get_if<StreamEvent::ToolCallRequested>()) {
    tools_[call->call_id] = call->tool;
  } else if (const auto* raised = event.get_if<StreamEvent::InterruptRaised>()) {
    name = raised->tool;
  } else if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) {
    duration = finished->latency_us;
  } else if (event.is_terminal()) {
    duration = event.meta.elapsed_us;
  }
  const auto end_attempt = [&](std::uint32_t attempt) {
    const auto begun = attempts_.find(attempt);
    if (begun != attempts_.end()) duration = event.meta.elapsed_us - begun->second;
  };
  if (const auto* done = event.get_if<StreamEvent::AttemptFinished>()) end_attempt(done->attempt);
  if (const auto* failed = event.get_if<StreamEvent::AttemptFailed>()) end_attempt(failed->attempt);
  if (const auto tool = tools_.find(call_of(event)); tool != tools_.end()) name = tool->second;

  last_seq_ = event.meta.seq;
  seqs_.emplace_back(event.meta.seq);
  elapsed_.emplace_back(event.meta.elapsed_us);
  durations_.push_back(duration ? json::value(*duration) : json::value(nullptr));
  type_places_.emplace_back(types_.place_of(event.type()));
  statuses_.emplace_back(status_of(event));
  span_places_.emplace_back(spans_.place_of(event.meta.span_id.str()));
  parents_.emplace_back(event.meta.parent_span_id ? spans_.place_of(event.meta.parent_span_id->str()) : -1);
  name_places_.emplace_back(name.empty() ? -1 : names_.place_of(name));
}

json::object EventIndex::take() {
  json::object columns;
  columns["types"] = types_.take();
  columns["spans"] = spans_.take();
  columns["names"] = names_.take();
  columns["seq"] = std::move(seqs_);
  columns["elapsed_us"] = std::move(elapsed_);
  columns["duration_us"] = std::move(durations_);
  columns["type"] = std::move(type_places_);
  columns["status"] = std::move(statuses_);
  columns["span"] = std::move(span_places_);
  columns["parent"] = std::move(parents_);
  columns["name"] = std::move(name_places_);
  *this = EventIndex();
  return columns;
}

}  // namespace orchestrator::daemon
