// SPDX-License-Identifier: Apache-2.0
// Goal: a slip of the keyboard finds the name that was meant, and an unrelated word finds none.
// Method: words against one list of names.

#include "event/nearest_name.hpp"

#include <gtest/gtest.h>

#include <array>

namespace orchestrator::harness::event {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"temperature", "top_p", "stop", "seed", "port", "base_url"};

TEST(NearestName, FindsSlips) {
  EXPECT_EQ(nearest_name("temprature", kNames), "temperature");
  EXPECT_EQ(nearest_name("Temperature", kNames), "temperature");
  EXPECT_EQ(nearest_name("prot", kNames), "port") << "a swap of neighbours is one slip";
  EXPECT_EQ(nearest_name("baseurl", kNames), "base_url");
  EXPECT_EQ(nearest_name("sed", kNames), "seed");
}

TEST(NearestName, FindsTheOneBeginning) {
  EXPECT_EQ(nearest_name("temp", kNames), "temperature");
  EXPECT_EQ(nearest_name("s", kNames), std::nullopt) << "stop and seed both begin so";
}

TEST(NearestName, LeavesUnrelatedWordsAlone) {
  EXPECT_EQ(nearest_name("frequency", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("x", kNames), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(65, 's'), kNames), std::nullopt);
  EXPECT_EQ(nearest_name("seed", {}), std::nullopt);
}

TEST(NearestName, PrefersTheNearestThenTheFirst) {
  constexpr std::array<std::string_view, 3> names = {"runs", "run", "sun"};
  EXPECT_EQ(nearest_name("run", names), "run");
  EXPECT_EQ(nearest_name("rn", names), "run");
  EXPECT_EQ(nearest_name("gun", names), "run") << "run and sun are equally near";
}

TEST(NearestName, WritesTheQuestion) {
  EXPECT_EQ(did_you_mean("stpo", kNames), "; did you mean 'stop'?");
  EXPECT_EQ(did_you_mean("frequency", kNames), "");
}

}  // namespace
}  // namespace orchestrator::harness::event
