// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long to wait, when to try again, how much to spend, and how far anything may grow.
// Plain values with defaults; 0 or an empty optional means what each comment says.

#include <cstdint>
#include <optional>

namespace orchestrator::harness {

/// Deadlines of one run. Time parked on a pause counts against none of them.
struct TimeoutPolicy {
  std::uint32_t connect_ms = 15'000;            // to a connection, TLS included
  std::uint32_t first_byte_ms = 120'000;        // from the request to the first byte of the answer
  std::uint32_t idle_ms = 300'000;              // between two pieces of progress inside a stream; comments count not
  std::optional<std::uint64_t> first_token_ms;  // from the request to the first output of any kind
  std::optional<std::uint64_t> turn_ms;         // of one attempt at a turn
  std::optional<std::uint64_t> run_ms;          // of the whole run, from its acceptance
  bool operator==(const TimeoutPolicy&) const = default;
};

/// What to do when an attempt breaks off after some of its answer was seen.
enum class AfterOutput : std::uint8_t {
  fail,             // the run ends: what was seen is never repeated
  restart,          // ask again from the start of the turn; what was seen is declared void
  continue_answer,  // keep the text that was seen and ask for the rest; `restart` where there is no text to keep
};

/// When a failed attempt of a turn is made again. Only retryable errors are (`Error::retryable`), and only here:
/// neither adapters nor the HTTP client try again by themselves.
struct RetryPolicy {
  std::uint32_t attempts_max = 3;             // of one turn with one model, the first one counted; 1: never; 1 to 20
  std::uint32_t delay_ms = 500;               // the longest wait before the second attempt; it doubles with each one.
                                              // The wait is drawn from 0 to it (full jitter), by the run's seed
  std::uint32_t delay_max_ms = 8'000;         // where the doubling ends
  std::uint32_t retry_after_max_ms = 60'000;  // a longer wait that a provider asks for is cut to this
  AfterOutput after_output = AfterOutput::fail;
  bool operator==(const RetryPolicy&) const = default;
};

/// When a model that keeps failing is left alone, by all runs of a harness.
struct CircuitPolicy {
  std::uint32_t failures = 5;      // in a row, of the provider or of the way to it; 0: never
  std::uint32_t open_ms = 30'000;  // then one call is let through: its success closes the circuit
  bool operator==(const CircuitPolicy&) const = default;
};

/// How often all runs of a harness together may try again: a bucket that starts full.
struct RetryBudget {
  std::uint32_t burst = 100;      // retries at once; 0: none at all
  std::uint32_t per_minute = 60;  // that come back, up to `burst`
  bool operator==(const RetryBudget&) const = default;
};

/// What a run may spend. Checked before each provider call; unset means unbounded but for `Limits`.
struct Budgets {
  std::optional<std::uint64_t> cost_micro_usd;  // needs a priced model; what a call may cost at most must fit
  std::optional<std::uint64_t> tokens;          // input and output, as reported by the provider
  std::optional<std::uint32_t> turns;           // provider answers; reaching it is `Completed{tool_limit}`
  bool allow_unpriced = false;  // a model of unknown price may run under `cost_micro_usd`; it counts as 0
  bool operator==(const Budgets&) const = default;
};

/// Bounds on everything that could grow. Passing one is an event or a `limit_exceeded` error that names it.
struct Limits {
  std::uint64_t run_events = 2'000'000;
  std::uint64_t run_bytes = 4ULL << 30;
  std::uint32_t turns = 1'000;
  std::uint32_t input_parts = 1'000;
  std::uint64_t input_bytes = 64ULL << 20;
  std::uint64_t stream_bytes = 32ULL << 20;  // one provider answer, decoded from its transfer coding
  std::uint32_t stream_items = 1'000;        // output items in one provider answer
  std::uint32_t tool_calls_per_turn = 64;
  std::uint32_t hints_queued = 64;
  std::uint64_t hint_bytes = 64ULL << 10;
  std::uint64_t checkpoint_label_bytes = 256;
  std::uint64_t journal_backlog_bytes = 1ULL
                                        << 20;  // appended, not yet durable; beyond it the provider's socket is paused
  std::uint64_t event_tail_bytes = 256ULL << 10;  // kept in memory for readers at the head; older ones read the store
  std::uint32_t json_depth = 128;
  bool operator==(const Limits&) const = default;
};

/// How much of a session is kept and sent. Whole turns go first-in first-out.
struct HistoryLimits {
  std::uint32_t turns = 200;
  std::uint64_t tokens = 200'000;  // by estimate
  std::uint64_t bytes = 8ULL << 20;
  bool operator==(const HistoryLimits&) const = default;
};

}  // namespace orchestrator::harness
