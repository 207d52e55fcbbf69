// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lines of a run as a kernel would write them, real bytes and real hashes, for tests of stores. One thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event/step.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal::testing {

/// A run id; a later `number` is a newer run.
[[nodiscard]] RunId run_id(std::uint64_t number);
[[nodiscard]] SessionId session_id(std::uint64_t number);

class RunLines {
 public:
  using Line = std::shared_ptr<const JournalLine>;

  RunLines(RunId run, SessionId session);

  /// `RunStarted` and `ModelSelected`: strict, two events.
  Line start(std::string input = "What is the capital of France?");
  /// The same of a fork of a run, of a run of another kind, and of a run whose history ends with another.
  Line start_as_fork_of(RunId parent);
  Line start_as(RunKind kind, RunId parent);
  Line start_after(RunId base);
  /// `CheckpointCreated`: strict, one event.
  Line checkpoint(std::string label);
  /// One `OutputDelta`: soft.
  Line delta(std::string text = "Paris, ");
  /// `AbortRequested`: strict, one event.
  Line abort_request();
  /// The three ends.
  Line completed(std::string output = "Paris.");
  Line failed();
  Line aborted();

  [[nodiscard]] const event::JournalHead& head() const { return head_; }
  [[nodiscard]] const RunId& run() const { return run_; }
  [[nodiscard]] const SessionId& session() const { return session_; }

 private:
  Line start_with(event::inputs::Start start);
  Line step(event::Input::Value input, std::vector<StreamEvent::Payload> payloads);

  RunId run_;
  SessionId session_;
  event::JournalHead head_;
  std::uint64_t offset_ = 0;
};

/// Decodes the lines as one run from its start, checks and chain included; a failure is a test failure, and gives what
/// was read before it.
[[nodiscard]] std::vector<event::StoredStep> decode_run(const std::vector<JournalLine>& lines);

/// Equal in every field.
[[nodiscard]] bool equal(const JournalLine& left, const JournalLine& right);

}  // namespace orchestrator::harness::journal::testing
