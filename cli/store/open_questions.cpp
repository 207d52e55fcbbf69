// SPDX-License-Identifier: Apache-2.0
#include "cli/store/open_questions.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "cli/display/escaped_text.hpp"
#include "cli/store/blocking_wait.hpp"
#include "runtime/run_lineage.hpp"

namespace orchestrator::cli {

using harness::StreamEvent;
using harness::runtime::LineageRun;

namespace {

// A parked run has written nothing since its questions, and at most 64 calls are asked about at once.
constexpr std::uint64_t kTailEvents = 256;

/// The calls that are under way at the end of these runs, each of which was forked from the one before it.
harness::Result<OpenQuestions> read_calls(StoreReader& store, const std::vector<LineageRun>& runs) {
  OpenQuestions calls;
  const std::function<void(const StreamEvent&)> see = [&calls](const StreamEvent& event) {
    calls.add_of_source(event);
  };
  for (const LineageRun& run : runs) {
    auto read = wait_for(harness::runtime::read_events(store.shared(), run, see));
    if (!read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  return calls;
}

harness::Result<OpenQuestions> read_after(StoreReader& store, const harness::RunId& run_id, std::uint64_t after_seq,
                                          OpenQuestions questions = {}) {
  while (true) {
    auto page = store.events(run_id, after_seq);
    if (!page) {
      return std::unexpected(std::move(page.error()));
    }
    if (page->empty()) {
      return questions;
    }
    for (const StoredEvent& stored : *page) {
      questions.add(stored.event);
      after_seq = stored.event.meta.seq;
    }
  }
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '-' || letter == '.';
  });
}

}  // namespace

void OpenQuestions::add_of_source(const StreamEvent& event) {
  if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>(); requested != nullptr) {
    arguments_[requested->call_id] = requested->arguments;
    tools_[requested->call_id] = requested->tool;
  } else if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>(); finished != nullptr) {
    close_call(finished->call_id);
  }
}

void OpenQuestions::add(const StreamEvent& event) {
  add_of_source(event);
  if (const auto* raised = event.get_if<StreamEvent::InterruptRaised>(); raised != nullptr) {
    const auto known = arguments_.find(raised->call_id);
    open_.push_back({*raised, known == arguments_.end() ? std::string() : known->second});
  } else if (const auto* resolved = event.get_if<StreamEvent::InterruptResolved>(); resolved != nullptr) {
    std::erase_if(open_, [&](const OpenQuestion& open) { return open.raised.interrupt_id == resolved->interrupt_id; });
  } else if (event.is_terminal()) {
    open_.clear();
    arguments_.clear();
    tools_.clear();
  }
}

bool OpenQuestions::is_open(const harness::InterruptId& id) const {
  return std::ranges::any_of(open_, [&](const OpenQuestion& open) { return open.raised.interrupt_id == id; });
}

void OpenQuestions::close_call(std::string_view call_id) {
  std::erase_if(open_, [&](const OpenQuestion& open) { return open.raised.call_id == call_id; });
  if (const auto known = arguments_.find(call_id); known != arguments_.end()) {
    arguments_.erase(known);
  }
  tools_.erase(std::string(call_id));
}

harness::Result<OpenQuestions> read_open_questions(StoreReader& store, const harness::RunId& run_id) {
  auto lineage = wait_for(harness::runtime::load_lineage(store.shared(), run_id));
  if (!lineage) {
    return read_after(store, run_id, 0);  // of a fork whose source is not here, what is asked can still be read
  }
  lineage->pop_back();
  auto calls = read_calls(store, *lineage);
  return calls ? read_after(store, run_id, 0, *std::move(calls)) : std::unexpected(std::move(calls.error()));
}

harness::Result<OpenQuestions> read_calls_at(StoreReader& store, const harness::RunId& run_id, std::uint64_t at_seq) {
  auto lineage = wait_for(harness::runtime::load_lineage(store.shared(), run_id));
  if (!lineage) {
    return std::unexpected(std::move(lineage.error()));
  }
  if (at_seq > 0) {
    lineage->back().to_seq = at_seq;
  }
  return read_calls(store, *lineage);
}

bool is_waiting(StoreReader& store, const harness::RunSummary& run) {
  if (run.status != harness::RunStatus::active || run.damaged) {
    return false;
  }
  const auto questions = read_after(store, run.run_id, run.events > kTailEvents ? run.events - kTailEvents : 0);
  return questions && !questions->list().empty();
}

std::string approve_command_line(const harness::RunId& run_id, std::string_view call_id) {
  std::string line = "orchestrator approve " + run_id.str() + " ";
  if (escaped_line(call_id) != call_id) {
    return line.substr(0, line.size() - 1);  // nothing to be typed
  }
  if (is_plain_word(call_id)) {
    return line.append(call_id);
  }
  line.append(call_id.starts_with('-') ? "-- '" : "'");
  for (const char letter : call_id) {
    letter == '\'' ? line.append("'\\''") : line.append(1, letter);
  }
  return line + "'";
}

}  // namespace orchestrator::cli
