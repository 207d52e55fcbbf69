// SPDX-License-Identifier: Apache-2.0
// Goal: an answer gives one vector a text in the order of the texts, and whatever does not is refused and named.
// Method: bodies as hosts send them, and bodies that are wrong in one place each.
#include "codec/embeddings/embeddings_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

using testing::HasSubstr;

std::string body_of(const std::string& data) { return R"({"object":"list","data":[)" + data + R"(],"model":"m"})"; }

std::string refusal(const std::string& body, std::size_t texts, std::string_view code) {
  const auto answer = decode_embeddings(body, texts);
  if (answer) {
    ADD_FAILURE() << "was taken: " << body;
    return "";
  }
  EXPECT_EQ(answer.error().code, code) << answer.error().message;
  EXPECT_TRUE(follows_mapping(answer.error()));
  return answer.error().message;
}

std::string violation(const std::string& data, std::size_t texts) {
  return refusal(body_of(data), texts, "provider_protocol_violation");
}

TEST(EmbeddingsDecoder, ReadsAnAnswer) {
  const auto answer =
      decode_embeddings(R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1,2e-3]}],)"
                        R"("model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}})",
                        1);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, (EmbeddingsAnswer{{{0.5F, -1.0F, 2e-3F}}, 8}));
}

TEST(EmbeddingsDecoder, PutsVectorsInTheOrderOfTheTexts) {
  const auto answer = decode_embeddings(
      body_of(R"({"index":2,"embedding":[3]},{"index":0,"embedding":[1]},{"index":1,"embedding":[2]})"), 3);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->vectors, (std::vector<std::vector<float>>{{1}, {2}, {3}}));
}

TEST(EmbeddingsDecoder, WithoutAnIndexThePlaceCounts) {
  const auto answer = decode_embeddings(body_of(R"({"embedding":[1]},{"embedding":[2],"index":null})"), 2);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->vectors, (std::vector<std::vector<float>>{{1}, {2}}));
}

TEST(EmbeddingsDecoder, UnknownTokensAreNotZero) {
  const std::string head = R"({"data":[{"index":0,"embedding":[1]}])";
  const auto tokens = [&](const std::string& usage) { return decode_embeddings(head + usage + "}", 1).value().tokens; };
  EXPECT_EQ(tokens(""), std::nullopt);
  EXPECT_EQ(tokens(R"(,"usage":null)"), std::nullopt);
  EXPECT_EQ(tokens(R"(,"usage":{"prompt_tokens":-1,"total_tokens":3})"), std::nullopt);
  EXPECT_EQ(tokens(R"(,"usage":{"total_tokens":3})"), 3U);
  EXPECT_EQ(tokens(R"(,"usage":{"prompt_tokens":0,"total_tokens":3})"), 0U);
}

TEST(EmbeddingsDecoder, RefusesAnotherCountAndNamesBoth) {
  EXPECT_THAT(violation("", 1), HasSubstr("0 embeddings for 1 texts"));
  EXPECT_THAT(violation(R"({"embedding":[1]},{"embedding":[2]})", 1), HasSubstr("2 embeddings for 1 texts"));
}

TEST(EmbeddingsDecoder, RefusesAnIndexThatIsNone) {
  EXPECT_THAT(violation(R"({"index":1,"embedding":[1]})", 1), HasSubstr("none of 1 texts"));
  EXPECT_THAT(violation(R"({"index":-1,"embedding":[1]})", 1), HasSubstr("none of 1 texts"));
  EXPECT_THAT(violation(R"({"index":"0","embedding":[1]})", 1), HasSubstr("none of 1 texts"));
  EXPECT_THAT(violation(R"({"index":1,"embedding":[1]},{"index":1,"embedding":[2]})", 2),
              HasSubstr("embedding 1 twice"));
}

TEST(EmbeddingsDecoder, RefusesVectorsThatPointNowhere) {
  EXPECT_THAT(violation(R"({"embedding":[0,0.0,-0]})", 1), HasSubstr("all zero"));
  EXPECT_THAT(violation(R"({"embedding":[1e-300]})", 1), HasSubstr("all zero")) << "nothing is left of it as a float";
  EXPECT_THAT(violation(R"({"embedding":[1,1e39]})", 1), HasSubstr("no finite number in embedding 0 at 1"));
  EXPECT_THAT(violation(R"({"embedding":[1e999]})", 1), HasSubstr("no finite number"));
  EXPECT_THAT(violation(R"({"embedding":[null]})", 1), HasSubstr("no finite number"));
  EXPECT_THAT(violation(R"({"embedding":["1"]})", 1), HasSubstr("no finite number"));
}

TEST(EmbeddingsDecoder, RefusesWrongDimensions) {
  EXPECT_THAT(violation(R"({"embedding":[]})", 1), HasSubstr("0 numbers"));
  EXPECT_THAT(violation(R"({"embedding":[1,2]},{"embedding":[1]})", 2), HasSubstr("1 numbers in embedding 1 and 2"));
  std::string long_one = "1";
  for (std::size_t i = 0; i < kEmbeddingValuesMax; ++i) long_one += ",1";
  EXPECT_THAT(violation(R"({"embedding":[)" + long_one + "]}", 1), HasSubstr("4097 numbers"));
  long_one.resize(long_one.size() - 2);
  EXPECT_TRUE(decode_embeddings(body_of(R"({"embedding":[)" + long_one + "]}"), 1));
}

TEST(EmbeddingsDecoder, RefusesOtherShapes) {
  EXPECT_THAT(violation(R"({"embedding":"AACAPw=="})", 1), HasSubstr("no list of numbers")) << "base64";
  EXPECT_THAT(violation("[1]", 1), HasSubstr("no object"));
  for (const char* body : {"", "[]", "{}", R"({"data":{}})", R"({"data":[{"embedding":[1]})", "<html>", "\xFF"}) {
    EXPECT_NE(refusal(body, 1, "provider_bad_json"), "") << body;
  }
}

TEST(EmbeddingsDecoder, AnErrorInPlaceOfAnAnswerIsUnderstood) {
  EXPECT_THAT(refusal(R"({"error":{"message":"slow","code":429}})", 1, "provider_rate_limited"), HasSubstr("slow"));
  EXPECT_THAT(refusal(R"({"error":"broken"})", 1, "provider_stream_error"), HasSubstr("broken"));
}

}  // namespace
}  // namespace orchestrator::harness::codec
