// SPDX-License-Identifier: Apache-2.0
// Goal: an address opens what it says, and what is shown of it holds no password. Method: examples.

#include "journal/postgres_address.hpp"

#include <gmock/gmock.h>

#include "journal/postgres_connection.hpp"

namespace orchestrator::harness::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresAddress, IsShownWithoutPasswords) {
  for (const auto& [url, shown] : {
           std::pair{"postgres://h/d", "postgres://h/d"},
           std::pair{"postgres://u@h:5433/d?sslmode=require", "postgres://u@h:5433/d?sslmode=require"},
           std::pair{"postgres://u:pw@h/d", "postgres://u@h/d"},
           std::pair{"postgresql://u:p%40w@h1:1,h2:2/d", "postgresql://u@h1:1,h2:2/d"},
           std::pair{"postgres://u:@h/d", "postgres://u@h/d"},
           std::pair{"postgres:///d?host=/run/pg&password=pw&user=u", "postgres:///d?host=/run/pg&user=u"},
           std::pair{"postgres://h/d?password=pw", "postgres://h/d"},
           std::pair{"postgres://h/d?sslpassword=pw&sslmode=disable", "postgres://h/d?sslmode=disable"},
           std::pair{"postgres://u:pw@[::1]:5/d", "postgres://u@[::1]:5/d"},
       }) {
    const auto address = parse_postgres_address(url);
    ASSERT_TRUE(address) << url << ": " << address.error().message;
    EXPECT_EQ(address->shown, shown);
    EXPECT_EQ(address->url, url);
  }
}

TEST(PostgresAddress, KnowsItsSecrets) {
  EXPECT_THAT(parse_postgres_address("postgres://u:p%40w@h/d?sslpassword=key")->secrets, ElementsAre("p@w", "key"));
  const auto address = parse_postgres_address("postgres://u:p%40w@h/d").value();
  EXPECT_EQ(shown_message("no: p@w\n\tis p@w\n", address), "no: *** is ***");
}

TEST(PostgresAddress, IsRefusedWithoutRepeatingIt) {
  for (const char* url : {"postgres://u:hunter2%zz@h/d", "postgres://h/d?hunter2=1",
                          "postgres://h/d?pass%77ord=hunter2", "postgres://u:hunter2@h:x/d?a"}) {
    const auto address = parse_postgres_address(url);
    if (address) continue;  // libpq looks at ports only when it connects
    EXPECT_EQ(address.error().code, "configuration_invalid");
    EXPECT_THAT(address.error().message, Not(HasSubstr("hunter2"))) << url;
  }
  EXPECT_FALSE(parse_postgres_address("postgres://h/d?pass%77ord=hunter2"));
  EXPECT_EQ(without_passwords("mysql://u:hunter2@h/d"), "mysql://u@h/d");
}

TEST(PostgresVersion, BelowFifteenIsRefusedWithBothVersions) {
  EXPECT_TRUE(check_postgres_version(150'000));
  EXPECT_TRUE(check_postgres_version(180'002));
  const auto old = check_postgres_version(140'013);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, "not_supported");
  EXPECT_THAT(old.error().message, ::testing::AllOf(HasSubstr("14.13"), HasSubstr("15")));
}

}  // namespace
}  // namespace orchestrator::harness::journal
