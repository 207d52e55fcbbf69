// SPDX-License-Identifier: Apache-2.0
// Uses the installed package as a user would: one run, its answer as it streams. The program is the hello world.
#include <iostream>

#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

int main() {
  auto script = oh::scripted_provider({{"hello", R"({"turns":[{"text":"Hello from the package.\n"}]})"}}).value();
  auto harness = oh::HarnessBuilder().provider(script).default_model("scripted/hello").build().value();
  auto run = harness.session().run("Say hello").start().value();
  for (const oh::StreamEvent& event : run.events())
    if (auto* delta = event.get_if<oh::StreamEvent::OutputDelta>()) std::cout << delta->text << std::flush;
  return run.error() ? 1 : 0;
}
