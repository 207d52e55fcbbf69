// SPDX-License-Identifier: Apache-2.0
// Stops an answer in the middle: partial text and usage are kept, and the session goes on from them.
// Usage: abort_demo [PROVIDER/MODEL]
#include <iostream>

#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

int main(int argc, char** argv) {
  auto harness = oh::HarnessBuilder::from_environment().build();
  if (!harness) {
    std::cerr << harness.error().message << "\n";
    return 1;
  }
  oh::Session session = harness->session();
  auto request = session.run("Count slowly from one to one hundred, in words.");
  if (argc > 1) request.model(argv[1]);
  auto run = request.start();
  if (!run) {
    std::cerr << run.error().message << "\n";
    return 1;
  }
  std::size_t seen_bytes = 0;
  for (const oh::StreamEvent& event : run->events()) {
    if (const auto* delta = event.get_if<oh::StreamEvent::OutputDelta>()) {
      std::cout << delta->text << std::flush;
      const bool is_enough = seen_bytes < 20 && seen_bytes + delta->text.size() >= 20;
      seen_bytes += delta->text.size();
      if (is_enough) {
        if (auto aborted = run->abort(); !aborted) std::cerr << aborted.error().message << "\n";
      }
    }
    if (event.get_if<oh::StreamEvent::AbortRequested>() != nullptr) std::cout << "\n[abort requested]\n";
    if (const auto* aborted = event.get_if<oh::StreamEvent::Aborted>()) {
      std::cout << "[aborted after " << aborted->partial_output.size() << " bytes; the session keeps "
                << session.history().size() << " items]\n";
      return 0;
    }
  }
  std::cerr << "the run ended before it could be aborted\n";
  return 1;
}
