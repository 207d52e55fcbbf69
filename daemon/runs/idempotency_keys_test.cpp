// SPDX-License-Identifier: Apache-2.0
#include "daemon/runs/idempotency_keys.hpp"

#include <gtest/gtest.h>

#include <string>

#include "cli/store/blocking_wait.hpp"
#include "cli/testing/temporary_folder.hpp"

namespace orchestrator::daemon {
namespace {

using cli::wait_for;
using State = KeyClaim::State;

harness::RunId run_id() { return harness::RunId::parse("run_01K5D0000000000000000000AB").value(); }

TEST(IdempotencyKeys, KnowAKeyAfterARestart) {
  const cli::testing::TemporaryFolder folder;
  const std::string path = folder.path("keys.sqlite");
  {
    auto keys = IdempotencyKeys::open(path, "store").value();
    EXPECT_EQ(wait_for(keys->claim("a", "body"))->state, State::fresh);
    EXPECT_TRUE(wait_for(keys->settle("a", run_id())));
    EXPECT_EQ(wait_for(keys->claim("b", "body"))->state, State::fresh);
  }
  auto keys = IdempotencyKeys::open(path, "store").value();
  const auto settled = wait_for(keys->claim("a", "body")).value();
  EXPECT_EQ(settled.state, State::settled);
  EXPECT_EQ(settled.run_id, run_id());
  EXPECT_EQ(wait_for(keys->claim("a", "other"))->state, State::mismatch);
  EXPECT_EQ(wait_for(keys->claim("b", "body"))->state, State::unsettled);
  EXPECT_TRUE(wait_for(keys->forget("b")));
  EXPECT_EQ(wait_for(keys->claim("b", "other"))->state, State::fresh);
}

TEST(IdempotencyKeys, AreThoseOfOneStore) {
  const cli::testing::TemporaryFolder folder;
  const std::string path = folder.path("keys.sqlite");
  auto one = IdempotencyKeys::open(path, "one").value();
  auto other = IdempotencyKeys::open(path, "other").value();
  EXPECT_EQ(wait_for(one->claim("a", "body"))->state, State::fresh);
  EXPECT_EQ(wait_for(other->claim("a", "other body"))->state, State::fresh);
  EXPECT_NE(one->label_of("a"), other->label_of("a"));
}

TEST(IdempotencyKeys, ForgetNoSettledKey) {
  auto keys = IdempotencyKeys::open(":memory:", "store").value();
  EXPECT_EQ(wait_for(keys->claim("a", "body"))->state, State::fresh);
  EXPECT_TRUE(wait_for(keys->settle("a", run_id())));
  EXPECT_TRUE(wait_for(keys->forget("a")));
  EXPECT_EQ(wait_for(keys->claim("a", "body"))->state, State::settled);
}

}  // namespace
}  // namespace orchestrator::daemon
