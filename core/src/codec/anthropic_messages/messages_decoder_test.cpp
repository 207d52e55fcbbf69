// SPDX-License-Identifier: Apache-2.0
// Goal: what no recording holds: hostile and broken streams, bounds, bodies, and what has to go back verbatim.
#include <gtest/gtest.h>

#include "codec/anthropic_messages/messages_decoder.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

using event::AnswerFailed;
using event::AnswerFinished;
using event::ItemDone;
using Parts = std::vector<event::ProviderPart>;

Parts decode(const std::vector<std::string>& events, DecoderLimits limits = {}) {
  MessagesDecoder decoder(limits);
  Parts parts;
  for (const std::string& event : events) decoder.feed("data: " + event + "\n\n", parts);
  if (!decoder.done()) decoder.finish(parts);
  EXPECT_EQ(testing::check_part_rules(parts), "");
  return parts;
}
const std::string kStart = R"({"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":3}}})";
const std::string kStop = R"({"type":"message_stop"})";
std::string end_of(const std::string& reason) {
  return R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"("},"usage":{"output_tokens":5}})";
}
std::string start_of(int index, const std::string& block) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + block + "}";
}
std::string delta_of(int index, const std::string& delta) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + delta + "}";
}
std::string stop_of(int index) { return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}"; }
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

TEST(MessagesDecoder, KeepsWhatHasToGoBack) {
  const auto items = items_of(decode(
      {kStart, start_of(0, R"({"type":"thinking","thinking":"","signature":""})"),
       delta_of(0, R"({"type":"thinking_delta","thinking":"hm"})"),
       delta_of(0, R"({"type":"signature_delta","signature":"a\"b"})"), stop_of(0),
       start_of(1, R"({"type":"server_tool_use","id":"s","name":"web","input":{}, "n":1.50})"),
       delta_of(1, R"({"type":"input_json_delta","partial_json":"{\"q\":"})"),
       delta_of(1, R"({"type":"input_json_delta","partial_json":"1.0}"})"), stop_of(1),
       start_of(2, R"({"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"direct"}})"), stop_of(2),
       start_of(3, R"({"type":"text","text":""})"), delta_of(3, R"({"type":"text_delta","text":"x"})"),
       delta_of(3, R"({"type":"citations_delta","citation":{"url":"u", "at":1.0}})"), stop_of(3), end_of("tool_use"),
       kStop}));
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(std::get<ReasoningItem>(items[0].value), (ReasoningItem{"hm", {R"({"signature":"a\"b"})"}}));
  EXPECT_EQ(std::get<OtherItem>(items[1].value).native_type, "server_tool_use");
  EXPECT_EQ(std::get<OtherItem>(items[1].value).echo.text,
            R"({"type":"server_tool_use","id":"s","name":"web","n":1.50,"input":{"q":1.0}})");
  EXPECT_EQ(std::get<ToolCallItem>(items[2].value),
            (ToolCallItem{"t", "f", "{}", false, {R"({"caller":{"type":"direct"}})"}}));
  EXPECT_EQ(std::get<MessageItem>(items[3].value).echo.text, R"({"citations":[{"url":"u", "at":1.0}]})");
  EXPECT_EQ(items[3].origin, "messages");
}

TEST(MessagesDecoder, EndsOnlyWhereTheMessageDoes) {
  const std::string text = start_of(0, R"({"type":"text","text":"a"})");
  EXPECT_EQ(failure_code(decode({kStart, text})), "provider_stream_truncated");
  EXPECT_EQ(failure_code(decode({kStart, text, end_of("end_turn")})), "provider_stream_truncated");
  EXPECT_EQ(failure_code(decode({kStart, text, "[DONE]"})), "provider_stream_truncated");
  EXPECT_EQ(failure_code(decode({kStart, text, end_of("end_turn"), "[DONE]"})), "none");
  EXPECT_EQ(failure_code(decode({kStart, text, "{broken"})), "provider_bad_json");
  EXPECT_EQ(failure_code(decode({kStart, R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})"})),
            "provider_overloaded");
  // A block without its end, and an end without a reason.
  const Parts parts = decode({kStart, text, kStop});
  EXPECT_EQ(std::get<AnswerFinished>(parts.back()), (AnswerFinished{FinishReason::other, "", "c", "m"}));
  EXPECT_EQ(items_of(parts).size(), 1U);
}

TEST(MessagesDecoder, BeginsAnewOnlyBeforeAnythingWasGiven) {
  const std::string other = R"({"type":"message_start","message":{"id":"n","model":"d","usage":{"input_tokens":9}}})";
  const Parts parts = decode({kStart, kStart, other, end_of("end_turn"), kStop});
  EXPECT_EQ(std::get<AnswerFinished>(parts.back()), (AnswerFinished{FinishReason::stop, "end_turn", "d", "n"}));
  EXPECT_EQ(std::get<event::UsageSeen>(parts[0]).usage.input, 9U);
  EXPECT_EQ(failure_code(decode({kStart, start_of(0, R"({"type":"text","text":"a"})"), other})),
            "provider_stream_error");
}

TEST(MessagesDecoder, CountsAndSkipsWhatIsUnknown) {
  MessagesDecoder decoder;
  Parts parts;
  for (const std::string& event : {kStart, std::string(R"({"type":"ping"})"), std::string(R"({"type":"news"})"),
                                   delta_of(7, R"({"type":"text_delta","text":"of no block"})"),
                                   start_of(0, R"({"type":"text","text":""})"), delta_of(0, R"({"type":"new_delta"})"),
                                   std::string(R"({"type":"content_block_start"})"), stop_of(3), kStop, kStop}) {
    decoder.feed("data: " + event + "\n\n", parts);
  }
  EXPECT_EQ(decoder.skipped_events(), 5U);
  EXPECT_EQ(failure_code(parts), "none");
}

TEST(MessagesDecoder, IsBounded) {
  DecoderLimits limits;
  limits.items = 2;
  limits.tool_calls = 1;
  limits.stream_bytes = 2'000;
  const auto block = [](int index, const char* type) {
    return start_of(index, std::string(R"({"type":")") + type + R"(","id":"i","name":"n","input":{}})");
  };
  EXPECT_EQ(failure_code(decode({kStart, block(0, "x"), block(1, "x"), block(2, "x")}, limits)),
            "provider_response_too_large");
  EXPECT_EQ(failure_code(decode({kStart, block(0, "tool_use"), block(1, "tool_use")}, limits)), "too_many_tool_calls");
  EXPECT_EQ(failure_code(decode({kStart, std::string(2'000, ' ')}, limits)), "provider_response_too_large");
}

TEST(MessagesDecoder, JoinsCharactersThatWereCut) {
  const Parts parts = decode({kStart, start_of(0, R"({"type":"text","text":""})"),
                              delta_of(0, R"({"type":"text_delta","text":"a\ud83d"})"),
                              delta_of(0, R"({"type":"text_delta","text":"\ude00\ud83d"})"), stop_of(0), kStop});
  EXPECT_EQ(text_of(items_of(parts)[0]), "a\xF0\x9F\x98\x80\xEF\xBF\xBD");
}

TEST(MessagesDecoder, UsageIsTakenFieldByField) {
  const auto usage_of = [](const std::string& first, const std::string& last) {
    const Parts parts = decode({R"({"type":"message_start","message":{"id":"m","usage":)" + first + "}}",
                                R"({"type":"message_delta","delta":{},"usage":)" + last + "}", kStop});
    return std::get<event::UsageSeen>(parts[0]).usage;
  };
  const Usage usage =
      usage_of(R"({"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":2})",
               R"({"input_tokens":null,"output_tokens":7,"output_tokens_details":{"thinking_tokens":4}})");
  EXPECT_EQ(usage, (Usage{17, 5, 2, 7, 4, 24, false}));
  EXPECT_TRUE(usage_of(R"({"input_tokens":-1})", R"({"output_tokens":"7"})").invalid);

  const auto unpriced = [&](const std::string& members) {
    return usage_of(R"({"input_tokens":1)" + members + "}", R"({"output_tokens":7})").unpriced;
  };
  using Terms = std::vector<std::string>;
  EXPECT_EQ(unpriced(R"(,"service_tier":"standard","inference_geo":"global","speed":"standard")"), Terms());
  EXPECT_EQ(unpriced(R"(,"service_tier":"batch")"), Terms{"service_tier:batch"});
  EXPECT_EQ(unpriced(R"(,"cache_creation":{"ephemeral_5m_input_tokens":9,"ephemeral_1h_input_tokens":0})"), Terms());
  EXPECT_EQ(unpriced(R"(,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":9})"),
            Terms{"cache_write_1h"});
  EXPECT_EQ(unpriced(R"(,"speed":"fast","inference_geo":"us")"), (Terms{"speed:fast", "region:us"}));
  EXPECT_EQ(
      usage_of(R"({"input_tokens":1})", R"({"output_tokens":7,"server_tool_use":{"web_search_requests":2}})").unpriced,
      Terms{"hosted_tools"});
}

TEST(MessagesDecoder, ReadsABody) {
  Parts parts = decode_messages_body(
      R"({"id":"m","type":"message","model":"c","content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"t",)"
      R"("name":"f","input":{"a":1.0}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}})");
  EXPECT_EQ(testing::check_part_rules(parts), "");
  const auto items = items_of(parts);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(std::get<ToolCallItem>(items[1].value).arguments, R"({"a":1.0})");
  EXPECT_EQ(std::get<AnswerFinished>(parts.back()).reason, FinishReason::tool_calls);
  EXPECT_EQ(failure_code(decode_messages_body(R"({"type":"error","error":{"type":"api_error","message":"x"}})")),
            "provider_server_error");
  EXPECT_EQ(failure_code(decode_messages_body("[]")), "provider_bad_json");
}

}  // namespace
}  // namespace orchestrator::harness::codec
