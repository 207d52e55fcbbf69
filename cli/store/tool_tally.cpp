// SPDX-License-Identifier: Apache-2.0
#include "cli/store/tool_tally.hpp"

#include <utility>

#include "cli/display/event_word.hpp"

namespace orchestrator::cli {

using harness::StreamEvent;

void ToolTally::add(const StreamEvent& event) {
  if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>(); requested != nullptr) {
    open_[requested->call_id] = requested->tool;
  } else if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>(); finished != nullptr) {
    if (const auto call = open_.find(finished->call_id); call != open_.end()) {
      ++ended_[call->second][std::string(word_of(finished->outcome))];
      open_.erase(call);
    }
  }
}

std::map<std::string, std::map<std::string, std::uint64_t>> ToolTally::counts() const {
  auto counts = ended_;
  for (const auto& [call_id, tool] : open_) {
    ++counts[tool]["open"];
  }
  return counts;
}

std::string ToolTally::text() const {
  std::string text;
  for (const auto& [tool, outcomes] : counts()) {
    text.append(text.empty() ? "" : ", ").append(tool);
    for (const auto& [outcome, count] : outcomes) {
      text.append(" ").append(std::to_string(count)).append(" ").append(outcome);
    }
  }
  return text;
}

}  // namespace orchestrator::cli
