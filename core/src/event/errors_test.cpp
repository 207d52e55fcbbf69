// SPDX-License-Identifier: Apache-2.0
// Goal: the typed errors convert to the common form and back without loss, and one table decides what a code implies.
// Method: every code of each enum, the rows that users rely on, and forms that no table holds.

#include "orchestrator/harness/errors.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace orchestrator::harness {
namespace {

const std::vector<ErrorCause> kCause = {{"outer", "first"}, {"inner", "second"}};

template <class Typed, class Code, class Back>
void check_round_trip(Code last, Back back) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const Typed typed{static_cast<Code>(i), "what happened", "where", kCause};
    const Error common = typed;
    EXPECT_EQ(common.code, name_of(typed.code));
    EXPECT_TRUE(names.insert(name_of(typed.code)).second) << common.code;
    EXPECT_TRUE(follows_mapping(common)) << common.code;
    const auto again = back(common);
    ASSERT_TRUE(again) << common.code;
    EXPECT_EQ(*again, typed);
  }
}

TEST(Errors, EveryCodeConvertsThereAndBack) {
  check_round_trip<ProviderError>(ProviderErrorCode::provider_unknown, as_provider_error);
  check_round_trip<RuntimeError>(RuntimeErrorCode::internal, as_runtime_error);
  check_round_trip<ToolError>(ToolErrorCode::tool_outcome_unknown, as_tool_error);
}

TEST(Errors, AnotherCategoryOrAnUnknownCodeDoesNotConvert) {
  const Error provider = ProviderError{ProviderErrorCode::provider_stalled, "", "", {}};
  EXPECT_FALSE(as_runtime_error(provider));
  EXPECT_FALSE(as_tool_error(provider));
  Error invented = provider;
  invented.code = "provider_bored";
  EXPECT_FALSE(as_provider_error(invented));
  EXPECT_FALSE(follows_mapping(invented));
}

TEST(Errors, UnknownIsNeverRetryable) {
  EXPECT_FALSE((ProviderError{ProviderErrorCode::provider_unknown, "", "", {}}.to_error().retryable));
  EXPECT_FALSE((RuntimeError{RuntimeErrorCode::internal, "", "", {}}.to_error().retryable));
}

TEST(Errors, RowsThatCallersRelyOn) {
  const Error limited = ProviderError{ProviderErrorCode::provider_rate_limited, "", "", {}};
  EXPECT_TRUE(limited.retryable);
  EXPECT_EQ(limited.scope, ErrorScope::attempt);
  EXPECT_EQ(limited.next_action, NextAction::retry_later);
  const Error unauthorised = ProviderError{ProviderErrorCode::provider_auth_failed, "", "", {}};
  EXPECT_FALSE(unauthorised.retryable);
  EXPECT_EQ(unauthorised.next_action, NextAction::authenticate);
  const Error full = RuntimeError{RuntimeErrorCode::storage_full, "", "", {}};
  EXPECT_TRUE(full.retryable);
  EXPECT_EQ(full.next_action, NextAction::free_space);
}

TEST(Errors, AChangedImplicationBreaksTheMapping) {
  const Error right = ProviderError{ProviderErrorCode::provider_stalled, "", "", {}};
  Error wrong = right;
  wrong.retryable = !wrong.retryable;
  EXPECT_FALSE(follows_mapping(wrong));
  wrong = right;
  wrong.scope = ErrorScope::run;
  EXPECT_FALSE(follows_mapping(wrong));
  wrong = right;
  wrong.next_action = NextAction::none;
  EXPECT_FALSE(follows_mapping(wrong));
  wrong = right;
  wrong.category = ErrorCategory::tool;
  EXPECT_FALSE(follows_mapping(wrong));
}

TEST(Errors, FailMakesAnUnexpectedOfTheCommonForm) {
  const Result<int> result = fail(RuntimeErrorCode::storage_full, "no space", "/tmp/x");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (RuntimeError{RuntimeErrorCode::storage_full, "no space", "/tmp/x", {}}.to_error()));
}

}  // namespace
}  // namespace orchestrator::harness
