// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/testing/temporary_folder.hpp"
#include "daemon/access/origin_check.hpp"
#include "daemon/access/token_file.hpp"
#include "daemon/access/tokens.hpp"

namespace orchestrator::daemon {
namespace {

TEST(TokenFile, IsMadeOnceAndForItsOwnerAlone) {
  const cli::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/state/daemon/token";
  const auto made = load_token(path);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 68U);
  EXPECT_EQ(load_token(path).value(), *made);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((folder.path() + "/state/daemon").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(TokenFile, RefusesWhatOthersMayHaveMade) {
  const cli::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/token";
  const std::string good = load_token(path).value();
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  EXPECT_FALSE(load_token(path));
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/dev/null", path);
  EXPECT_FALSE(load_token(path));
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(load_token(path));
  std::filesystem::remove(path);
  std::ofstream(path) << "no token";
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  EXPECT_FALSE(load_token(path));
}

RequestHead head_with(Fields fields) {
  RequestHead head;
  head.fields = std::move(fields);
  return head;
}

TEST(OriginCheck, KnowsItsOwnNamesAlone) {
  const OriginCheck check(ListenAddress{"127.0.0.1", 7717});
  for (const char* host : {"127.0.0.1:7717", "localhost:7717", "LOCALHOST:7717", "[::1]:7717"}) {
    EXPECT_TRUE(check.check(head_with({{"Host", host}}))) << host;
  }
  for (const char* host : {"", "127.0.0.1", "127.0.0.1:7718", "evil.test:7717", "0.0.0.0:7717", "[::]:7717",
                           "127.1:7717", "localhost.:7717", "a@127.0.0.1:7717", "127.0.0.1:7717/x", "x/../"}) {
    const auto checked = check.check(head_with({{"Host", host}}));
    ASSERT_FALSE(checked) << host;
    EXPECT_EQ(checked.error().status, 421U);
  }
}

TEST(OriginCheck, ComparesOriginsExactly) {
  const OriginCheck check(ListenAddress{"127.0.0.1", 7717});
  const auto passes = [&](const char* origin) {
    return check.check(head_with({{"Host", "127.0.0.1:7717"}, {"Origin", origin}})).has_value();
  };
  EXPECT_TRUE(passes("http://127.0.0.1:7717"));
  for (const char* origin : {"null", "", "http://evil.test", "http://127.0.0.1:7717.evil.test", "http://localhost:7717",
                             "http://localhost:3000", "https://127.0.0.1:7717", "http://127.0.0.1"}) {
    EXPECT_FALSE(passes(origin)) << origin;
  }
  EXPECT_FALSE(check.check(head_with({{"Host", "127.0.0.1:7717"}, {"Sec-Fetch-Site", "cross-site"}})));
  EXPECT_FALSE(check.check(head_with({{"Host", "127.0.0.1:7717"}, {"Sec-Fetch-Site", "same-site"}})));
  EXPECT_TRUE(check.check(head_with({{"Host", "127.0.0.1:7717"}, {"Sec-Fetch-Site", "same-origin"}})));
}

TEST(Tokens, TakesOneCredentialAndNeverFromTheAddress) {
  const auto now = std::chrono::steady_clock::now();
  Tokens tokens({{"orc_good", Principal{"owner", Role::admin}}});
  EXPECT_EQ(tokens.identify(head_with({{"Authorization", "Bearer orc_good"}}), now)->role, Role::admin);
  EXPECT_EQ(tokens.identify(head_with({}), now)->role, Role::open);
  EXPECT_EQ(tokens.identify(head_with({{"Authorization", "Bearer orc_goo"}}), now).error().code, "token_invalid");
  EXPECT_EQ(tokens.identify(head_with({{"Authorization", "orc_good"}}), now).error().code, "token_invalid");
  EXPECT_EQ(tokens.identify(head_with({{"x-api-key", "a"}, {"Authorization", "Bearer orc_good"}}), now).error().code,
            "two_credentials");
  RequestHead head;
  head.query.emplace_back("token", "orc_good");
  EXPECT_EQ(tokens.identify(head, now).error().code, "token_in_query_refused");
}

TEST(Tokens, StopsGuessing) {
  auto now = std::chrono::steady_clock::now();
  Tokens tokens({{"orc_good", Principal{"owner", Role::admin}}});
  const auto guess = [&] { return tokens.identify(head_with({{"Authorization", "Bearer x"}}), now).error().status; };
  for (int i = 0; i < 100; ++i) EXPECT_EQ(guess(), 401U);
  EXPECT_EQ(guess(), 429U);
  EXPECT_TRUE(tokens.identify(head_with({{"Authorization", "Bearer orc_good"}}), now));
  now += std::chrono::seconds(11);
  EXPECT_EQ(guess(), 401U);
}

}  // namespace
}  // namespace orchestrator::daemon
