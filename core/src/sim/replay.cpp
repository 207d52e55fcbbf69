// SPDX-License-Identifier: Apache-2.0
#include "sim/replay.hpp"

#include <algorithm>

#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"

namespace orchestrator::harness::sim {

ReplayResult replay(const std::vector<std::string>& lines, const std::vector<event::ContextEntry>& history) {
  ReplayResult result{kernel::initial_state(history), std::nullopt};
  event::JournalHead head;
  for (const std::string& line : lines) {
    const std::string place = "step " + std::to_string(head.steps + 1) + ": ";
    const auto stored = event::decode_step(line, head);
    if (!stored) {
      result.difference = place + stored.error().message;
      return result;
    }
    auto input = event::input_of(*stored, history);
    if (!input) {
      result.difference = place + input.error().message;
      return result;
    }
    kernel::Decision decision = kernel::decide(result.state, *input);
    if (decision.events.empty()) {
      result.difference = place + "the input leads to nothing";
      return result;
    }
    const event::EncodedStep again = event::encode_step({*std::move(input), std::move(decision.events)}, head);
    if (again.line != line) {
      const auto [found, expected] = std::ranges::mismatch(again.line, line);
      result.difference = place + "differs from byte " + std::to_string(found - again.line.begin()) + ": " +
                          again.line + " instead of " + line;
      return result;
    }
    for (const StreamEvent& event : stored->events) kernel::evolve(result.state, event);
    head = stored->head;
  }
  return result;
}

}  // namespace orchestrator::harness::sim
