// SPDX-License-Identifier: Apache-2.0
// Goal: each rule of the wire format, and each way in which hosts deviate from it. Method: small streams by hand; every
// one is decoded whole and cut at every byte, and its parts are checked against the rules of all decoders.
#include "codec/openai_responses/responses_decoder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

using event::ProviderPart;

std::string stream_of(const std::vector<std::string>& events) {
  std::string stream;
  for (const std::string& event : events) stream += "data: " + event + "\n\n";
  return stream;
}

std::vector<ProviderPart> decode_bytes(const std::string& bytes, DecoderLimits limits = {}) {
  const auto make = [limits] { return std::make_unique<ResponsesDecoder>(limits); };
  EXPECT_EQ(testing::find_split_difference(make, bytes, bytes.size(), 4), "");
  auto parts = testing::decode_in_pieces(make, bytes, {});
  EXPECT_EQ(testing::check_part_rules(parts), "");
  return parts;
}

std::vector<ProviderPart> decode(const std::vector<std::string>& events, DecoderLimits limits = {}) {
  return decode_bytes(stream_of(events), limits);
}

// The parts as one line each.
std::string lines(const std::vector<ProviderPart>& parts) {
  std::string out;
  for (const ProviderPart& part : parts) out += testing::describe(part) + "\n";
  return out;
}

template <class Item>
std::vector<Item> items(const std::vector<ProviderPart>& parts) {
  std::vector<Item> found;
  for (const ProviderPart& part : parts) {
    const auto* done = std::get_if<event::ItemDone>(&part);
    if (done == nullptr || !std::holds_alternative<Item>(done->item.value)) continue;
    EXPECT_EQ(done->item.origin, "responses");
    found.push_back(std::get<Item>(done->item.value));
  }
  return found;
}

std::string failure_code(const std::vector<ProviderPart>& parts) {
  const auto* failed = parts.empty() ? nullptr : std::get_if<event::AnswerFailed>(&parts.back());
  if (failed == nullptr) return "none";
  EXPECT_TRUE(follows_mapping(failed->error));
  return failed->error.code;
}

std::string text_delta(int output_index, const std::string& delta) {
  return R"({"type":"response.output_text.delta","output_index":)" + std::to_string(output_index) +
         R"(,"item_id":"m","content_index":0,"delta":")" + delta + "\"}";
}
std::string item_event(const std::string& kind, int output_index, const std::string& item) {
  return R"({"type":"response.output_item.)" + kind + R"(","output_index":)" + std::to_string(output_index) +
         R"(,"item":)" + item + "}";
}
std::string message(const std::string& text) {
  return R"({"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":")" + text +
         R"("}]})";
}
std::string call(const std::string& id, const std::string& arguments) {
  return R"({"type":"function_call","id":"fc","call_id":")" + id + R"(","name":"f","arguments":")" + arguments +
         R"("})";
}
const std::string kCompleted = R"({"type":"response.completed","response":{"status":"completed","output":[]}})";

TEST(ResponsesDecoder, ReadsATextAnswer) {
  const auto parts =
      decode({R"({"type":"response.created","response":{"id":"r1","model":"m-1","status":"in_progress"}})",
              item_event("added", 0, R"({"type":"message","id":"m"})"), text_delta(0, "Hel"), text_delta(0, "lo"),
              R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello"})",
              item_event("done", 0, message("Hello")),
              R"({"type":"response.completed","response":{"status":"completed","model":"m-1-2026","usage":)"
              R"({"input_tokens":3,"output_tokens":2,"total_tokens":5}}})"});
  EXPECT_EQ(lines(parts), "text out_0 Hello\ndone out_0 #0 Hello\nusage 5\nfinished stop completed\n");
  const auto& finished = std::get<event::AnswerFinished>(parts.back());
  EXPECT_EQ(finished.provider_model, "m-1-2026");
  EXPECT_EQ(finished.provider_response_id, "r1");
}

TEST(ResponsesDecoder, KeepsInterleavedItemsApartAndInOrder) {
  const auto parts = decode(
      {item_event("added", 0, R"({"type":"reasoning","id":"a"})"),
       item_event("added", 1, R"({"type":"message","id":"b"})"),
       R"({"type":"response.reasoning_text.delta","output_index":0,"item_id":"x","delta":"th"})", text_delta(1, "4"),
       R"({"type":"response.reasoning_text.delta","output_index":0,"item_id":"y","delta":"ink"})",
       item_event("done", 1, message("4")),
       item_event("done", 0, R"({"type":"reasoning","id":"z","content":[{"type":"reasoning_text","text":"think"}]})"),
       kCompleted});
  EXPECT_EQ(lines(parts),
            "reasoning out_0 th\ntext out_1 4\nreasoning out_0 ink\ndone out_0 #1 think\ndone out_1 #0 4\n"
            "finished stop completed\n");
}

TEST(ResponsesDecoder, PassesOnWhatNoDeltaHeld) {
  EXPECT_EQ(lines(decode({item_event("done", 0, message("all at once")), kCompleted})),
            "text out_0 all at once\ndone out_0 #0 all at once\nfinished stop completed\n");
  EXPECT_EQ(lines(decode({text_delta(0, "Hel"), item_event("done", 0, message("Hello")), kCompleted})),
            "text out_0 Hello\ndone out_0 #0 Hello\nfinished stop completed\n");
  EXPECT_EQ(
      lines(decode({item_event("added", 0, call("c", "")),
                    R"({"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"a\":1}"})",
                    item_event("done", 0, call("c", R"({\"a\":1})")), kCompleted})),
      "arguments out_0 {\"a\":1}\ndone out_0 #3 f{\"a\":1}\nfinished tool_calls completed\n");
  EXPECT_EQ(lines(decode({R"({"type":"response.reasoning_summary_part.done","output_index":0,"summary_index":0,)"
                          R"("part":{"type":"summary_text","text":"s"}})",
                          kCompleted})),
            "reasoning out_0 s\ndone out_0 #1 s\nfinished stop completed\n");
}

TEST(ResponsesDecoder, RefusesContradictions) {
  for (const auto& events : std::vector<std::vector<std::string>>{
           {text_delta(0, "Hallo"), item_event("done", 0, message("Hello"))},
           {text_delta(0, "Hello!"), item_event("done", 0, message("Hello"))},
           {text_delta(0, "Hello"),
            R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Bye"})"},
           {item_event("done", 0, message("Hello")), text_delta(0, "more")},
           {R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{1"})",
            item_event("done", 0, call("c", "{}"))}}) {
    EXPECT_EQ(failure_code(decode(events)), "provider_protocol_violation") << events.back();
  }
}

TEST(ResponsesDecoder, TakesAnEmptyWholeTextForNotSent) {
  EXPECT_EQ(
      lines(decode({text_delta(0, "Hi"), item_event("done", 0, R"({"type":"message","content":[]})"), kCompleted})),
      "text out_0 Hi\ndone out_0 #0 Hi\nfinished stop completed\n");
}

TEST(ResponsesDecoder, PutsPartsOfOneItemInOrder) {
  const auto summary = [](int index, const std::string& text) {
    return R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":)" +
           std::to_string(index) + R"(,"delta":")" + text + "\"}";
  };
  const auto parts = decode(
      {summary(0, "a"), summary(1, "x"), summary(0, "b"),
       R"({"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":1,"text":"xy"})",
       R"({"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":0,"text":"ab"})",
       item_event(
           "done", 0,
           R"({"type":"reasoning","summary":[{"type":"summary_text","text":"ab"},{"type":"summary_text","text":"xy"}]})"),
       kCompleted});
  EXPECT_EQ(lines(parts), "reasoning out_0 abxy\ndone out_0 #1 abxy\nfinished stop completed\n");
}

TEST(ResponsesDecoder, KeepsReasoningVerbatim) {
  const std::string item =
      R"({"id":"rs","type":"reasoning", "summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"gAA\u0041==","n":1.50})";
  const auto parts = decode({item_event("done", 0, item), kCompleted});
  ASSERT_EQ(items<ReasoningItem>(parts).size(), 1U);
  EXPECT_EQ(items<ReasoningItem>(parts)[0].echo.text, item);
  EXPECT_EQ(items<ReasoningItem>(parts)[0].text, "t");
}

TEST(ResponsesDecoder, JoinsSummaryAndReasoningTextInEitherOrder) {
  const std::string item =
      R"({"type":"reasoning","summary":[{"type":"summary_text","text":"S"}],"content":[{"type":"reasoning_text","text":"C"}]})";
  EXPECT_EQ(items<ReasoningItem>(decode({item_event("done", 0, item), kCompleted})).at(0).text, "SC");
  EXPECT_EQ(items<ReasoningItem>(decode({R"({"type":"response.reasoning_text.delta","output_index":0,"delta":"C"})",
                                         item_event("done", 0, item), kCompleted}))
                .at(0)
                .text,
            "CS");
}

TEST(ResponsesDecoder, ReadsRefusals) {
  const auto parts = decode(
      {R"({"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"I can"})",
       R"({"type":"response.refusal.done","output_index":0,"content_index":0,"refusal":"I cannot"})",
       item_event("done", 0, R"({"type":"message","id":"m","content":[{"type":"refusal","refusal":"I cannot"}]})"),
       kCompleted});
  EXPECT_EQ(lines(parts), "text out_0_refusal I cannot\ndone out_0_refusal #2 I cannot\nfinished refusal completed\n");
  const auto both = decode(
      {item_event(
           "done", 0,
           R"({"type":"message","id":"m","content":[{"type":"output_text","text":"Well"},{"type":"refusal","refusal":"no"}]})"),
       kCompleted});
  EXPECT_EQ(lines(both),
            "text out_0 Well\ntext out_0_refusal no\ndone out_0 #0 Well\ndone out_0_refusal #2 no\n"
            "finished refusal completed\n");
}

TEST(ResponsesDecoder, ReadsCustomCallsAndEchoesOtherFields) {
  const auto parts = decode(
      {item_event("added", 0, R"({"type":"custom_tool_call","id":"ct","call_id":"c","name":"sql","input":""})"),
       R"({"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"SELECT"})",
       item_event(
           "done", 0,
           R"({"type":"custom_tool_call","id":"ct","call_id":"c","name":"sql","input":"SELECT","status":"completed","caller":{"type":"program","n":1.0}})"),
       kCompleted});
  const ToolCallItem wanted{.call_id = "c",
                            .name = "sql",
                            .arguments = "SELECT",
                            .custom = true,
                            .echo = {R"({"id":"ct","status":"completed","caller":{"type":"program","n":1.0}})"}};
  ASSERT_EQ(items<ToolCallItem>(parts).size(), 1U);
  EXPECT_EQ(items<ToolCallItem>(parts)[0], wanted);
}

TEST(ResponsesDecoder, TakesArgumentsThatAreAnObject) {
  const auto parts =
      decode({item_event("done", 0, R"({"type":"function_call","call_id":"c","name":"f","arguments":{"a": 1.0}})"),
              kCompleted});
  EXPECT_EQ(items<ToolCallItem>(parts).at(0).arguments, R"({"a": 1.0})");
}

TEST(ResponsesDecoder, EchoesIdAndPhaseOfMessages) {
  const auto parts = decode(
      {item_event(
           "done", 0,
           R"({"type":"message","role":"assistant","id":"m1","phase":"commentary","status":"completed","x":null,"content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]})"),
       kCompleted});
  const auto found = items<MessageItem>(parts);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].echo.text, R"({"id":"m1","phase":"commentary","status":"completed"})");
  EXPECT_EQ(found[0].parts.size(), 2U);
  const std::string item =
      R"({"type":"message","id":"m2","content":[{"type":"output_text","text":"a"},{"type":"output_hologram","h":1}]})";
  EXPECT_EQ(items<MessageItem>(decode({item_event("done", 0, item), kCompleted})).at(0).echo.text, item);
}

TEST(ResponsesDecoder, KeepsUnknownItemsVerbatimAndSkipsUnknownEvents) {
  const std::string item = R"({"id":"w","type":"web_search_call","action":{"q":"\u00e9 1e5","n":1e5}})";
  const std::string stream =
      stream_of({item_event("added", 0, R"({"type":"web_search_call","id":"w"})"),
                 R"({"type":"response.web_search_call.searching","output_index":0})",
                 R"({"type":"keepalive","sequence_number":3})", R"({"type":"response.brand_new","x":[1]})",
                 item_event("done", 0, item), item_event("added", 1, R"({"type":"odd_call","k":1})"), kCompleted,
                 R"({"type":"late"})"}) +
      "data: [DONE]\n\n";
  const auto parts = decode_bytes(stream);
  const auto others = items<OtherItem>(parts);
  ASSERT_EQ(others.size(), 2U);
  EXPECT_EQ(others[0], (OtherItem{"web_search_call", {item}}));
  EXPECT_EQ(others[1], (OtherItem{"odd_call", {R"({"type":"odd_call","k":1})"}}));
  ResponsesDecoder decoder;
  std::vector<ProviderPart> out;
  decoder.feed(stream, out);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.skipped_events(), 2U);
}

TEST(ResponsesDecoder, JoinsCharactersCutBetweenDeltas) {
  const auto parts = decode(
      {text_delta(0, R"(a\ud83d)"), text_delta(0, R"(\ude00b)"), item_event("done", 0, message(R"(a\ud83d\ude00b)")),
       R"({"type":"response.output_text.delta","logprobs":[{"x":1}],"output_index":1,"delta":"\ud83d"})",
       R"({"type":"response.output_text.delta","logprobs":[{"x":1}],"output_index":1,"delta":"\ude00"})",
       text_delta(2, R"(z\ud83d)"), kCompleted});
  EXPECT_EQ(lines(parts),
            "text out_0 a\xF0\x9F\x98\x80"
            "b\ndone out_0 #0 a\xF0\x9F\x98\x80"
            "b\ntext out_1 \xF0\x9F\x98\x80\n"
            "text out_2 z\xEF\xBF\xBD\ndone out_1 #0 \xF0\x9F\x98\x80\ndone out_2 #0 z\xEF\xBF\xBD\nfinished stop "
            "completed\n");
}

TEST(ResponsesDecoder, FindsItemsWithoutUsableIndexes) {
  // No index at all: ids decide, then what is open.
  EXPECT_EQ(
      lines(decode({R"({"type":"response.output_item.added","item":{"type":"reasoning","id":"a"}})",
                    R"({"type":"response.output_item.added","item":{"type":"message","id":"b"}})",
                    R"({"type":"response.output_text.delta","item_id":"b","delta":"x"})",
                    R"({"type":"response.reasoning_text.delta","item_id":"a","delta":"y"})",
                    R"({"type":"response.output_text.delta","delta":"z"})",
                    R"({"type":"response.output_item.done","item":{"type":"reasoning","id":"a"}})",
                    R"({"type":"response.output_item.done","item":{"type":"message","id":"b"}})", kCompleted})),
      "text out_1 x\nreasoning out_0 y\ntext out_1 z\ndone out_0 #1 y\ndone out_1 #0 xz\nfinished stop completed\n");
  // The same index for every item.
  EXPECT_EQ(lines(decode({item_event("added", 0, R"({"type":"reasoning","id":"a"})"),
                          R"({"type":"response.reasoning_text.delta","output_index":0,"delta":"y"})",
                          item_event("done", 0, R"({"type":"reasoning","id":"a"})"),
                          item_event("added", 0, R"({"type":"message","id":"m"})"), text_delta(0, "x"),
                          item_event("done", 0, message("x")), item_event("done", 0, call("c1", "{}")),
                          item_event("done", 0, call("c1", "{}")), kCompleted})),
            "reasoning out_0 y\ndone out_0 #1 y\ntext out_1 x\ndone out_1 #0 x\narguments out_2 {}\ndone out_2 #3 f{}\n"
            "finished tool_calls completed\n");
}

TEST(ResponsesDecoder, TellsItemsOfOneTypeApartUnderOneIndex) {
  // Announced one after the other, the first still open.
  EXPECT_EQ(lines(decode(
                {item_event("added", 0, R"({"type":"message","id":"a"})"), text_delta(0, "x"),
                 item_event("added", 0, R"({"type":"message","id":"b"})"), text_delta(0, "y"),
                 item_event("done", 0, R"({"type":"message","id":"b","content":[{"type":"output_text","text":"y"}]})"),
                 item_event("done", 0, R"({"type":"message","id":"a","content":[{"type":"output_text","text":"x"}]})"),
                 kCompleted})),
            "text out_0 x\ntext out_1 y\ndone out_0 #0 x\ndone out_1 #0 y\nfinished stop completed\n");
  // Two calls that were never announced.
  EXPECT_EQ(
      lines(decode({item_event("done", 0, R"({"type":"function_call","call_id":"c1","name":"f","arguments":"1"})"),
                    item_event("done", 0, R"({"type":"function_call","call_id":"c2","name":"f","arguments":"2"})"),
                    kCompleted})),
      "arguments out_0 1\ndone out_0 #3 f1\narguments out_1 2\ndone out_1 #3 f2\nfinished tool_calls completed\n");
  // Neither index nor id at the end.
  EXPECT_EQ(
      lines(decode(
          {R"({"type":"response.output_text.delta","delta":"x"})",
           R"({"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"x"}]}})",
           kCompleted})),
      "text out_0 x\ndone out_0 #0 x\nfinished stop completed\n");
}

TEST(ResponsesDecoder, CompletesItemsThatNeverEnded) {
  EXPECT_EQ(lines(decode({text_delta(0, "par"), R"({"type":"response.incomplete","response":{"status":"incomplete",)"
                                                R"("incomplete_details":{"reason":"max_output_tokens"}}})"})),
            "text out_0 par\ndone out_0 #0 par\nfinished length incomplete:max_output_tokens\n");
  const auto parts = decode(
      {text_delta(0, "par"), R"({"type":"response.completed","response":{"output":[)" + message("partly") + "]}}"});
  EXPECT_EQ(lines(parts), "text out_0 partly\ndone out_0 #0 partly\nfinished stop completed\n");
}

TEST(ResponsesDecoder, TakesWhatOnlyTheFinalResponseHolds) {
  EXPECT_EQ(lines(decode({R"({"type":"response.completed","response":{"output":[)" + message("x") + "," +
                          call("c", "{}") + "]}}"})),
            "text out_0 x\ndone out_0 #0 x\narguments out_1 {}\ndone out_1 #3 f{}\nfinished tool_calls completed\n");
  EXPECT_EQ(
      lines(decode({item_event("done", 0, message("x")), R"({"type":"response.completed","response":{"output":[)" +
                                                             message("x") + "," + call("c", "{}") + "]}}"})),
      "text out_0 x\ndone out_0 #0 x\narguments out_1 {}\ndone out_1 #3 f{}\nfinished tool_calls completed\n");
  EXPECT_EQ(failure_code(decode({R"({"type":"response.completed"})"})), "provider_empty_response");
  EXPECT_EQ(failure_code(decode({R"({"type":"response.completed","response":{"output":null}})"})),
            "provider_empty_response");
}

TEST(ResponsesDecoder, MapsEveryEnd) {
  const auto end = [](const std::string& response) {
    return lines(decode({item_event("done", 0, message("x")),
                         R"({"type":"response.incomplete","response":)" + response + "}"}))
        .substr(29);
  };
  EXPECT_EQ(end(R"({"incomplete_details":{"reason":"content_filter"}})"),
            "finished content_filter incomplete:content_filter\n");
  EXPECT_EQ(end(R"({"incomplete_details":{"reason":"steered"}})"), "finished other incomplete:steered\n");
  EXPECT_EQ(end(R"({"incomplete_details":null})"), "finished other incomplete\n");
  EXPECT_EQ(end(R"({"status":"cancelled"})"), "finished other cancelled\n");
  EXPECT_EQ(end(R"({"status":"completed"})"), "finished stop completed\n");
}

TEST(ResponsesDecoder, ReportsAnErrorOnce) {
  const std::string failed =
      R"({"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"},)"
      R"("usage":{"input_tokens":7,"output_tokens":1,"total_tokens":8}}})";
  const auto flat =
      decode({text_delta(0, "Hi"),
              R"({"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null})", failed});
  EXPECT_EQ(failure_code(flat), "provider_rate_limited");
  EXPECT_EQ(flat.size(), 2U);
  const auto nested =
      decode({R"({"type":"error","error":{"type":"insufficient_quota","code":"insufficient_quota","message":"pay"}})",
              failed});
  EXPECT_EQ(failure_code(nested), "provider_quota_exhausted");
  EXPECT_EQ(failure_code(decode_bytes("event: error\ndata: {\"error\":{\"message\":\"odd\"}}\n\n")),
            "provider_stream_error");
  EXPECT_EQ(failure_code(decode({R"({"error":{"code":502,"message":"upstream"}})"})), "provider_server_error");
  const auto parts = decode({item_event("done", 0, message("x")), failed});
  EXPECT_EQ(failure_code(parts), "provider_server_error");
  EXPECT_NE(lines(parts).find("usage 8\nfailed"), std::string::npos);
  EXPECT_EQ(failure_code(decode({R"({"type":"response.failed","response":{"id":"r","error":null}})"})),
            "provider_stream_error");
  EXPECT_EQ(failure_code(decode({R"({"type":"response.failed"})"})), "provider_stream_error");
}

TEST(ResponsesDecoder, SaysWhenTheStreamIsCut) {
  for (const std::string& bytes :
       {std::string(), std::string(": ping\n\n"), stream_of({text_delta(0, "Hi")}), stream_of({"[DONE]"}),
        stream_of({text_delta(0, "Hi")}) + "data: {\"type\":\"response.comp"}) {
    EXPECT_EQ(failure_code(decode_bytes(bytes)), "provider_stream_truncated") << bytes;
  }
}

TEST(ResponsesDecoder, TakesALastEventWithoutItsBlankLine) {
  EXPECT_EQ(lines(decode_bytes(stream_of({item_event("done", 0, message("x"))}) + "data: " + kCompleted)),
            "text out_0 x\ndone out_0 #0 x\nfinished stop completed\n");
}

TEST(ResponsesDecoder, GivesHeldItemsBeforeAFailure) {
  EXPECT_EQ(lines(decode({item_event("added", 0, R"({"type":"reasoning"})"), item_event("done", 1, message("x")),
                          R"({"type":"error","message":"m"})"}))
                .substr(0, 32),
            "text out_1 x\ndone out_1 #0 x\nfai");
}

TEST(ResponsesDecoder, RefusesBrokenJson) {
  for (const char* data :
       {"{\"type\":", "nonsense", "[1]", "{\"type\":\"response.output_text.delta\",\"delta\":\"a}"}) {
    EXPECT_EQ(failure_code(decode({data})), "provider_bad_json") << data;
  }
  EXPECT_EQ(failure_code(decode({R"({"type":"response.created","response":{"a":)" + std::string(200, '[') +
                                 std::string(200, ']') + "}}"})),
            "provider_bad_json");
}

TEST(ResponsesDecoder, ToleratesMissingAndNullFields) {
  EXPECT_EQ(lines(decode(
                {R"({"type":"response.created"})", R"({"type":"response.created","response":null})",
                 R"({"type":"response.output_item.added"})",
                 R"({"type":"response.output_item.done","output_index":0,"item":null})",
                 R"({"type":"response.content_part.done","part":null})",
                 R"({"type":"response.output_text.delta","output_index":null,"content_index":null,"delta":null})", "{}",
                 R"({"type":null})", R"({"type":"response.output_text.delta","output_index":"0","delta":"x"})",
                 R"({"type":"response.output_text.done"})",
                 R"({"type":"response.completed","response":{"model":null,"id":7,"output":[null,1],"usage":null}})"})),
            "text out_0 x\ndone out_0 #0 x\nfinished stop completed\n");
}

TEST(ResponsesDecoder, LeavesNonsenseOutOfUsage) {
  const auto parts = decode(
      {R"({"type":"response.completed","response":{"output":[],"usage":{"input_tokens":-5,"output_tokens":1.5,"total_tokens":"12",)"
       R"("input_tokens_details":{"cached_tokens":1e18,"cache_write_tokens":4},"output_tokens_details":null}}})"});
  ASSERT_EQ(parts.size(), 2U);
  const Usage wanted{.cache_write = 4, .invalid = true};
  EXPECT_EQ(std::get<event::UsageSeen>(parts[0]).usage, wanted);
}

TEST(ResponsesDecoder, TellsWhatAPriceByTokensDoesNotCover) {
  const auto unpriced = [](const std::string& members) {
    const auto parts =
        decode({R"({"type":"response.completed","response":{"usage":{"input_tokens":1},"output":[)" + members + "}}"});
    for (const event::ProviderPart& part : parts) {
      if (const auto* seen = std::get_if<event::UsageSeen>(&part)) return seen->usage.unpriced;
    }
    return std::vector<std::string>{"no usage"};
  };
  using Terms = std::vector<std::string>;
  EXPECT_EQ(unpriced(R"(],"service_tier":"default")"), Terms());
  EXPECT_EQ(unpriced(R"(],"service_tier":"flex")"), Terms{"service_tier:flex"});
  EXPECT_EQ(unpriced(R"({"type":"web_search_call","id":"w"}],"service_tier":"auto")"), Terms{"hosted_tools"});
}

TEST(ResponsesDecoder, IsBounded) {
  DecoderLimits limits;
  limits.items = 3;
  limits.tool_calls = 2;
  limits.stream_bytes = 2'000;
  EXPECT_EQ(
      failure_code(decode({text_delta(0, "a"), text_delta(1, "a"), text_delta(2, "a"), text_delta(3, "a")}, limits)),
      "provider_response_too_large");
  EXPECT_EQ(failure_code(decode({item_event("done", 0, call("a", "")), item_event("done", 1, call("b", "")),
                                 item_event("done", 2, call("c", ""))},
                                limits)),
            "too_many_tool_calls");
  EXPECT_EQ(failure_code(decode_bytes(": " + std::string(3'000, 'x'), limits)), "provider_response_too_large");
  EXPECT_EQ(failure_code(decode({R"({"type":"response.completed","response":{"output":[1,1,1,1]}})"}, limits)),
            "provider_response_too_large");
  std::vector<std::string> many_parts;
  for (int index = 0; index <= 1'000; ++index)
    many_parts.push_back(R"({"type":"response.output_text.delta","content_index":)" + std::to_string(index) +
                         R"(,"delta":"a"})");
  std::vector<ProviderPart> out;
  ResponsesDecoder decoder;
  decoder.feed(stream_of(many_parts), out);
  EXPECT_EQ(failure_code(out), "provider_response_too_large");
}

TEST(ResponsesDecoder, RefusesPiecesOfACallThatNeverCame) {
  EXPECT_EQ(failure_code(decode(
                {R"({"type":"response.function_call_arguments.delta","output_index":5,"delta":"{}"})", kCompleted})),
            "provider_bad_tool_delta");
}

TEST(ResponsesBody, IsReadLikeAStream) {
  EXPECT_EQ(lines(decode_responses_body(R"({"id":"r","status":"completed","output":[)" + message("x") +
                                        R"(],"usage":{"total_tokens":4}})")),
            "text out_0 x\ndone out_0 #0 x\nusage 4\nfinished stop completed\n");
  EXPECT_EQ(lines(decode_responses_body(R"({"output":[]})")), "finished stop completed\n");
  EXPECT_EQ(lines(decode_responses_body(R"({"status":"queued","output":[]})")), "finished other queued\n");
  EXPECT_EQ(failure_code(decode_responses_body(R"({"status":"failed","error":{"code":"server_error","message":"m"}})")),
            "provider_server_error");
  EXPECT_EQ(failure_code(decode_responses_body(R"({"error":{"code":"rate_limit_exceeded","message":"m"}})")),
            "provider_rate_limited");
  EXPECT_EQ(failure_code(decode_responses_body(R"({"detail":"not here"})")), "provider_stream_error");
  EXPECT_EQ(failure_code(decode_responses_body("<html>")), "provider_bad_json");
  EXPECT_EQ(failure_code(decode_responses_body("\"\xFF\"")), "provider_bad_json");
  DecoderLimits limits;
  limits.stream_bytes = 5;
  EXPECT_EQ(failure_code(decode_responses_body(R"({"output":[]})", limits)), "provider_response_too_large");
}

}  // namespace
}  // namespace orchestrator::harness::codec
