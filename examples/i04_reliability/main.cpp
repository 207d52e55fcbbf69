// SPDX-License-Identifier: Apache-2.0
// Four kinds of trouble and what becomes of them: a slow model, a busy one, an answer that breaks off, a budget that is
// too small. The scripts play the trouble; nothing is sent anywhere.
// Usage: i04_reliability
#include <array>
#include <iostream>
#include <string>
#include <utility>

#include "orchestrator/harness/harness.hpp"

namespace oh = orchestrator::harness;

namespace {

constexpr std::array kScripts{
    std::pair{"slow", R"({"turns":[{"text":"Far too late.","first_delay_ms":60000}]})"},
    std::pair{"busy", R"({"turns":[{"text":"The second attempt worked.","usage":{"input":40,"output":6},
                        "faults":[{"kind":"http","status":503}]}]})"},
    std::pair{"cut", R"({"turns":[{"text":"This answer breaks off once, and is whole after that.","delta_chars":4,
                       "faults":[{"kind":"cut","after_bytes":1800}]}]})"}};

// Tells what a run went through. True when it was completed.
bool tell(oh::RunHandle run) {
  for (const oh::StreamEvent& event : run.events()) {
    if (const auto* timeout = event.get_if<oh::StreamEvent::TimeoutFired>()) {
      std::cout << "  timeout after " << timeout->after_ms << " ms\n";
    } else if (const auto* failed = event.get_if<oh::StreamEvent::AttemptFailed>()) {
      std::cout << "  attempt " << failed->attempt << " failed: " << failed->error.code << "\n";
    } else if (const auto* retry = event.get_if<oh::StreamEvent::RetryScheduled>()) {
      std::cout << "  attempt " << retry->next_attempt << " in " << retry->delay_ms << " ms"
                << (retry->mode == oh::RetryMode::restart ? ", from the start: what was seen is void" : "") << "\n";
    } else if (const auto* fallback = event.get_if<oh::StreamEvent::FallbackSelected>()) {
      std::cout << "  going on with " << fallback->to.str() << "\n";
    } else if (const auto* done = event.get_if<oh::StreamEvent::Completed>()) {
      std::cout << "  completed: " << done->output;
      if (done->cost_micro_usd) std::cout << " (" << *done->cost_micro_usd << " micro-USD)";
      std::cout << "\n";
      return true;
    } else if (const auto* error = event.get_if<oh::StreamEvent::Error>()) {
      std::cout << "  ended: " << error->error.code << ": " << error->error.message << "\n";
    }
  }
  return false;
}

oh::Result<oh::Harness> make_harness() {
  auto provider = oh::scripted_provider({kScripts.begin(), kScripts.end()});
  if (!provider) return std::unexpected(provider.error());
  auto prices = oh::ModelCatalogue::parse(
      R"({"version":"example","models":[{"model":"scripted/busy","output_tokens_max":100,
          "usd_per_million":{"input":2,"cached_input":0.5,"output":10}}]})",
      "of this example");
  if (!prices) return std::unexpected(prices.error());
  oh::RetryPolicy retries;
  retries.delay_ms = 50;
  return oh::HarnessBuilder().provider(*provider).catalogue(*prices).retries(retries).build();
}

}  // namespace

int main() {
  auto harness = make_harness();
  if (!harness) {
    std::cerr << harness.error().message << "\n";
    return 1;
  }
  const oh::Session session = harness->session();
  const auto start = [](const oh::RunBuilder& request) { return request.start().value(); };

  std::cout << "A model that does not speak up, and another one behind it:\n";
  oh::TimeoutPolicy impatient;
  impatient.first_token_ms = 100;
  oh::RetryPolicy once;
  once.attempts_max = 1;
  auto slow = session.run("Hi").model("scripted/slow").fallback("scripted/busy").timeouts(impatient).retries(once);
  const bool took_over = tell(start(slow));

  std::cout << "A busy model, tried again:\n";
  const bool recovered = tell(start(session.run("Hi").model("scripted/busy")));

  std::cout << "An answer that breaks off, started anew:\n";
  oh::RetryPolicy restart;
  restart.delay_ms = 50;
  restart.after_output = oh::AfterOutput::restart;
  const bool restarted = tell(start(session.run("Hi").model("scripted/cut").retries(restart)));

  std::cout << "A budget of 100 micro-USD:\n";
  oh::Budgets budget;
  budget.cost_micro_usd = 100;
  const bool stopped = !tell(start(session.run("Hi").model("scripted/busy").budgets(budget)));
  return took_over && recovered && restarted && stopped ? 0 : 1;
}
