// SPDX-License-Identifier: Apache-2.0
#pragma once

// given(inputs).when(input).then(events, effects): one run of the real kernel, fed input by input. After every step
// the scene checks what always holds: stored bytes come back as they were, folding them gives the state, the journal
// keeps its invariants. Failures are GoogleTest failures at the caller's line. One scene, one test.

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "event/journal_invariants.hpp"
#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"

namespace orchestrator::harness::kernel {

using Payload = StreamEvent::Payload;
using Payloads = std::vector<StreamEvent::Payload>;
using Effects = std::vector<event::Effect>;
using InputValue = event::Input::Value;

/// A run of one short text for `scripted/demo`, seed 7, without timers and budgets.
[[nodiscard]] events::RunStarted example_spec();
[[nodiscard]] event::RunIdentity example_identity();
/// The tool `act`, whose calls are asked about under `ask` when `approval` says so.
[[nodiscard]] ToolSpec example_tool(EffectClass effect_class, ApprovalNeed approval = ApprovalNeed::none);
/// The start of `spec` with `history`, whose reference is put into the spec.
/// The start of a fork of `source`: the same settings, as another run.
[[nodiscard]] event::inputs::Start fork_of(const State& source, events::RunForked changes = {});
[[nodiscard]] event::inputs::Start start_of(events::RunStarted spec, std::vector<event::ContextEntry> history = {});

// Inputs.
[[nodiscard]]  /// A request for a slot by a run of `example_spec`, at once.
event::effects::AcquireSlot
acquire(std::uint32_t attempt);
InputValue slot(std::uint32_t attempt);
[[nodiscard]] InputValue headers(std::uint32_t attempt);
[[nodiscard]] InputValue chunk(std::uint32_t attempt, std::vector<event::ProviderPart> parts);
[[nodiscard]] InputValue ended(std::uint32_t attempt, Error error, Usage usage = {});
[[nodiscard]] InputValue ended_by(std::uint32_t attempt, TimerKind timer, std::uint64_t timer_ms, Error error);
[[nodiscard]] InputValue lost(std::uint32_t attempt);
[[nodiscard]] InputValue lost_call(std::string call_id);
[[nodiscard]] InputValue prepared(std::string call_id, ToolPreparation preparation = {});
[[nodiscard]] InputValue not_prepared(std::string call_id, ToolErrorCode code, std::string message = "as told");
[[nodiscard]] InputValue returned(std::string call_id, std::string text = "done", std::uint32_t attempt = 1);
[[nodiscard]] InputValue returned_as(std::string call_id, ToolOutcome outcome, ToolErrorCode code);
[[nodiscard]] InputValue verified(std::string call_id, VerifiedState state);
[[nodiscard]] InputValue recovered();
[[nodiscard]] InputValue resolved(const State& state, InterruptDecision decision, std::string call_id = "c1");
[[nodiscard]] InputValue timer(TimerKind kind);
[[nodiscard]] InputValue abort(AbortMode mode, std::string by = "me");
[[nodiscard]] InputValue hint(std::uint64_t id, HintPriority priority = HintPriority::asap,
                              std::string text = "shorter", std::optional<std::uint64_t> expires_us = {});
[[nodiscard]] InputValue pause();
[[nodiscard]] InputValue resume();
[[nodiscard]] InputValue checkpoint(std::string label);

// Parts of an answer.
[[nodiscard]] event::ProviderPart text(std::string item_id, std::string text);
[[nodiscard]] event::ProviderPart thought(std::string item_id, std::string text);
[[nodiscard]] event::ProviderPart arguments(std::string item_id, std::string text);
[[nodiscard]] event::ProviderPart done(std::string item_id, ItemValue value);
[[nodiscard]] event::ProviderPart used(std::uint64_t input, std::uint64_t output);
[[nodiscard]] event::ProviderPart finished(FinishReason reason = FinishReason::stop);
[[nodiscard]] event::ProviderPart failed(Error error);
/// An assistant message of one text part.
[[nodiscard]] ItemValue message(std::string text);
[[nodiscard]] ItemValue call(std::string call_id, std::string name, std::string arguments);
/// A whole answer of one text: its pieces, its item, its usage (10 in, 5 out) and its end.
[[nodiscard]] InputValue answer(std::uint32_t attempt, std::string text, FinishReason reason = FinishReason::stop);

/// A whole answer that asks for calls of `act`, with these ids.
[[nodiscard]] InputValue call_answer(std::uint32_t attempt, std::vector<std::string> call_ids = {"c1"});

// Other values.
[[nodiscard]] HintId hint_id(std::uint64_t number);
[[nodiscard]] Usage usage(std::uint64_t input, std::uint64_t output);
[[nodiscard]] Error provider_error(ProviderErrorCode code, std::string message = "as told");
/// `exchanges` questions and answers as a session's history, the texts of `bytes` bytes each.
[[nodiscard]] std::vector<event::ContextEntry> history_of(std::size_t exchanges, std::size_t bytes = 8);

/// One line of text with every field: what comparisons are made on.
[[nodiscard]] std::string describe(const Payload& payload);
[[nodiscard]] std::string describe(const event::Effect& effect);

class Scene {
 public:
  /// Before `RunStarted`.
  explicit Scene(std::vector<event::ContextEntry> history = {});
  /// Before the start of a fork of `source` at one of its events.
  Scene(const Scene& source, std::uint64_t at_seq);
  /// A run of `spec` that has started.
  explicit Scene(events::RunStarted spec, std::vector<event::ContextEntry> history = {});

  /// Feeds an input that leads to events.
  Scene& given(InputValue input, std::source_location where = std::source_location::current());
  /// Feeds the input under test; look at it with one of the `then` functions.
  Scene& when(InputValue input, std::source_location where = std::source_location::current());
  /// Moves the run's clock; each input moves it by 1,000 us as well.
  Scene& at(std::uint64_t elapsed_us);

  /// The last input led to exactly these events and effects. Request hashes and latencies are compared elsewhere:
  /// give them as zeros and defaults.
  void then(const Payloads& events, const Effects& effects = {},
            std::source_location where = std::source_location::current()) const;
  /// The last input led to nothing.
  void then_nothing(std::source_location where = std::source_location::current()) const;
  /// The last input was refused, with this code at this place.
  void then_refused(RuntimeErrorCode code, const std::string& at,
                    std::source_location where = std::source_location::current()) const;

  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] const Decision& decision() const { return decision_; }
  [[nodiscard]] const std::vector<StreamEvent>& journal() const { return journal_; }
  [[nodiscard]] std::uint64_t now_us() const { return now_us_; }
  /// The last payload of this type in the journal, or null.
  template <class T>
  [[nodiscard]] const T* last() const {
    for (auto event = journal_.rbegin(); event != journal_.rend(); ++event) {
      if (const auto* payload = event->template get_if<T>()) return payload;
    }
    return nullptr;
  }
  [[nodiscard]] event::Input input(InputValue value) const;

 private:
  void store(const event::Input& input);

  std::vector<StreamEvent> prefix_;  // of a fork: what its source, and that one's, had before
  std::vector<event::ContextEntry> history_;
  State state_;
  State folded_;  // of what was read back
  Decision decision_;
  std::vector<StreamEvent> journal_;
  event::JournalInvariants invariants_;
  event::JournalHead head_;
  std::uint64_t now_us_ = 0;
};

}  // namespace orchestrator::harness::kernel
