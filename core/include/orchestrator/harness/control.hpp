// SPDX-License-Identifier: Apache-2.0
#pragma once

// Steering a run while it is under way. A `ControlHandle` is a cheap copyable value; any thread may use it, also
// after the run has ended and after its harness is gone (then every command answers `harness_closed`).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/provider.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

namespace runtime {
class RunDriver;
}

struct HintOptions {
  HintPriority priority = HintPriority::asap;
  std::string by = "user";
  std::optional<std::uint64_t> expires_after_ms;  // dropped if no request took it by then
  std::optional<std::uint32_t> expected_turn;     // refused with `precondition_failed` in any other turn
};

struct AbortOptions {
  AbortMode mode = AbortMode::now;
  std::string by = "user";
  std::optional<std::uint32_t> expected_turn;
};

/// A person's answer to an `InterruptRaised`.
struct InterruptAnswer {
  InterruptId interrupt_id;
  InterruptDecision decision = InterruptDecision::deny;
  std::string by = "user";
  std::string reason;  // told to the model with a denial
};

/// Every command has an awaitable form, which runs anywhere, and a blocking form, which must not be called on the
/// harness's own thread. Both return once the command's event is in the journal, or with the refusal. Refusals:
/// `run_not_active` after the end, `precondition_failed`, `queue_full`, `limit_exceeded`, `invalid_argument`.
class ControlHandle {
 public:
  ControlHandle() = default;
  explicit ControlHandle(std::shared_ptr<runtime::RunDriver> driver);

  /// Ends the run: at once, with the provider's socket closed, or after the turn under way. Idempotent: a second abort,
  /// or one of a run that has ended, succeeds without effect; `now` overrides an earlier `after_turn`.
  Result<void> abort(AbortOptions options = {}) const;
  Awaitable<Result<void>> async_abort(AbortOptions options) const;

  /// Queues a message for the model. `asap` goes with the next request of this run, `after_turn` waits until the model
  /// is done and opens another turn. Its whole life is events: `HintQueued`, then `HintDelivered` or `HintDropped`.
  Result<HintId> hint(std::string text, HintOptions options = {}) const;
  Awaitable<Result<HintId>> async_hint(std::string text, HintOptions options) const;

  /// Holds the run: the answer under way comes to its end, then nothing more happens, not even completion, until
  /// `resume`. Deadlines of the run stand still. Pausing a paused run succeeds without effect.
  Result<void> pause(std::string by = "user") const;
  Awaitable<Result<void>> async_pause(std::string by) const;
  /// Lets a paused run go on.
  Result<void> resume(std::string by = "user") const;
  Awaitable<Result<void>> async_resume(std::string by) const;

  /// Answers an open question. An allowed call is looked at once more and starts only if it is still what was shown.
  /// Refused with `precondition_failed` when the question is not open.
  Result<void> resolve(InterruptAnswer answer) const;
  Awaitable<Result<void>> async_resolve(InterruptAnswer answer) const;
  /// Lets go of a run that waits for a person or is paused, without ending it: `Harness::resume_run` goes on with it,
  /// in any process. Its readers come to an end. Refused with `precondition_failed` while anything is under way.
  Result<void> detach() const;
  Awaitable<Result<void>> async_detach() const;

  /// Names the present point of the run: 1 to 256 bytes of UTF-8.
  Result<void> checkpoint(std::string label, std::string by = "user") const;
  Awaitable<Result<void>> async_checkpoint(std::string label, std::string by) const;

 private:
  std::shared_ptr<runtime::RunDriver> driver_;  // shared with the run's other handles
};

}  // namespace orchestrator::harness
