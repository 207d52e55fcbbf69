// SPDX-License-Identifier: Apache-2.0
#pragma once

// The questions of a run that nobody has answered yet, folded from its events.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/store/store_reader.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

struct OpenQuestion {
  harness::StreamEvent::InterruptRaised raised;
  std::string arguments;  // of its call; empty where its request was not among the events
};

/// Takes the events of one run in their order. A value, for one thread.
class OpenQuestions {
 public:
  void add(const harness::StreamEvent& event);
  /// The same of a run that this one was forked from: its calls go on, its questions are asked anew.
  void add_of_source(const harness::StreamEvent& event);
  /// Oldest first.
  [[nodiscard]] const std::vector<OpenQuestion>& list() const { return open_; }
  /// The tools of calls that have not finished, by call id.
  [[nodiscard]] const std::map<std::string, std::string>& tools_of_calls() const { return tools_; }
  [[nodiscard]] bool is_open(const harness::InterruptId& id) const;

 private:
  void close_call(std::string_view call_id);
  std::vector<OpenQuestion> open_;
  std::map<std::string, std::string> tools_;
  std::map<std::string, std::string, std::less<>> arguments_;  // of calls under way, by id
};

/// All open questions of a run. Blocking; reads the whole journal, and of a fork those of its sources, where the store
/// has them. Errors: `run_not_found`, `journal_damaged`.
[[nodiscard]] harness::Result<OpenQuestions> read_open_questions(StoreReader& store, const harness::RunId& run_id);

/// What a fork of the run at `at_seq` (0: its last event) begins with: its calls under way, and no question. Errors as
/// above.
[[nodiscard]] harness::Result<OpenQuestions> read_calls_at(StoreReader& store, const harness::RunId& run_id,
                                                           std::uint64_t at_seq);

/// Whether the run waits for a person, seen from the last events of its journal alone: cheap enough for lists. False
/// where they cannot be read.
[[nodiscard]] bool is_waiting(StoreReader& store, const harness::RunSummary& run);

/// `orchestrator approve RUN CALL`, for a shell; without CALL where the call's id has hidden characters.
[[nodiscard]] std::string approve_command_line(const harness::RunId& run_id, std::string_view call_id);

}  // namespace orchestrator::cli
