// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long to wait, how much to spend, and how far anything may grow.
// Plain values with defaults; 0 or an empty optional means what each comment says.

#include <cstdint>
#include <optional>

namespace orchestrator::harness {

/// Deadlines of one run. Time parked on a pause counts against none of them.
struct TimeoutPolicy {
  std::uint32_t connect_ms = 15'000;      // to a connection, TLS included
  std::uint32_t first_byte_ms = 120'000;  // from the request to the first byte of the answer
  std::uint32_t idle_ms = 300'000;        // between two pieces of progress inside a stream; comments count not
  std::optional<std::uint64_t> turn_ms;   // of one turn
  std::optional<std::uint64_t> run_ms;    // of the whole run, from its acceptance
  bool operator==(const TimeoutPolicy&) const = default;
};

/// What a run may spend. Checked before each provider call; unset means unbounded but for `Limits`.
struct Budgets {
  std::optional<std::uint64_t> cost_micro_usd;  // needs a priced model
  std::optional<std::uint64_t> tokens;          // input and output, as reported by the provider
  std::optional<std::uint32_t> turns;           // provider answers; reaching it is `Completed{tool_limit}`
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
