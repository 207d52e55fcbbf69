// SPDX-License-Identifier: Apache-2.0
// Goal: what no recording holds: broken streams, bounds, several candidates, and what has to go back verbatim.
#include <gtest/gtest.h>

#include "codec/google_gemini/gemini_decoder.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

using event::AnswerFailed;
using event::AnswerFinished;
using event::ItemDone;
using Parts = std::vector<event::ProviderPart>;

Parts decode(const std::vector<std::string>& events, DecoderLimits limits = {}) {
  GeminiDecoder decoder(limits);
  Parts parts;
  for (const std::string& event : events) decoder.feed("data: " + event + "\r\n\r\n", parts);
  if (!decoder.done()) decoder.finish(parts);
  EXPECT_EQ(testing::check_part_rules(parts), "");
  return parts;
}
std::string chunk(const std::string& parts, const std::string& finish = {}) {
  return R"({"candidates":[{"content":{"role":"model","parts":[)" + parts + "]}" +
         (finish.empty() ? "" : R"(,"finishReason":")" + finish + "\"") + R"(}],"modelVersion":"g","responseId":"r"})";
}
std::string failure_code(const Parts& parts) {
  const auto* failed = std::get_if<AnswerFailed>(&parts.back());
  return failed == nullptr ? "none" : failed->error.code;
}
std::vector<ConversationItem> items_of(const Parts& parts) {
  std::vector<ConversationItem> items;
  for (const auto& part : parts) {
    if (const auto* done = std::get_if<ItemDone>(&part)) items.push_back(done->item);
  }
  return items;
}

TEST(GeminiDecoder, PartsWithSignaturesStayApart) {
  const auto items =
      items_of(decode({chunk(R"({"text":"th","thought":true},{"text":"ink","thought":true})"), chunk(R"({"text":"a"})"),
                       chunk(R"({"text":"b"})"), chunk(R"({"text":"c","thoughtSignature":"s1"},{"text":"d"})"),
                       chunk(R"({"text":"","thoughtSignature":"s2"})", "STOP")}));
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(std::get<ReasoningItem>(items[0].value), (ReasoningItem{"think", {}}));
  EXPECT_EQ(text_of(items[1]), "ab");
  EXPECT_EQ(std::get<MessageItem>(items[2].value).echo.text, R"({"thoughtSignature":"s1"})");
  EXPECT_EQ(text_of(items[3]), "d");
  EXPECT_EQ(text_of(items[4]), "");
  EXPECT_EQ(std::get<MessageItem>(items[4].value).echo.text, R"({"thoughtSignature":"s2"})");
  EXPECT_EQ(items[0].origin, "gemini");
}

TEST(GeminiDecoder, TellsWhatAPriceByTokensDoesNotCover) {
  const auto unpriced = [](const std::string& first, const std::string& last) {
    const auto with = [](const std::string& usage) {
      return R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1)" + usage +
             "}}";
    };
    for (const event::ProviderPart& part : decode({with(first), with(last), chunk("", "STOP")})) {
      if (const auto* seen = std::get_if<event::UsageSeen>(&part)) return seen->usage.unpriced;
    }
    return std::vector<std::string>{"no usage"};
  };
  using Terms = std::vector<std::string>;
  EXPECT_EQ(unpriced(R"(,"trafficType":"ON_DEMAND")", R"(,"trafficType":"TRAFFIC_TYPE_UNSPECIFIED")"), Terms());
  EXPECT_EQ(unpriced(R"(,"serviceTier":"flex")", ""), Terms{"service_tier:flex"}) << "said once, it holds";
  EXPECT_EQ(unpriced("", R"(,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1}])"), Terms());
  EXPECT_EQ(unpriced("", R"(,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":9}])"), Terms{"audio_input"});
  EXPECT_EQ(unpriced("", R"(,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":9}])"), Terms{"media_output"});
}

TEST(GeminiDecoder, CallsHaveAnIdOfTheHostOrOneMadeHere) {
  const Parts parts = decode({chunk(R"({"functionCall":{"name":"f","args":{"b":1.50,"a":2}},"thoughtSignature":"s"},)"
                                    R"({"functionCall":{"id":"i","name":"g"}})",
                                    "STOP")});
  const auto items = items_of(parts);
  ASSERT_EQ(items.size(), 2U);
  const auto& first = std::get<ToolCallItem>(items[0].value);
  EXPECT_EQ(first.arguments, R"({"b":1.50,"a":2})");
  EXPECT_EQ(first.echo.text, R"({"thoughtSignature":"s"})");
  EXPECT_TRUE(first.call_id.starts_with("call_")) << first.call_id;
  EXPECT_EQ(std::get<ToolCallItem>(items[1].value), (ToolCallItem{"i", "g", "{}", false, {R"({"id":"i"})"}}));
  EXPECT_EQ(std::get<AnswerFinished>(parts.back()).reason, FinishReason::tool_calls);
}

TEST(GeminiDecoder, ACallThatIsNotEndedIsGivenAtTheEnd) {
  const auto items = items_of(
      decode({chunk(R"({"functionCall":{"name":"f","willContinue":true}})"),
              chunk(R"({"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true}})"),
              chunk(R"({"functionCall":{"name":"g","args":{}}})", "STOP")}));
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(std::get<ToolCallItem>(items[0].value).arguments, R"({"a":"x"})");
  EXPECT_EQ(std::get<ToolCallItem>(items[1].value).name, "g");
}

TEST(GeminiDecoder, EndsWhereTheBodyDoesIfAReasonCame) {
  EXPECT_EQ(failure_code(decode({chunk(R"({"text":"a"})")})), "provider_stream_truncated");
  EXPECT_EQ(failure_code(decode({})), "provider_stream_truncated");
  EXPECT_EQ(failure_code(decode({"{broken"})), "provider_bad_json");
  EXPECT_EQ(failure_code(decode({R"({"error":{"code":503,"message":"x","status":"UNAVAILABLE"}})"})),
            "provider_overloaded");
  const Parts blocked = decode({R"({"promptFeedback":{"blockReason":"SAFETY"}})"});
  EXPECT_EQ(std::get<AnswerFinished>(blocked.back()),
            (AnswerFinished{FinishReason::content_filter, "promptFeedback:SAFETY", "", ""}));
  // Text may follow the first reason, and the last one counts.
  const Parts twice = decode({chunk(R"({"text":"a"})", "MAX_TOKENS"), chunk(R"({"text":"b"})", "STOP")});
  EXPECT_EQ(std::get<AnswerFinished>(twice.back()).reason, FinishReason::stop);
  EXPECT_EQ(text_of(items_of(twice)[0]), "ab");
}

TEST(GeminiDecoder, ReadsTheFirstCandidateAlone) {
  const Parts parts = decode({R"({"candidates":[{"index":1,"content":{"parts":[{"text":"no"}]}},)"
                              R"({"index":0,"content":{"parts":[{"text":"yes"}]},"finishReason":"STOP"}]})"});
  EXPECT_EQ(text_of(items_of(parts)[0]), "yes");
}

TEST(GeminiDecoder, KeepsWhatHasNoCommonForm) {
  const auto items = items_of(decode({chunk(R"({"executableCode":{"n":1.0}, "thoughtSignature":"s"},{"text":"a"})"),
                                      R"({"candidates":[{"groundingMetadata":{"q":1}}]})",
                                      R"({"candidates":[{"groundingMetadata":{"q":2},"finishReason":"STOP"}]})"}));
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(std::get<OtherItem>(items[0].value),
            (OtherItem{"executableCode", {R"({"executableCode":{"n":1.0}, "thoughtSignature":"s"})"}}));
  EXPECT_EQ(std::get<OtherItem>(items[2].value), (OtherItem{"groundingMetadata", {R"({"q":2})"}}));
}

TEST(GeminiDecoder, IsBounded) {
  DecoderLimits limits;
  limits.items = 2;
  limits.tool_calls = 1;
  limits.stream_bytes = 2'000;
  EXPECT_EQ(failure_code(decode({chunk(R"({"x":1},{"x":1},{"x":1})", "STOP")}, limits)), "provider_response_too_large");
  const std::string call = R"({"functionCall":{"name":"f"}})";
  EXPECT_EQ(failure_code(decode({chunk(call + "," + call, "STOP")}, limits)), "too_many_tool_calls");
  // One more call that the end of the answer completes is one too many as well.
  EXPECT_EQ(
      failure_code(decode({chunk(call + R"(,{"functionCall":{"name":"g","willContinue":true}})", "STOP")}, limits)),
      "too_many_tool_calls");
  EXPECT_EQ(failure_code(decode({std::string(2'000, ' ')}, limits)), "provider_response_too_large");
}

TEST(GeminiDecoder, ReadsBodiesOfBothForms) {
  const std::string whole = chunk(R"({"text":"a"})", "STOP");
  for (const std::string& body : {whole, "[" + chunk(R"({"text":"a"})") + "," + chunk("", "STOP") + "]"}) {
    const Parts parts = decode_gemini_body(body);
    EXPECT_EQ(testing::check_part_rules(parts), "");
    EXPECT_EQ(text_of(items_of(parts).at(0)), "a");
    EXPECT_EQ(failure_code(parts), "none");
  }
  EXPECT_EQ(failure_code(decode_gemini_body(R"([{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"x"}}])")),
            "provider_rate_limited");
  EXPECT_EQ(failure_code(decode_gemini_body("7")), "provider_bad_json");
}

}  // namespace
}  // namespace orchestrator::harness::codec
