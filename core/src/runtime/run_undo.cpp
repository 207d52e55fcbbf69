// SPDX-License-Identifier: Apache-2.0
// The effects of a run that takes calls of another one back.
#include "runtime/run_driver.hpp"

namespace orchestrator::harness::runtime {

UndoRunner& RunDriver::undo_runner() {
  if (!undo_runner_) undo_runner_ = std::make_unique<UndoRunner>(this);
  return *undo_runner_;
}

void RunDriver::on(const event::effects::PrepareCompensation& effect) { undo_runner().prepare(effect); }
void RunDriver::on(const event::effects::Compensate& effect) { undo_runner().restore(effect); }

}  // namespace orchestrator::harness::runtime
