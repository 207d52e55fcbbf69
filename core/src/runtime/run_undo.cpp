// SPDX-License-Identifier: Apache-2.0
// The effects of a run that takes calls of another one back.
#include "runtime/run_driver.hpp"

namespace orchestrator::harness::runtime {

void RunDriver::on(const event::effects::PrepareCompensation&) {}
void RunDriver::on(const event::effects::Compensate&) {}

}  // namespace orchestrator::harness::runtime
