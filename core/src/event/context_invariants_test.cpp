// SPDX-License-Identifier: Apache-2.0
// Goal: a sound run that recalls, sums up and leaves a memory breaches nothing; each rule is breached by a journal that
// is sound but for one event.
#include "event/context_invariants.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace orchestrator::harness::event {
namespace {

using Payload = StreamEvent::Payload;
using Payloads = std::vector<Payload>;

MemoryId id(std::uint64_t number) { return MemoryId::make(1, 2, number); }

events::RunStarted started() {
  events::RunStarted event;
  event.input.emplace_back(TextPart{"Where is the key?"});
  event.memory.recall_max = 2;
  event.memory.recall_tokens_max = 10;
  event.memory.keep_run = true;
  return event;
}
events::MemoryRetrieved retrieved() {
  events::MemoryRetrieved event;
  event.hits = {{id(1), MemoryLane::semantic, 0.5, 7, "Under the mat."}};
  event.tokens = 7;
  event.cost_micro_usd = 0;
  return event;
}
events::ProviderRequested requested(std::uint32_t attempt, std::uint32_t turn, AttemptPurpose purpose) {
  events::ProviderRequested event;
  event.attempt = attempt;
  event.turn = turn;
  event.purpose = purpose;
  return event;
}
events::UsageReported usage(std::uint32_t attempt, std::uint64_t cost) { return {attempt, {}, cost, "t"}; }
events::AttemptFinished finished(std::uint32_t attempt) {
  events::AttemptFinished event;
  event.attempt = attempt;
  return event;
}
events::ContextTrimmed trimmed(std::optional<std::uint64_t> cost) {
  events::ContextTrimmed event;
  event.policy = "context_tokens";
  event.cost_micro_usd = cost;
  event.summary = "Earlier";
  return event;
}
events::MemoryStored stored(std::uint64_t number) {
  events::MemoryStored event;
  event.id = id(number);
  event.cost_micro_usd = 0;
  return event;
}

Payloads sound() {
  return {started(),
          retrieved(),
          requested(1, 1, AttemptPurpose::summary),
          events::ContextSummarised{1, 1, "Ada looks for a key."},
          usage(1, 20),
          finished(1),
          trimmed(20),
          requested(2, 1, AttemptPurpose::answer),
          usage(2, 30),
          finished(2),
          stored(7),
          events::Completed{}};
}

std::vector<std::string> breaches_of(const Payloads& payloads) {
  ContextInvariants invariants;
  std::vector<std::string> breached;
  for (const Payload& payload : payloads) {
    for (const auto& breach : invariants.see(StreamEvent{{}, payload})) breached.emplace_back(breach.invariant);
  }
  return breached;
}

TEST(ContextInvariants, ASoundRunBreachesNothing) { EXPECT_EQ(breaches_of(sound()), std::vector<std::string>()); }

TEST(ContextInvariants, ARunWithoutPoliciesNeedsNothing) {
  events::RunStarted plain = started();
  plain.memory = {};
  EXPECT_EQ(breaches_of({plain, requested(1, 1, AttemptPurpose::answer), finished(1), events::Completed{}}),
            std::vector<std::string>());
}

struct Planted {
  const char* invariant;
  std::function<void(Payloads&)> plant;
};

TEST(ContextInvariants, EachRuleIsBreachedByItsFault) {
  const auto erase = [](std::size_t at) {
    return [at](Payloads& run) { run.erase(run.begin() + static_cast<std::ptrdiff_t>(at)); };
  };
  const auto insert = [](std::size_t at, Payload payload) {
    return [at, payload](Payloads& run) { run.insert(run.begin() + static_cast<std::ptrdiff_t>(at), payload); };
  };
  const auto replace = [](std::size_t at, Payload payload) {
    return [at, payload](Payloads& run) { run[at] = payload; };
  };
  events::RunStarted forgetful = started();
  forgetful.memory = {};
  events::MemoryRetrieved too_large = retrieved();
  too_large.hits.front().tokens = too_large.tokens = 11;
  events::MemoryRetrieved wrong_sum = retrieved();
  wrong_sum.tokens = 6;
  events::MemoryRetrieved failed = retrieved();
  failed.error = RuntimeError{RuntimeErrorCode::storage_failed, "gone", "memory", {}};
  events::MemoryRetrieved many = retrieved();
  many.hits.assign(3, {id(1), MemoryLane::semantic, 0.5, 0, "x"});
  many.tokens = 0;
  const std::vector<Planted> faults{
      {"memory_policy", erase(1)},
      {"memory_policy", erase(10)},
      {"memory_policy", replace(0, forgetful)},
      {"memory_policy", replace(1, too_large)},
      {"memory_policy", replace(1, many)},
      {"usage_sums", replace(1, wrong_sum)},
      {"required_fields", replace(1, failed)},
      {"memory_once", insert(2, retrieved())},
      {"memory_once", insert(3, retrieved())},
      {"memory_once", insert(10, stored(7))},
      {"memory_at_end", insert(2, stored(8))},
      {"required_fields", replace(10, events::MemoryStored{})},
      {"summary_once", insert(6, requested(9, 1, AttemptPurpose::summary))},
      {"summary_apart", insert(8, events::ContextSummarised{2, 1, "x"})},
      {"required_fields", replace(3, events::ContextSummarised{1, 1, ""})},
      {"usage_sums", replace(6, trimmed(21))},
      {"usage_sums", insert(7, trimmed(20))},
      {"required_fields", insert(9, events::LoopSuspected{1, "read_file", sha256("x"), 2, 2})}};
  for (const Planted& fault : faults) {
    Payloads run = sound();
    fault.plant(run);
    const auto breached = breaches_of(run);
    EXPECT_TRUE(std::ranges::find(breached, fault.invariant) != breached.end())
        << fault.invariant << ", fault " << &fault - faults.data();
  }
}

TEST(ContextInvariants, ALimitOfTurnsLeavesNoMemory) {
  Payloads run = sound();
  run.erase(run.begin() + 10);
  events::Completed cut;
  cut.finish_reason = FinishReason::tool_limit;
  run.back() = cut;
  EXPECT_EQ(breaches_of(run), std::vector<std::string>());
}

}  // namespace
}  // namespace orchestrator::harness::event
