// SPDX-License-Identifier: Apache-2.0
// Goal: redacted JSON stays JSON, byte by byte but for what was replaced. Method: small documents, whole results.
#include <gtest/gtest.h>

#include <string>

#include "codec/redaction/redactor.hpp"

namespace orchestrator::harness::codec {
namespace {

Redactor redactor_of(RedactionPolicy policy = {}) { return Redactor::compile(std::move(policy)).value(); }

std::string redacted(std::string_view json, RedactionPolicy policy = {}) {
  return redactor_of(std::move(policy)).redact_json(json).value().text;
}

TEST(JsonRedaction, ReplacesValuesOfSecretNamesWhole) {
  EXPECT_EQ(
      redacted(R"({"password":"hunter22","n":[1,-2.5e3,true,null],"token":123456789,"a":{"apiKey":["x1y2z3w4",7]}})"),
      R"({"password":"[redacted:name]","n":[1,-2.5e3,true,null],"token":"[redacted:name]",)"
      R"("a":{"apiKey":["[redacted:name]","[redacted:name]"]}})");
}

TEST(JsonRedaction, KeepsWhatNeedsNoRedaction) {
  for (const std::string_view json :
       {R"( { "max_tokens" : 4096 , "password" : null, "token": "", "x": 1.0e+05, "y": "\u00e4\/\n" } )",
        R"({"password":"${DB_PASSWORD}","api_key":"YOUR_API_KEY","properties":{"token":{"type":"string"}}})", "[]",
        "\"a\"", "12"}) {
    EXPECT_EQ(redacted(json), json);
  }
}

TEST(JsonRedaction, RedactsInsideStringsAndNames) {
  EXPECT_EQ(redacted(R"({"text":"mail \"joe@example.com\" now","joe@example.com":1})"),
            R"({"text":"mail \"[redacted:email]\" now","[redacted:email]":1})");
  EXPECT_EQ(redacted(R"({"a":4012888888881881})"), R"({"a":"[redacted:card]"})");
}

TEST(JsonRedaction, FindsSecretsBehindEscapes) {
  RedactionPolicy policy;
  policy.secrets = {{.name = "s", .value = "a\"b/c\nd\xC3\xA4"}};
  EXPECT_EQ(redacted(R"(["x a\"b\/c\u000ad\u00e4 y"])", policy), R"(["x [redacted:secret] y"])");
  EXPECT_EQ(redacted(R"(["{\"k\":\"a\\\"b/c\\ndä\"}"])", policy), R"(["{\"k\":\"[redacted:secret]\"}"])");
}

TEST(JsonRedaction, KeepsTheShapeAloneUnderMetadataOnly) {
  RedactionPolicy policy;
  policy.mode = RedactionMode::metadata_only;
  EXPECT_EQ(redacted(R"({"a":"text","b":[1,true,null,""]})", policy),
            R"({"a":"[redacted:content]","b":["[redacted:content]",true,null,""]})");
}

TEST(JsonRedaction, RefusesWhatIsNoJson) {
  const Redactor redactor = redactor_of();
  for (const std::string& text : {std::string("{"), std::string("{\"a\":1} x"), std::string(), std::string("\"\xFF\""),
                                  std::string(200, '[') + std::string(200, ']')}) {
    const auto result = redactor.redact_json(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, "invalid_argument");
  }
  EXPECT_TRUE(redactor.redact_json(std::string(128, '[') + std::string(128, ']')));
}

TEST(JsonRedaction, IsStable) {
  for (const RedactionMode mode : {RedactionMode::full, RedactionMode::metadata_only}) {
    RedactionPolicy policy;
    policy.mode = mode;
    policy.secrets = {{.name = "s", .value = "aaaaaab\"/c"}};
    policy.secret_names = {"pin"};
    const std::string once = redacted(
        R"({"password":"hunter22","token":123456789,"pin":"0815x","aaaaaab\"\/c":1,"t":"\ud83d\ude00 joe@example.com"})",
        policy);
    EXPECT_EQ(redacted(once, policy), once);
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
