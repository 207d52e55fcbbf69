// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an evaluation needs of one run, folded from its events: how it began, the calls that it made with their results,
// and how it ended. A value; `load_transcript` reads a stored run and runs on its caller's executor.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/eval_scorer.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::evals {

/// A call and what came of it; empty where it never finished.
struct TranscriptCall {
  EvalToolCall call;
  std::optional<events::ToolCallFinished> finished;
};

class RunTranscript {
 public:
  /// Takes the events of one run in their order.
  void add(const StreamEvent& event);

  [[nodiscard]] const std::optional<events::RunStarted>& started() const { return started_; }
  [[nodiscard]] std::optional<events::RunStarted>& started() { return started_; }
  [[nodiscard]] const std::vector<TranscriptCall>& calls() const { return calls_; }
  [[nodiscard]] std::vector<TranscriptCall>& calls() { return calls_; }
  /// The terminal event, where the run has ended.
  [[nodiscard]] const std::optional<StreamEvent>& terminal() const { return terminal_; }
  [[nodiscard]] const RunId& run_id() const { return run_id_; }
  /// The sample of a completed run; else why there is none: its error, or `cancelled` for one that was aborted, or
  /// `run_not_active` for one that has not ended.
  [[nodiscard]] Result<EvalSample> sample(const EvalCase& test_case, std::uint32_t epoch) const;

 private:
  RunId run_id_;
  std::optional<events::RunStarted> started_;
  std::vector<TranscriptCall> calls_;
  std::map<std::string, std::size_t> open_;  // places of calls, by id
  std::optional<StreamEvent> terminal_;
};

/// A stored run, with the contents of its input's and results' media. Errors: `run_not_found`, `journal_damaged`, the
/// store's own.
[[nodiscard]] boost::asio::awaitable<Result<RunTranscript>> load_transcript(std::shared_ptr<JournalStore> store,
                                                                            RunId run_id);

}  // namespace orchestrator::harness::evals
