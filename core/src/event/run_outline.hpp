// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run in outline: its turns, with the attempts at each and the calls that its answer asked for, and when each began
// and ended. What a comparison and a picture of a run are made of. Pure; one outline, one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// A stretch of a run's clock. Without an end it went on until the last event.
struct OutlineSpan {
  std::uint64_t from_us = 0;
  std::optional<std::uint64_t> to_us;
  bool operator==(const OutlineSpan&) const = default;
};

/// One call of a model.
struct OutlineAttempt {
  std::uint64_t seq = 0;  // of its request
  std::uint32_t number = 0;
  AttemptPurpose purpose = AttemptPurpose::answer;
  ModelRef model;
  std::optional<std::uint64_t> queue_us;  // that it waited before
  OutlineSpan span;
  std::optional<std::uint64_t> first_output_us;  // on the run's clock
  std::string output;                            // the visible text
  std::optional<FinishReason> finish_reason;     // of one that ended well
  std::optional<Error> error;                    // of one that failed
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  bool operator==(const OutlineAttempt&) const = default;
};

/// One call of a tool.
struct OutlineCall {
  std::uint64_t seq = 0;  // of its request
  std::string call_id;
  std::string tool;
  std::string arguments;
  Hash argument_hash;
  OutlineSpan span;                // from its request on
  std::vector<OutlineSpan> runs;   // its executions
  std::vector<OutlineSpan> waits;  // for a person
  std::optional<ToolOutcome> outcome;
  std::optional<Error> error;
  std::string result;            // its text
  bool is_substituted = false;   // a fork was told the result
  std::uint64_t latency_us = 0;  // of the executions
  bool operator==(const OutlineCall&) const = default;
};

struct OutlineTurn {
  std::uint32_t number = 0;
  bool is_shared = false;     // a fork's source has it
  Hash context_hash;          // of the last request
  std::vector<Hash> context;  // what was added for it
  std::vector<OutlineAttempt> attempts;
  std::vector<OutlineCall> calls;
  std::vector<OutlineSpan> retry_waits;
  bool operator==(const OutlineTurn&) const = default;
  /// The attempt that was answered, or null.
  [[nodiscard]] const OutlineAttempt* answer() const;
};

struct RunOutline {
  RunId run_id;
  events::RunStarted started;
  std::optional<events::RunForked> forked;
  std::vector<OutlineTurn> turns;
  std::vector<OutlineSpan> pauses;
  std::uint64_t events = 0;
  std::uint64_t last_us = 0;  // the run's clock at its last event
  std::string terminal;       // type of the terminal event; empty: it has not ended
  std::string reason;         // finish reason, error code, or who aborted it
  std::string output;         // of the end
  std::optional<std::uint64_t> cost_micro_usd;
  Usage usage;
  Latencies latencies;
};

/// Makes an outline of a run's events, in order. Of a fork, those of its source may come first: their turns are shared,
/// and times are those of the run that each turn is of.
class OutlineFold {
 public:
  void add(const StreamEvent& event);
  [[nodiscard]] RunOutline take() && { return std::move(outline_); }

 private:
  struct Reading;  // one overload for each payload that matters

  OutlineTurn& turn(std::uint32_t number);
  OutlineAttempt* attempt(std::uint32_t number);
  OutlineCall& call(const std::string& call_id);
  void begin(const events::RunStarted& started);

  RunOutline outline_;
  EventMeta meta_;                            // of the event being read
  std::map<InterruptId, std::string> asked_;  // and the calls that they are about
};

}  // namespace orchestrator::harness::event
