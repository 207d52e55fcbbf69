// SPDX-License-Identifier: Apache-2.0
#include "sim/replay.hpp"

#include <utility>

#include "event/step.hpp"
#include "kernel/journal_replay.hpp"

namespace orchestrator::harness::sim {
namespace {

// The input that was rebuilt is stored as the line has it.
std::optional<std::string> input_difference(const event::StoredStep& step,
                                            const std::vector<event::ContextEntry>& history) {
  const auto input = event::input_of(step, history);
  if (!input) return input.error().message;
  const std::string again = event::encode_input(*input, step.events);
  if (again == step.input_bytes) return std::nullopt;
  return "the input would be stored as " + again + " instead of " + step.input_bytes;
}

std::optional<std::string> step_difference(kernel::JournalReplay& journal, const std::string& line,
                                           const std::vector<event::ContextEntry>& history, InputBytes input_bytes) {
  const auto step = event::decode_step(line, journal.head());
  if (!step) return step.error().message;
  if (input_bytes == InputBytes::compared) {
    if (auto difference = input_difference(*step, history)) return difference;
  }
  const auto replayed = journal.take(*step);
  if (!replayed) return replayed.error().message;
  if (!*replayed) return std::nullopt;
  const events::ReplayDiverged& diverged = **replayed;
  return "event " + std::to_string(diverged.seq) + " differs at " + (diverged.field.empty() ? "all" : diverged.field) +
         ": " + diverged.found + " instead of " + diverged.expected;
}

ReplayResult replay_from(kernel::JournalReplay journal, const std::vector<std::string>& lines,
                         const std::vector<event::ContextEntry>& history, InputBytes input_bytes) {
  for (const std::string& line : lines) {
    auto difference = step_difference(journal, line, history, input_bytes);
    if (!difference) continue;
    return {journal.state(), "step " + std::to_string(journal.head().steps + 1) + ": " + *std::move(difference)};
  }
  return {journal.state(), std::nullopt};
}

}  // namespace

ReplayResult replay(const std::vector<std::string>& lines, const std::vector<event::ContextEntry>& history,
                    InputBytes input_bytes) {
  return replay_from(kernel::JournalReplay(history), lines, history, input_bytes);
}

ReplayResult replay_fork(const std::vector<std::string>& lines, const kernel::State& base, InputBytes input_bytes) {
  return replay_from(kernel::JournalReplay(base, {}), lines, {}, input_bytes);
}

}  // namespace orchestrator::harness::sim
