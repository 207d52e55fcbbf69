// SPDX-License-Identifier: Apache-2.0
// Goal: an address that would give a key away is refused. Method: addresses that look alike, with and without a key.
#include "providers/http_provider.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::providers {
namespace {

bool takes_key(const char* base_url) { return checked_base_url(base_url, true, "test").has_value(); }

TEST(CheckedBaseUrl, SendsAKeyInPlainTextToThisMachineOnly) {
  for (const char* here :
       {"http://127.0.0.1:8080/v1", "http://127.9.9.9/v1", "http://localhost:1/v1", "http://[::1]/v1"}) {
    EXPECT_TRUE(takes_key(here)) << here;
  }
  for (const char* away : {"http://127.example.com/v1", "http://127.0.0.1.example.com/v1",
                           "http://localhost.example.com/v1", "http://10.0.0.1/v1", "http://[::2]/v1"}) {
    EXPECT_FALSE(takes_key(away)) << away;
    EXPECT_TRUE(checked_base_url(away, false, "test").has_value()) << away;
  }
}

TEST(CheckedBaseUrl, RefusesUserInformationAndOtherSchemes) {
  for (const char* bad : {"https://user:secret@host/v1", "ftp://host/v1", "host:80", "https://host/v1?key=1", ""}) {
    const auto checked = checked_base_url(bad, false, "test");
    EXPECT_FALSE(checked.has_value()) << bad;
    if (!checked) EXPECT_EQ(checked.error().message.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace orchestrator::harness::providers
