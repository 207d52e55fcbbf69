// SPDX-License-Identifier: Apache-2.0
// Goal: a redactor takes out what its policy names, in every form, and nothing else. Method: small texts, whole
// results.
#include "codec/redaction/redactor.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

Redactor redactor_of(RedactionPolicy policy = {}) { return Redactor::compile(std::move(policy)).value(); }

std::string redacted(std::string_view text, RedactionPolicy policy = {}) {
  return redactor_of(std::move(policy)).redact(text).text;
}

TEST(Redactor, ReplacesValuesAfterSecretNames) {
  EXPECT_EQ(redacted("password=hunter2 and more"), "password=[redacted:name] and more");
  EXPECT_EQ(redacted("Authorization: Bearer abcdef123456"), "Authorization: Bearer [redacted:name]");
  EXPECT_EQ(redacted(R"({"apiKey": "x1y2z3", "max_tokens": 5})"), R"({"apiKey": "[redacted:name]", "max_tokens": 5})");
  EXPECT_EQ(redacted("run --token abc123def --fast"), "run --token [redacted:name] --fast");
  EXPECT_EQ(redacted("AWS_SECRET_ACCESS_KEY='a b c1'\nX=1"), "AWS_SECRET_ACCESS_KEY='[redacted:name]'\nX=1");
}

TEST(Redactor, LeavesReferencesExamplesAndProse) {
  for (const std::string_view text : {"password=${PASSWORD}", "api_key: YOUR_API_KEY", "password = get_password()",
                                      "The password is secret.", "\"Bearer \" + key", "token == other_token",
                                      "password: str = None", "Bearer token spec", "{\"password\": null}"}) {
    EXPECT_EQ(redacted(text), text);
  }
}

TEST(Redactor, TakesFurtherNames) {
  RedactionPolicy policy;
  policy.secret_names = {"door-code"};
  EXPECT_EQ(redacted("doorCode=4711a; DOOR_CODE: \"b\\\"cd\"", policy),
            "doorCode=[redacted:name]; DOOR_CODE: \"[redacted:name]\"");
  EXPECT_EQ(redacted("doorCode=4711a"), "doorCode=4711a");
}

TEST(Redactor, SaysWhereAndHowOften) {
  const RedactedText result = redactor_of().redact("a joe@example.com b password=hunter2, c");
  EXPECT_EQ(result.text, "a [redacted:email] b password=[redacted:name], c");
  EXPECT_EQ(result.spans, (std::vector<RedactedSpan>{{2, 17, RedactionKind::email}, {29, 36, RedactionKind::name}}));
  RedactionCounts counts{};
  counts[static_cast<std::size_t>(RedactionKind::email)] = 1;
  counts[static_cast<std::size_t>(RedactionKind::name)] = 1;
  EXPECT_EQ(result.counts, counts);
}

TEST(Redactor, SpansOfSecretsAreThoseOfTheTextGiven) {
  RedactionPolicy policy;
  policy.secrets = {{.name = "s", .value = "tiny-secret"}};
  const RedactedText result = redactor_of(policy).redact("x tiny-secret y joe@example.com tiny-secret");
  EXPECT_EQ(result.text, "x [redacted:secret] y [redacted:email] [redacted:secret]");
  EXPECT_EQ(result.spans,
            (std::vector<RedactedSpan>{
                {2, 13, RedactionKind::secret}, {16, 31, RedactionKind::email}, {32, 43, RedactionKind::secret}}));
}

TEST(Redactor, OneDetectorOffLeavesItsKind) {
  constexpr std::string_view kText =
      "tiny-secret joe@example.com 4012888888881881 DE89370400440532013000 +49 30 901820 password=hunter2 "
      "q8Zr2LmX9vT4bKc7YwN3pHd6";
  RedactionPolicy all;
  all.secrets = {{.name = "s", .value = "tiny-secret"}};
  all.detectors.phone = true;
  EXPECT_EQ(redacted(kText, all),
            "[redacted:secret] [redacted:email] [redacted:card] [redacted:iban] [redacted:phone] "
            "password=[redacted:name] [redacted:entropy]");
  const auto without = [&](bool RedactionDetectors::* detector) {
    RedactionPolicy policy = all;
    policy.detectors.*detector = false;
    return redacted(kText, policy);
  };
  EXPECT_NE(without(&RedactionDetectors::secret).find("tiny-secret"), std::string::npos);
  EXPECT_NE(without(&RedactionDetectors::email).find("joe@example.com"), std::string::npos);
  EXPECT_NE(without(&RedactionDetectors::card).find("4012888888881881"), std::string::npos);
  EXPECT_NE(without(&RedactionDetectors::iban).find("DE8937"), std::string::npos);
  EXPECT_NE(without(&RedactionDetectors::phone).find("+49 30 901820"), std::string::npos);
  EXPECT_NE(without(&RedactionDetectors::name).find("hunter2"), std::string::npos);
  EXPECT_NE(without(&RedactionDetectors::entropy).find("q8Zr2LmX"), std::string::npos);
  RedactionPolicy no_vendor;
  no_vendor.detectors.vendor_key = false;
  EXPECT_EQ(redacted("http://u:pw1@host", no_vendor), "http://u:pw1@host");
}

TEST(Redactor, FollowsTheMode) {
  RedactionPolicy policy;
  policy.mode = RedactionMode::none;
  EXPECT_EQ(redacted("password=hunter2", policy), "password=hunter2");
  policy.mode = RedactionMode::metadata_only;
  EXPECT_EQ(redacted("any text", policy), "[redacted:content]");
  EXPECT_EQ(redacted("[redacted:content]", policy), "[redacted:content]");
  EXPECT_EQ(redacted("", policy), "");
}

TEST(Redactor, NumbersValuesForAVault) {
  RedactionPolicy policy;
  policy.mode = RedactionMode::reversible;
  const Redactor redactor = redactor_of(policy);
  MemoryVault vault;
  const std::string text = "ann@x.example bob@x.example ann@x.example password=hunter22";
  const std::string out = redactor.redact(text, &vault).text;
  EXPECT_EQ(out, "[redacted:email:1] [redacted:email:2] [redacted:email:1] password=[redacted:name:3]");
  EXPECT_EQ(restore(out, vault), text);
  EXPECT_EQ(restore("[redacted:email:9] [redacted:email", vault), "[redacted:email:9] [redacted:email");
  EXPECT_EQ(redactor.redact(text).text, "[redacted:email] [redacted:email] [redacted:email] password=[redacted:name]");
}

TEST(Redactor, FindsANumberWhoseLastGroupBeginsALongWord) {
  const std::string dots(150, '.');
  EXPECT_EQ(redacted("4012 8888 8888 1881" + dots + "end"), "[redacted:card]" + dots + "end");
  EXPECT_EQ(redacted("12 4012 8888 8888 1882" + dots + "joe@example.com"),
            "12 4012 8888 8888 1882" + dots + "[redacted:email]");
}

TEST(Redactor, TakesThePasswordOfALongAddress) {
  const std::string dots(600, '.');
  EXPECT_EQ(redacted("http://u:pw12@host" + dots), "http://u:[redacted:vendor_key]@host" + dots);
  EXPECT_EQ(redacted("http://u:p@w12@host/x@y"), "http://u:[redacted:vendor_key]@host/x@y");
}

TEST(Redactor, ReadsAPlaceholderAsNothingElse) {
  for (const std::string_view text :
       {"[redacted:secret]=abc123", "[redacted:token]: abc123x", "password=[redacted:name:7]",
        "password=abc1[redacted:secret]", "\"token\": \"a1 [redacted:email] b2\"",
        "http://u:[redacted:vendor_key]@host", "is [redacted:name] abc123", "[redacted:made_up]"}) {
    EXPECT_EQ(redacted(text), text);
  }
}

// A vault that answers anything but a placeholder.
class OddVault final : public SecretVault {
 public:
  std::string placeholder_for(RedactionKind /*kind*/, std::string_view value) override { return std::string(value); }
  [[nodiscard]] std::optional<std::string> value_of(std::string_view /*placeholder*/) const override { return {}; }
};

TEST(Redactor, TrustsNoVaultToHideAValue) {
  RedactionPolicy policy;
  policy.mode = RedactionMode::reversible;
  policy.secrets = {{.name = "s", .value = "tiny-secret"}};
  OddVault vault;
  EXPECT_EQ(redactor_of(policy).redact("tiny-secret ann@x.example", &vault).text, "[redacted:secret] [redacted:email]");
}

TEST(Redactor, KeyBlocksGoWhole) {
  const std::string begin = std::string("-----BEGIN RSA ") + "PRIVATE KEY-----";
  const std::string end = std::string("-----END RSA ") + "PRIVATE KEY-----";
  EXPECT_EQ(redacted("a " + begin + "\nAAAA\nBBBB==\n" + end + "\nb"), "a [redacted:vendor_key]\nb");
  EXPECT_EQ(redacted("a " + begin + "\nAAAA\nBBBB"), "a [redacted:vendor_key]");
  EXPECT_EQ(redacted(begin + "\nAAAA; then"), "[redacted:vendor_key]; then");
  const std::string certificate =
      "-----BEGIN CERTIFICATE-----\nq8Zr2LmX9vT4bKc7YwN3pHd6q8Zr\n-----END CERTIFICATE-----";
  EXPECT_EQ(redacted(certificate), certificate);
}

TEST(Redactor, RefusesPoliciesOutOfBounds) {
  const auto error_of = [](RedactionPolicy policy) {
    const auto result = Redactor::compile(std::move(policy));
    return result ? std::string() : result.error().code + " " + result.error().message + " at " + result.error().at;
  };
  RedactionPolicy short_value;
  short_value.secrets = {{.name = "pin", .value = "12345"}};
  EXPECT_EQ(
      error_of(short_value),
      "configuration_invalid the secret 'pin' has 5 bytes; less than 6 would turn up inside ordinary words, which "
      "redaction would then destroy at secrets[0].value");
  RedactionPolicy long_value;
  long_value.secrets = {{.name = "pin", .value = std::string(4'097, 'x')}};
  EXPECT_NE(error_of(long_value).find("at most 4,096"), std::string::npos);
  EXPECT_EQ(error_of(long_value).find("xxxx"), std::string::npos);
  RedactionPolicy no_name;
  no_name.secrets = {{.name = "", .value = "abcdefg"}};
  EXPECT_NE(error_of(no_name), "");
  RedactionPolicy many;
  many.secrets.assign(65, {.name = "s", .value = "abcdefg"});
  EXPECT_NE(error_of(many).find("at most 64"), std::string::npos);
  many.secrets.resize(64);
  EXPECT_EQ(error_of(many), "");
  RedactionPolicy bad_name;
  bad_name.secret_names = {"ok", "-"};
  EXPECT_NE(error_of(bad_name).find("secret_names[1]"), std::string::npos);
}

}  // namespace
}  // namespace orchestrator::harness::codec
