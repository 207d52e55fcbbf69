// SPDX-License-Identifier: Apache-2.0
#pragma once

// A stored run again, without the world: each step's input is rebuilt from its line, decided anew under the envelope
// that the line has, and what comes of it is compared byte for byte. All that is used is the lines and what the run
// began with. Pure; one replay, one thread.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/context_entry.hpp"
#include "event/step.hpp"
#include "kernel/evolve.hpp"
#include "kernel/state.hpp"
#include "orchestrator/harness/derived_events.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::kernel {

class JournalReplay {
 public:
  static constexpr std::uint64_t kToEnd = std::numeric_limits<std::uint64_t>::max();

  /// Of a run that began with `history`; up to the event `to_seq`.
  explicit JournalReplay(std::vector<event::ContextEntry> history, std::uint64_t to_seq = kToEnd)
      : state_(initial_state(history)), history_(std::move(history)), to_seq_(to_seq) {}
  /// Of a run whose first step is decided from `base`: a fork, whose own events follow those of its source.
  JournalReplay(State base, std::vector<event::ContextEntry> history, std::uint64_t to_seq = kToEnd)
      : state_(std::move(base)), history_(std::move(history)), to_seq_(to_seq) {}

  /// Replays the line of the next step; the first event of it that came out differently, or nothing. Stored events of
  /// an older version are compared as the present version writes them. After a difference or an error there is no
  /// next step. Errors: `journal_damaged`, `version_too_new` (it names an event type that this build does not know),
  /// `not_supported` for a step whose contents were erased.
  Result<std::optional<events::ReplayDiverged>> take(std::string_view line);
  /// The same for a step that was decoded already, as the successor of `head()`.
  Result<std::optional<events::ReplayDiverged>> take(const event::StoredStep& step);

  /// True once the event `to_seq` was compared.
  [[nodiscard]] bool is_done() const { return head_.seq >= to_seq_; }
  /// After the last event that was compared.
  [[nodiscard]] const event::JournalHead& head() const { return head_; }
  /// After the last whole step.
  [[nodiscard]] const State& state() const { return state_; }

 private:
  [[nodiscard]] std::optional<events::ReplayDiverged> difference(const event::StoredStep& stored,
                                                                 const std::vector<StreamEvent>& decided,
                                                                 const std::optional<Error>& refusal);

  State state_;
  std::vector<event::ContextEntry> history_;
  std::uint64_t to_seq_;
  event::JournalHead head_;
  std::uint32_t version_ = 0;  // of the last event: within a run it never falls
  std::string bytes_;          // of one event: kept for its room
};

}  // namespace orchestrator::harness::kernel
