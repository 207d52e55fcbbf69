// SPDX-License-Identifier: Apache-2.0
// The effect of a run that replays another one.
#include "runtime/run_driver.hpp"

namespace orchestrator::harness::runtime {

void RunDriver::on(const event::effects::ReplaySource&) {}

}  // namespace orchestrator::harness::runtime
