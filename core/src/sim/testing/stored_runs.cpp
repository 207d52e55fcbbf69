// SPDX-License-Identifier: Apache-2.0
#include "sim/testing/stored_runs.hpp"

#include <map>
#include <utility>

#include "event/step.hpp"
#include "kernel/evolve.hpp"
#include "kernel/fork_state.hpp"

namespace orchestrator::harness::sim {
namespace {

using History = std::vector<event::ContextEntry>;

// A run that was replayed, as another one may go on from it.
struct Replayed {
  const std::vector<std::string>* lines = nullptr;
  History history;
};

// What a fork begins with.
kernel::State base_at(const Replayed& parent, std::uint64_t seq) {
  kernel::State state = kernel::initial_state(parent.history);
  event::JournalHead head;
  for (const std::string& line : *parent.lines) {
    const auto step = event::decode_step(line, head);
    if (!step) break;
    head = step->head;
    for (const StreamEvent& event : step->events) {
      if (event.meta.seq <= seq) kernel::evolve_prefix(state, event);
    }
  }
  return kernel::fork_base(std::move(state));
}

// The first event of a run.
std::optional<events::RunStarted> start_of(const std::vector<std::string>& lines, RunId& run_id) {
  const auto step = event::decode_step(lines.front(), event::JournalHead());
  if (!step || step->events.empty()) return std::nullopt;
  run_id = step->events.front().meta.run_id;
  const auto* started = step->events.front().get_if<events::RunStarted>();
  return started == nullptr ? std::nullopt : std::optional(*started);
}

}  // namespace

std::vector<std::vector<std::string>> runs_of(const std::string& text) {
  std::vector<std::vector<std::string>> runs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(R"({"step":1,)")) runs.emplace_back();
    if (!runs.empty()) runs.back().push_back(line);
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return runs;
}

std::optional<std::string> difference_of(const std::vector<std::vector<std::string>>& runs, InputBytes input_bytes) {
  std::map<RunId, Replayed> replayed;
  History session;
  for (const std::vector<std::string>& lines : runs) {
    RunId run_id;
    const auto started = start_of(lines, run_id);
    if (!started) return "a run does not begin with its start";
    ReplayResult result;
    if (started->kind == RunKind::fork) {
      const auto parent = replayed.find(started->parent->run_id);
      if (parent == replayed.end()) return "the parent of a fork does not stand before it";
      result = replay_fork(lines, base_at(parent->second, started->parent->seq), input_bytes);
    } else if (started->kind == RunKind::live) {
      result = replay(lines, session, input_bytes);
      replayed[run_id] = {&lines, session};
      if (std::holds_alternative<kernel::Ended>(result.state.phase)) session = kernel::context_after(result.state);
    } else {
      result = replay(lines, {}, input_bytes);
    }
    if (result.difference) return result.difference;
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::sim
