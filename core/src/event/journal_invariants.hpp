// SPDX-License-Identifier: Apache-2.0
#pragma once

// What holds in every journal, whatever happened: the invariants of the event contract, checked event by event.
// Every test journal and every simulated run passes through it. Knows nothing of how decisions are made.
// A value type; one checker for one journal, one thread.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/context_invariants.hpp"
#include "event/derived_invariants.hpp"
#include "event/gate_invariants.hpp"
#include "event/trust_invariants.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// One breach: at which event, of which invariant, and what was found.
struct Violation {
  std::uint64_t seq = 0;
  std::string invariant;
  std::string what;
  bool operator==(const Violation&) const = default;
  /// `event 7: dense_seq: ...`, one line for people.
  [[nodiscard]] std::string str() const;
};

class JournalInvariants {
 public:
  /// Takes the next event of the journal. Of a fork, the events of its source up to the point where it was forked come
  /// first: what they left open is the fork's, and no violation of theirs is one of the fork.
  void add(const StreamEvent& event);
  /// Says that the journal is over: it must hold a terminal event, and nothing may be left open.
  void check_complete();
  /// All breaches so far, in order; at most `kViolationsMax` are kept.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  /// True once the terminal event was seen.
  [[nodiscard]] bool is_ended() const { return terminal_seq_ != 0; }

  static constexpr std::size_t kViolationsMax = 100;

 private:
  struct Item {
    std::string item_id;
    ItemKind kind = ItemKind::text;
    std::string text;  // of its deltas, or of its value when it came whole
    bool done = false;
  };
  struct OpenAttempt {
    std::uint32_t number = 0;
    std::uint32_t turn = 0;
    std::uint64_t requested_us = 0;
    bool responded = false;
    bool usage_reported = false;
    std::vector<Item> items;            // in order of appearance
    std::vector<std::string> call_ids;  // of its completed tool calls
    std::optional<SpanId> span;
    AttemptPurpose purpose = AttemptPurpose::answer;
  };
  struct Failure {
    std::string code;
    bool is_retryable = false;
    bool had_output = false;
    bool is_answered = false;  // the next attempt was announced
    std::uint64_t not_before_us = 0;
  };
  struct OpenCall {
    SpanId span;                 // zeros: of a call of the source, until the fork's own is seen
    std::uint32_t attempts = 0;  // executions begun
    bool is_running = false;     // by a process that is still there
    std::string key;
    bool may_run_twice = false;
  };
  // Sum over attempts of one count: empty once one attempt did not report it.
  struct Sum {
    std::uint64_t value = 0;
    bool is_known = true;
    bool is_used = false;
    void add(const std::optional<std::uint64_t>& more);
    [[nodiscard]] std::optional<std::uint64_t> total() const;
  };
  struct Check;  // one overload for each payload

  void report(std::string_view invariant, std::string what);
  bool require(bool holds, std::string_view invariant, std::string_view what);
  void begin_fork();
  void check_envelope(const StreamEvent& event);
  void check_span(const StreamEvent& event);
  void check_error(const harness::Error& error);
  void check_totals(const Usage& usage, const std::optional<std::uint64_t>& cost, const Latencies& latencies);
  void check_nothing_open();
  OpenCall* open_call(const std::string& call_id, std::string_view type);
  Item* delta_item(std::uint32_t attempt, std::uint32_t turn, const std::string& item_id);
  void check_delta(std::uint32_t attempt, std::uint32_t turn, const std::string& item_id, std::uint64_t offset,
                   const std::string& text, ItemKind kind);
  bool is_open(std::uint32_t attempt, std::string_view type);
  void close_attempt(bool has_finished);

  std::vector<Violation> violations_;
  EventMeta meta_;                  // of the event being checked
  std::optional<EventMeta> first_;  // of RunStarted
  std::uint64_t seen_ = 0;
  std::uint64_t last_elapsed_us_ = 0;
  std::uint64_t terminal_seq_ = 0;

  std::optional<ModelRef> model_;
  std::optional<ModelRef> fallback_to_;  // announced, its ModelSelected is to come
  std::optional<Failure> failure_;       // of the last attempt, until the next one begins
  bool is_probe_ = false;                // the last attempt was
  bool negotiation_failed_ = false;
  bool tells_losses_ = false;  // its behaviours hold the one by which a lost attempt is followed by a word on the next
  std::optional<std::uint32_t> assembled_turn_;
  std::uint32_t last_attempt_ = 0;
  std::uint32_t turns_done_ = 0;
  std::optional<OpenAttempt> attempt_;
  std::string last_output_;                   // visible text of the last finished attempt
  std::string partial_output_;                // visible text of the last attempt when it failed
  std::string kept_output_;                   // of failed attempts of this turn that are continued
  std::vector<std::string> calls_due_;        // completed in the last answer, not yet requested
  std::map<std::string, OpenCall> calls_;     // requested, not yet finished, by id
  std::map<InterruptId, std::string> asked_;  // open questions, and the calls that they are about
  std::uint32_t calls_at_once_ = 1;
  std::vector<std::string> substituted_;      // calls whose result a fork has from elsewhere
  std::map<HintId, bool> hints_;              // true once delivered or dropped
  std::vector<std::uint32_t> delivered_for_;  // turns of hints that wait for their request
  std::optional<std::uint64_t> paused_us_;
  std::uint64_t parked_us_ = 0;
  TimeoutPolicy timeouts_;
  std::optional<events::AbortRequested> abort_;

  std::array<Sum, 6> usage_{};
  bool usage_invalid_ = false;
  std::vector<std::string> unpriced_;
  ContextInvariants context_;
  GateInvariants gates_;
  DerivedInvariants derived_;
  TrustInvariants trust_;
  Sum cost_;
  std::optional<std::uint64_t> queue_us_;
  std::uint64_t model_us_ = 0;
  std::uint64_t tool_us_ = 0;
};

/// Checks a whole journal at once, which must have ended.
[[nodiscard]] std::vector<Violation> check_journal(std::span<const StreamEvent> events);

}  // namespace orchestrator::harness::event
