// SPDX-License-Identifier: Apache-2.0
// Goal: the numbers that scripts rely on. Method: one row a promise.

#include "cli/exit_status.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

using harness::ProviderErrorCode;
using harness::RuntimeErrorCode;
using harness::StreamEvent;

int status_of(auto code) { return static_cast<int>(exit_status_of(harness::fail(code, "x").error())); }

TEST(ExitStatus, FollowsTheCode) {
  EXPECT_EQ(status_of(RuntimeErrorCode::invalid_argument), 2);
  EXPECT_EQ(status_of(RuntimeErrorCode::configuration_invalid), 2);
  EXPECT_EQ(status_of(RuntimeErrorCode::budget_unpriced), 2);
  EXPECT_EQ(status_of(RuntimeErrorCode::unknown_provider), 2);
  EXPECT_EQ(status_of(RuntimeErrorCode::key_missing), 2);
  EXPECT_EQ(status_of(RuntimeErrorCode::script_invalid), 2);
  EXPECT_EQ(status_of(RuntimeErrorCode::run_not_found), 3);
  EXPECT_EQ(status_of(RuntimeErrorCode::session_not_found), 3);
  EXPECT_EQ(status_of(RuntimeErrorCode::approval_denied), 4);
  EXPECT_EQ(status_of(RuntimeErrorCode::gate_blocked), 4);
  EXPECT_EQ(status_of(RuntimeErrorCode::journal_damaged), 6);
  EXPECT_EQ(status_of(RuntimeErrorCode::run_timeout), 8);
  EXPECT_EQ(status_of(RuntimeErrorCode::budget_exceeded), 8);
  EXPECT_EQ(status_of(RuntimeErrorCode::storage_full), 1);
  EXPECT_EQ(status_of(RuntimeErrorCode::run_not_active), 1);
  EXPECT_EQ(status_of(ProviderErrorCode::provider_auth_failed), 1);
  EXPECT_EQ(status_of(ProviderErrorCode::provider_unreachable), 1);
}

TEST(ExitStatus, FollowsTheEndOfTheRun) {
  StreamEvent event;
  event.payload = StreamEvent::Completed{};
  EXPECT_EQ(exit_status_of(event), ExitStatus::done);
  StreamEvent::Completed limited;
  limited.finish_reason = harness::FinishReason::tool_limit;
  event.payload = limited;
  EXPECT_EQ(exit_status_of(event), ExitStatus::done);
  event.payload = StreamEvent::Aborted{};
  EXPECT_EQ(static_cast<int>(exit_status_of(event)), 130);
  StreamEvent::Error failed;
  failed.error = harness::fail(RuntimeErrorCode::run_timeout, "x").error();
  event.payload = failed;
  EXPECT_EQ(static_cast<int>(exit_status_of(event)), 8);
}

}  // namespace
}  // namespace orchestrator::cli
