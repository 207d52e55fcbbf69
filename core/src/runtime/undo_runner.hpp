// SPDX-License-Identifier: Apache-2.0
#pragma once

// The steps of one undo: looked at once more, then carried out. Each effect is answered by exactly one input to the
// run's driver. Used on the harness's thread only; its coroutines keep the driver, and so this object, alive.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>

#include "event/effect.hpp"
#include "event/input.hpp"
#include "orchestrator/harness/compensation.hpp"

namespace orchestrator::harness {
class Workspace;
}

namespace orchestrator::harness::runtime {

class RunDriver;
struct UndoSource;

/// How long a step may take to act.
inline constexpr std::chrono::milliseconds kRestoreDeadline{120'000};

class UndoRunner {
 public:
  explicit UndoRunner(RunDriver* driver);
  ~UndoRunner();

  void prepare(event::effects::PrepareCompensation effect);
  void restore(event::effects::Compensate effect);
  /// Stops what is under way and answers nothing any more.
  void stop();

 private:
  struct Work;
  using WorkPtr = std::shared_ptr<Work>;  // shared with the step's coroutine and timer
  struct Loaded;

  WorkPtr begin(std::chrono::milliseconds deadline);
  void answer(const WorkPtr& work, event::Input::Value value);
  [[nodiscard]] CompensationContext context_of(const WorkPtr& work, std::string key, std::uint32_t attempt) const;
  boost::asio::awaitable<Result<Loaded>> load(events::ParentRef source, UndoStep step);
  boost::asio::awaitable<event::inputs::CompensationPrepared> look(WorkPtr work,
                                                                   event::effects::PrepareCompensation effect);
  boost::asio::awaitable<event::inputs::Compensated> act(WorkPtr work, event::effects::Compensate effect);

  RunDriver* driver_;                           // outlives this: it owns it
  std::shared_ptr<const UndoSource> source_;    // read once; shared with coroutines under way
  std::shared_ptr<const Workspace> workspace_;  // shared with the contexts of steps
  WorkPtr work_;                                // under way
};

}  // namespace orchestrator::harness::runtime
