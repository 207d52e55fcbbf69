// SPDX-License-Identifier: Apache-2.0
// Goal: no key, nor a masked part of one, survives in a provider's text, while ordinary sentences stay readable.
#include "codec/key_redaction.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

TEST(KeyRedaction, HidesKeysInEveryKnownForm) {
  EXPECT_EQ(redact_keys("key sk-proj-AbC123 is wrong."), "key [redacted] is wrong.");
  EXPECT_EQ(redact_keys("Incorrect API key provided: sk-inv*****-key. See"),
            "Incorrect API key provided: [redacted]. See");
  EXPECT_EQ(redact_keys("Incorrect API key provided: hello. See"), "Incorrect API key provided: [redacted]. See");
  EXPECT_EQ(redact_keys("Your api key: ****-key is invalid"), "Your api key: [redacted] is invalid");
  EXPECT_EQ(redact_keys("Authorization: Bearer abcdefgh"), "Authorization: Bearer [redacted]");
  EXPECT_EQ(redact_keys("authorization: Basic dXNlcjpwYXNz"), "authorization: Basic [redacted]");
  EXPECT_EQ(redact_keys(R"({"api_key":"swordfish"})"), R"({"api_key":"[redacted]"})");
  EXPECT_EQ(redact_keys("x-api-key: my-own-key-1"), "x-api-key: [redacted]");
  EXPECT_EQ(redact_keys("API key 'swordfish' is unknown"), "API key '[redacted]' is unknown");
  EXPECT_EQ(redact_keys("GET https://h/v1?alt=sse&key=AIzaXYZ&x=1"), "GET https://h/v1?alt=sse&key=[redacted]&x=1");
  EXPECT_EQ(redact_keys("https://user:pw@host/x"), "https://[redacted]@host/x");
  EXPECT_EQ(redact_keys("token eyJhbGciOiJIUzI1NiJ9.e30.abc is bad"), "token [redacted] is bad");
  EXPECT_EQ(redact_keys("gsk_abcdef, hf_abcd1234efgh"), "[redacted], [redacted]");
}

TEST(KeyRedaction, LeavesSentencesAlone) {
  for (const char* text :
       {"You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
        "API key not valid. Please pass a valid API key.", "Invalid API key: please check it",
        "Missing bearer or basic authentication in header", "WWW-Authenticate: Bearer realm=\"OpenAI API\"",
        "You can find your API key at https://platform.example.com/account/api-keys.", "risk-taking desk-bound sk-",
        "Please include the request ID req_35c852d7d417877c0fbb3134de873c76", "access token expired",
        "**bold** text"}) {
    EXPECT_EQ(redact_keys(text), text);
  }
}

TEST(KeyRedaction, IsIdempotent) {
  for (const char* text :
       {"API key provided: abc", "Bearer abcd1234", "?key=abc", "api key 'x1y2z3'", "sk-abcdef***", "https://a:b@c"}) {
    const std::string once = redact_keys(text);
    EXPECT_EQ(redact_keys(once), once);
    EXPECT_NE(once, text);
  }
}

TEST(KeyRedaction, QuotesWithoutControlCharactersAndCutsAtACharacter) {
  EXPECT_EQ(quote_provider_text("a\x1B[31m\r\nb\x7F"), "a [31m  b ");
  EXPECT_EQ(quote_provider_text("a\nb", {.keep_lines = true}), "a\nb");
  EXPECT_EQ(quote_provider_text("a\xFF\xC3"), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(quote_provider_text("\xE2\x80\xAE"
                                "evil"),
            " evil");
  EXPECT_EQ(quote_provider_text("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", {.bytes_max = 6}), "\xC3\xA4...");
  EXPECT_EQ(quote_provider_text("123456", {.bytes_max = 6}), "123456");
  EXPECT_EQ(quote_provider_text("1234567", {.bytes_max = 6}), "123...");
}

}  // namespace
}  // namespace orchestrator::harness::codec
