// SPDX-License-Identifier: Apache-2.0
// Goal: names of secrets are known in every way of writing, and their likes are not taken for them. Method: lists.
#include "codec/redaction/secret_names.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

TEST(SecretNames, KnowsEveryWayOfWriting) {
  const SecretNames names;
  for (const std::string_view name : {"password",      "Password",
                                      "DB_PASSWORD",   "dbPassword",
                                      "user-password", "password2",
                                      "apiKey",        "api_key",
                                      "API_KEY",       "api-key",
                                      "X-Api-Key",     "apikey",
                                      "APIKey",        "AWS_SECRET_ACCESS_KEY",
                                      "clientSecret",  "client_secret",
                                      "token",         "GITHUB_TOKEN",
                                      "accessToken",   "refresh-token",
                                      "Authorization", "PGPASSWORD",
                                      "private_key",   "spring.datasource.password",
                                      "secret_value",  "passwd",
                                      "credentials",   "REDIS_PASS",
                                      "AccountKey"}) {
    EXPECT_TRUE(names.is_secret(name)) << name;
  }
}

TEST(SecretNames, LeavesTheirLikes) {
  const SecretNames names;
  for (const std::string_view name : {"max_tokens",
                                      "tokenizer",
                                      "token_type",
                                      "tokens",
                                      "next_page_token",
                                      "password_length",
                                      "passwordPolicy",
                                      "secretName",
                                      "public_key",
                                      "primaryKey",
                                      "key",
                                      "keyboard",
                                      "author",
                                      "authority",
                                      "pass",
                                      "compass",
                                      "bypass",
                                      "secretary",
                                      "",
                                      "a",
                                      "total_tokens",
                                      "stop_token",
                                      "12345",
                                      "passwords"}) {
    EXPECT_FALSE(names.is_secret(name)) << name;
  }
  EXPECT_FALSE(names.is_secret(std::string(60, 'a') + "_password"));
}

TEST(SecretNames, TakesFurtherOnes) {
  const SecretNames names({"door-code", "PIN"});
  for (const std::string_view name : {"door_code", "doorCode", "DOOR-CODE", "pin"})
    EXPECT_TRUE(names.is_secret(name)) << name;
  EXPECT_FALSE(names.is_secret("pins"));
}

TEST(SecretNames, KnowsThoseOfQueries) {
  EXPECT_TRUE(is_secret_in_query("key"));
  EXPECT_TRUE(is_secret_in_query("X-Amz-Signature"));
  EXPECT_FALSE(is_secret_in_query("page"));
}

}  // namespace
}  // namespace orchestrator::harness::codec
