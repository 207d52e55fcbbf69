// SPDX-License-Identifier: Apache-2.0
// Goal: a tier that changes the price is told of, one that does not is not; what a host sends is never taken as it is.
#include "codec/service_tier.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orchestrator::harness::codec {
namespace {

std::vector<std::string> terms_of(std::string_view tier) {
  Usage usage;
  add_service_tier(usage, tier);
  return usage.unpriced;
}

TEST(ServiceTier, StandardTiersHaveThePriceOfTheTable) {
  for (const char* tier : {"", "auto", "default", "standard", "ON_DEMAND", "on_demand", "SERVICE_TIER_UNSPECIFIED"}) {
    EXPECT_EQ(terms_of(tier), std::vector<std::string>()) << tier;
  }
}

TEST(ServiceTier, OthersHaveNot) {
  EXPECT_EQ(terms_of("flex"), std::vector<std::string>{"service_tier:flex"});
  EXPECT_EQ(terms_of("Priority"), std::vector<std::string>{"service_tier:priority"});
  EXPECT_EQ(terms_of("PROVISIONED_THROUGHPUT"), std::vector<std::string>{"service_tier:provisioned_throughput"});
}

TEST(ServiceTier, NamesOfOtherFormsAreNotTakenOver) {
  EXPECT_EQ(terms_of("a b"), std::vector<std::string>{"service_tier:other"});
  EXPECT_EQ(terms_of(std::string(1'000, 'x')), std::vector<std::string>{"service_tier:other"});
}

TEST(ServiceTier, ATermIsAddedOnceAndTheirNumberIsBounded) {
  Usage usage;
  for (int i = 0; i < 100; ++i) {
    add_unpriced(usage, "hosted_tools");
    add_unpriced(usage, "term " + std::to_string(i));
  }
  EXPECT_EQ(usage.unpriced.size(), kUnpricedMax);
  EXPECT_EQ(usage.unpriced.front(), "hosted_tools");
}

}  // namespace
}  // namespace orchestrator::harness::codec
