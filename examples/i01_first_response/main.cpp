// SPDX-License-Identifier: Apache-2.0
// One run, its answer as it streams, and how it ended. Usage: i01_first_response [PROVIDER/MODEL [PROMPT]]
#include <iostream>

#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

int main(int argc, char** argv) {
  auto harness = oh::HarnessBuilder::from_environment().build();
  if (!harness) {
    std::cerr << harness.error().message << "\n";
    return 1;
  }
  auto request = harness->session().run(argc > 2 ? argv[2] : "Say hello in one sentence.");
  if (argc > 1) request.model(argv[1]);
  auto run = request.start();
  if (!run) {
    std::cerr << run.error().message << "\n";
    return 1;
  }
  for (const oh::StreamEvent& event : run->events()) {
    if (const auto* delta = event.get_if<oh::StreamEvent::OutputDelta>()) std::cout << delta->text << std::flush;
    if (const auto* done = event.get_if<oh::StreamEvent::Completed>()) {
      std::cout << "\n";
      std::cerr << run->id().str() << ": " << event.meta.seq << " events, first token after "
                << done->latencies.first_token_us.value_or(0) / 1000 << " ms, " << done->usage.output.value_or(0)
                << " output tokens\n";
      return 0;
    }
    if (const auto* error = event.get_if<oh::StreamEvent::Error>()) std::cerr << error->error.message << "\n";
  }
  return 1;
}
