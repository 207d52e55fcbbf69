// SPDX-License-Identifier: Apache-2.0
// Goal: attempts and what is known of their tokens are told where the run's totals are not. Method: events by hand.
#include "cli/store/attempt_tally.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

using harness::StreamEvent;

template <class Payload>
void add(AttemptTally& tally, Payload payload) {
  StreamEvent event;
  event.payload = std::move(payload);
  tally.add(event);
}

void add_attempt(AttemptTally& tally, std::optional<std::uint64_t> input, std::optional<std::uint64_t> cost,
                 const char* error) {
  add(tally, StreamEvent::ProviderRequested{});
  StreamEvent::UsageReported usage;
  usage.usage.input = input;
  usage.usage.output = input;
  usage.cost_micro_usd = cost;
  add(tally, usage);
  if (error != nullptr) {
    StreamEvent::AttemptFailed failed;
    failed.error.code = error;
    add(tally, failed);
  }
}

TEST(AttemptTally, SaysNothingOfOneGoodAttempt) {
  AttemptTally tally;
  EXPECT_EQ(tally.text(), "");
  add_attempt(tally, 10, 30, nullptr);
  EXPECT_EQ(tally.text(), "");
  EXPECT_EQ(tally.known_text(), "");
}

TEST(AttemptTally, TellsOfFailuresAndOfWhatIsKnown) {
  AttemptTally tally;
  add_attempt(tally, std::nullopt, std::nullopt, "provider_stalled");
  EXPECT_EQ(tally.text(), "1, 1 failed: provider_stalled");
  EXPECT_EQ(tally.known_text(), "") << "nothing is known";
  add_attempt(tally, 0, 0, "provider_overloaded");
  add_attempt(tally, 40, 190, nullptr);
  EXPECT_EQ(tally.text(), "3, 2 failed: provider_stalled, provider_overloaded");
  EXPECT_EQ(tally.known_text(), "at least 40 in, 40 out tokens, $0.000190");
}

}  // namespace
}  // namespace orchestrator::cli
