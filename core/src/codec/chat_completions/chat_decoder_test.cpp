// SPDX-License-Identifier: Apache-2.0
// Goal: every host's dialect of Chat Completions streams gives the same parts, and nothing malformed gives a wrong one.
// Method: short streams written here, compared as whole lists of joined parts. Recorded streams: the fixture test.
#include "codec/chat_completions/chat_decoder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

using event::AnswerFailed;
using event::AnswerFinished;
using event::ItemDone;
using event::ProviderPart;
using event::ReasoningPiece;
using event::TextPiece;
using event::ToolArgumentsPiece;
using event::UsageSeen;
using Parts = std::vector<ProviderPart>;

Parts decode(std::string_view bytes, ChatDecoderOptions options = {}, DecoderLimits limits = {}) {
  ChatDecoder decoder(options, limits);
  Parts raw;
  decoder.feed(bytes, raw);
  decoder.finish(raw);
  EXPECT_TRUE(decoder.done());
  Parts joined;
  for (auto& part : raw) event::append_joined(joined, std::move(part));
  return joined;
}

// One chunk with this delta, as an event.
std::string delta(std::string_view fields, std::string_view choice_fields = {}) {
  std::string text = R"(data: {"id":"r1","model":"m1","choices":[{"index":0,"delta":{)";
  text.append(fields).append("}").append(choice_fields).append("}]}\n\n");
  return text;
}
std::string end(std::string_view reason) {
  return delta("", ",\"finish_reason\":\"" + std::string(reason) + "\"") + "data: [DONE]\n\n";
}
std::string chunk(std::string_view members) { return "data: {" + std::string(members) + "}\n\n"; }

AnswerFinished finished(FinishReason reason, std::string native) { return {reason, std::move(native), "m1", "r1"}; }
ConversationItem chat(ItemValue value) { return {std::move(value), "chat"}; }
ConversationItem text_item(std::string text) {
  return chat(MessageItem{Role::assistant, {TextPart{std::move(text)}}, {}});
}
ConversationItem call_item(std::string id, std::string name, std::string arguments) {
  return chat(ToolCallItem{.call_id = std::move(id), .name = std::move(name), .arguments = std::move(arguments)});
}

std::string failure_of(const Parts& parts) {
  const auto* failed = parts.empty() ? nullptr : std::get_if<AnswerFailed>(&parts.back());
  return failed == nullptr ? "no failure" : failed->error.code;
}
std::vector<ToolCallItem> calls_of(const Parts& parts) {
  std::vector<ToolCallItem> calls;
  for (const auto& part : parts) {
    const auto* done = std::get_if<ItemDone>(&part);
    const auto* call = done == nullptr ? nullptr : std::get_if<ToolCallItem>(&done->item.value);
    if (call != nullptr) calls.push_back(*call);
  }
  return calls;
}
template <class T>
std::vector<T> all_of(const Parts& parts) {
  std::vector<T> found;
  for (const auto& part : parts) {
    if (const auto* one = std::get_if<T>(&part)) found.push_back(*one);
  }
  return found;
}

TEST(ChatDecoder, GivesTextThenUsageThenTheEnd) {
  const Parts parts = decode(delta(R"("role":"assistant","content":"")") + delta(R"("content":"Hel")") +
                             delta(R"("content":"lo")") + delta("", R"(,"finish_reason":"stop")") +
                             chunk(R"("choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,)"
                                   R"("prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":null})") +
                             "data: [DONE]\n\n");
  const Usage usage{.input = 3, .cached_input = 1, .cache_write = {}, .output = 2, .reasoning = {}, .total = 5};
  EXPECT_EQ(parts, (Parts{TextPiece{"item_0", "Hello"}, UsageSeen{usage}, ItemDone{"item_0", text_item("Hello")},
                          finished(FinishReason::stop, "stop")}));
}

TEST(ChatDecoder, AnItemEndsWhenAnotherKindBegins) {
  const Parts parts =
      decode(delta(R"("reasoning_content":"hm")") + delta(R"("reasoning_content":"m","content":null)") +
             delta(R"("content":"A")") + delta(R"("reasoning":"B","reasoning_content":"B")") + end("stop"));
  const auto thought = [](std::string text) {
    return chat(ReasoningItem{std::move(text), RawJson{R"({"text_field":"reasoning_content"})"}});
  };
  EXPECT_EQ(parts, (Parts{ReasoningPiece{"item_0", "hmm"}, TextPiece{"item_1", "A"}, ItemDone{"item_0", thought("hmm")},
                          ReasoningPiece{"item_2", "B"}, ItemDone{"item_1", text_item("A")},
                          ItemDone{"item_2", thought("B")}, finished(FinishReason::stop, "stop")}));
}

TEST(ChatDecoder, PutsCallsTogetherByIndexWhereverItStarts) {
  const Parts parts = decode(
      delta(R"("content":"Reading")") +
      delta(R"("tool_calls":[{"index":1,"id":"a","type":"function","function":{"name":"f","arguments":""}}])") +
      delta(R"("tool_calls":[{"index":7,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}])") +
      delta(
          R"("tool_calls":[{"index":1,"function":{"arguments":"{\"x\":1}"}},{"index":7,"function":{"arguments":"}"}}])") +
      end("tool_calls"));
  EXPECT_EQ(parts,
            (Parts{TextPiece{"item_0", "Reading"}, ItemDone{"item_0", text_item("Reading")},
                   ToolArgumentsPiece{"item_2", "{"}, ToolArgumentsPiece{"item_1", "{\"x\":1}"},
                   ToolArgumentsPiece{"item_2", "}"}, ItemDone{"item_1", call_item("a", "f", "{\"x\":1}")},
                   ItemDone{"item_2", call_item("b", "g", "{}")}, finished(FinishReason::tool_calls, "tool_calls")}));
}

TEST(ChatDecoder, RepeatedIdsAndNamesAreOneCall) {
  const std::string piece =
      R"("tool_calls":[{"index":0,"id":"0","type":"function","function":{"name":"f","arguments":)";
  const auto calls = calls_of(decode(delta(piece + R"("{"}}])") + delta(piece + R"("}"}}])") + end("stop")));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0], (ToolCallItem{.call_id = "0", .name = "f", .arguments = "{}"}));
}

TEST(ChatDecoder, ToolCallKeyRules) {
  struct Row {
    const char* why;
    std::vector<std::string> pieces;  // one chunk each
    std::vector<std::string> calls;   // id, name and arguments
  };
  const Row rows[] = {
      {"one index, another id",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
        R"({"index":0,"id":"b","function":{"name":"g","arguments":"2"}})"},
       {"a f 1", "b g 2"}},
      {"one index, ids interleaved",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
        R"({"index":0,"id":"b","function":{"name":"g","arguments":"2"}})",
        R"({"index":0,"id":"a","function":{"arguments":"3"}})"},
       {"a f 13", "b g 2"}},
      {"no index, keyed by id",
       {R"({"id":"a","function":{"name":"f","arguments":"1"}})",
        R"({"id":"b","function":{"name":"g","arguments":"2"}})", R"({"id":"a","function":{"arguments":"3"}})"},
       {"a f 13", "b g 2"}},
      {"neither: the last call",
       {R"({"id":"a","function":{"name":"f","arguments":"1"}})", R"({"function":{"arguments":"2"}})"},
       {"a f 12"}},
      {"empty id and name go on",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
        R"({"index":0,"id":"","function":{"name":"","arguments":"2"}})"},
       {"a f 12"}},
      {"the id comes late",
       {R"({"index":0,"function":{"name":"f","arguments":"1"}})",
        R"({"index":0,"id":"a","function":{"arguments":"2"}})"},
       {"a f 12"}},
      {"null arguments", {R"({"index":0,"id":"a","function":{"name":"f","arguments":null}})"}, {"a f "}},
      {"arguments as an object",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":{"x":[1]}}})"},
       {"a f {\"x\":[1]}"}},
      {"a number as id", {R"({"index":0,"id":7,"function":{"name":"f","arguments":"{}"}})"}, {"7 f {}"}},
      {"a new index with a known id and no name goes on",
       {R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})",
        R"({"index":1,"id":"a","function":{"arguments":"2"}})"},
       {"a f 12"}},
  };
  for (const auto& row : rows) {
    std::string stream;
    for (const auto& piece : row.pieces) stream += delta("\"tool_calls\":[" + piece + "]");
    std::vector<std::string> calls;
    for (const auto& call : calls_of(decode(stream + end("tool_calls")))) {
      calls.push_back(call.call_id + " " + call.name + " " + call.arguments);
    }
    EXPECT_EQ(calls, row.calls) << row.why;
  }
}

TEST(ChatDecoder, WholeCallsWithoutKeysGetLocalIds) {
  const auto calls =
      calls_of(decode(delta(R"("tool_calls":[{"function":{"name":"f","arguments":"{}"}},)"
                            R"({"function":{"name":"f","arguments":"{}"}}])") +
                      delta(R"("tool_calls":[{"function":{"name":"g","arguments":"{}"}}])") + end("tool_calls")));
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[2].name, "g");
  EXPECT_NE(calls[0].call_id, calls[1].call_id);
  EXPECT_NE(calls[1].call_id, calls[2].call_id);
  EXPECT_TRUE(calls[0].call_id.starts_with("call_"));
  EXPECT_LE(calls[0].call_id.size(), 40U);  // the longest id that OpenAI takes back
}

TEST(ChatDecoder, AnIdUsedTwiceIsReplacedAndKept) {
  const auto calls = calls_of(decode(
      delta(R"("tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}])") +
      delta(R"("tool_calls":[{"index":1,"id":"x","function":{"name":"g","arguments":"{}"}}])") + end("tool_calls")));
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].call_id, "x");
  EXPECT_NE(calls[1].call_id, "x");
  EXPECT_EQ(calls[1].echo.text, R"({"id":"x"})");
}

TEST(ChatDecoder, KeepsMembersOfTheHostsOwnInACall) {
  const auto calls =
      calls_of(decode(delta(R"("tool_calls":[{"index":0,"id":"x","extra_content":{"google":{"thought_signature":"s"}},)"
                            R"("type":"function","function":{"name":"f","arguments":"{}"}}])") +
                      end("tool_calls")));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].echo.text, R"({"extra_content":{"google":{"thought_signature":"s"}}})");
}

TEST(ChatDecoder, RefusesPiecesOfCallsThatNeverBegan) {
  for (const char* piece :
       {R"({"index":5,"function":{"arguments":"{}"}})", R"({"function":{"arguments":"{}"}})", "{}"}) {
    EXPECT_EQ(failure_of(decode(delta("\"tool_calls\":[" + std::string(piece) + "]"))), "provider_bad_tool_delta")
        << piece;
  }
}

TEST(ChatDecoder, ReadsTheOldFunctionCallAndCustomCalls) {
  const auto old_form = calls_of(decode(delta(R"("function_call":{"name":"f","arguments":"{\"a\""})") +
                                        delta(R"("function_call":{"arguments":":1}"})") + end("function_call")));
  ASSERT_EQ(old_form.size(), 1U);
  EXPECT_EQ(old_form[0].arguments, "{\"a\":1}");
  const auto custom = calls_of(
      decode(delta(R"("tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"sh","input":"l"}}])") +
             delta(R"("tool_calls":[{"index":0,"custom":{"input":"s"}}])") + end("tool_calls")));
  ASSERT_EQ(custom.size(), 1U);
  EXPECT_EQ(custom[0], (ToolCallItem{.call_id = "c", .name = "sh", .arguments = "ls", .custom = true}));
}

TEST(ChatDecoder, CallsThatALimitCutStillComeOut) {
  const Parts parts = decode(
      delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x"}}])") + end("length"));
  ASSERT_EQ(calls_of(parts).size(), 1U);
  EXPECT_EQ(calls_of(parts)[0].arguments, "{\"x");
  EXPECT_EQ(parts.back(), ProviderPart(finished(FinishReason::length, "length")));
}

TEST(ChatDecoder, MapsFinishReasons) {
  const auto reason_of = [](std::string_view native) {
    return std::get<AnswerFinished>(decode(delta(R"("content":"x")") + end(native)).back());
  };
  EXPECT_EQ(reason_of("stop"), finished(FinishReason::stop, "stop"));
  EXPECT_EQ(reason_of("content_filter"), finished(FinishReason::content_filter, "content_filter"));
  EXPECT_EQ(reason_of("function_call"), finished(FinishReason::tool_calls, "function_call"));
  EXPECT_EQ(reason_of("insufficient_system_resource"), finished(FinishReason::other, "insufficient_system_resource"));
  EXPECT_EQ(decode(delta(R"("content":"x")") + "data: [DONE]\n\n").back(),
            ProviderPart(finished(FinishReason::other, "")));
}

TEST(ChatDecoder, ARefusalIsAnItemAndAReason) {
  const Parts parts = decode(delta(R"("content":null,"refusal":"I can")") + delta(R"("refusal":"not")") + end("stop"));
  EXPECT_EQ(parts, (Parts{TextPiece{"item_0", "I cannot"}, ItemDone{"item_0", chat(RefusalItem{"I cannot", {}})},
                          finished(FinishReason::refusal, "stop")}));
  EXPECT_EQ(std::get<AnswerFinished>(decode(delta(R"("refusal":"no")") + end("content_filter")).back()).reason,
            FinishReason::content_filter);
}

TEST(ChatDecoder, ContentPartsMayThinkAndSpeak) {
  const Parts parts =
      decode(delta(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}])") +
             delta(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"b"}],"closed":true},)"
                   R"({"type":"text","text":"1"},{"type":"reference","reference_ids":[1]}])") +
             delta(R"("content":"2")") + end("stop"));
  EXPECT_EQ(
      parts,
      (Parts{ReasoningPiece{"item_0", "ab"}, TextPiece{"item_1", "1"},
             ItemDone{"item_0", chat(ReasoningItem{"ab", RawJson{R"({"text_field":"thinking"})"}})},
             TextPiece{"item_1", "2"}, ItemDone{"item_1", text_item("12")},
             ItemDone{"item_2", chat(OtherItem{"reference", RawJson{R"([{"type":"reference","reference_ids":[1]}])"}})},
             finished(FinishReason::stop, "stop")}));
}

TEST(ChatDecoder, MergesReasoningDetailsForTheWayBack) {
  const Parts parts = decode(
      delta(R"("reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","format":"f","index":0}])") +
      delta(R"("reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b","format":"f","index":0}])") +
      delta(R"("reasoning_details":[{"type":"reasoning.text","signature":"sig","format":null,"index":0}])") +
      delta(R"("content":"x")") +
      delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"e1","index":1}])") +
      delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"e2","index":1}],"content":"y")") +
      end("stop"));
  const std::string first = R"({"text_field":"reasoning","reasoning_details":[{"type":"reasoning.text","text":"ab",)"
                            R"("format":"f","index":0,"signature":"sig"}]})";
  const std::string second = R"({"reasoning_details":[{"type":"reasoning.encrypted","data":"e1","index":1},)"
                             R"({"type":"reasoning.encrypted","data":"e2","index":1}]})";
  EXPECT_EQ(parts,
            (Parts{ReasoningPiece{"item_0", "ab"}, TextPiece{"item_1", "x"},
                   ItemDone{"item_0", chat(ReasoningItem{"ab", RawJson{first}})}, TextPiece{"item_1", "y"},
                   ItemDone{"item_1", text_item("xy")}, ItemDone{"item_2", chat(ReasoningItem{"", RawJson{second}})},
                   finished(FinishReason::stop, "stop")}));
}

TEST(ChatDecoder, TextOnlyInReasoningDetailsIsShown) {
  const auto pieces = all_of<ReasoningPiece>(decode(
      delta(
          R"("reasoning_details":[{"type":"reasoning.summary","summary":"sum","index":0},{"type":"reasoning.text","text":"t","index":1}])") +
      end("stop")));
  EXPECT_EQ(pieces, (std::vector<ReasoningPiece>{{"item_0", "sumt"}}));
}

TEST(ChatDecoder, KeepsUnknownContentVerbatim) {
  // The last delta is longer than all before it: what was kept must not live in the memory of a parsed chunk.
  std::string padding;
  for (int i = 0; i < 500; ++i) padding += "\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\",";
  const Parts parts = decode(
      delta(R"("annotations":[{"type":"url_citation","n":1}],"token_ids":[1,2],"channel":"final")") +
      delta(R"("annotations":[{"n":2}])") + delta("\"content\":\"x\",\"padding\":[" + padding + "0]") + end("stop"));
  ASSERT_EQ(all_of<ItemDone>(parts).size(), 2U);
  EXPECT_EQ(all_of<ItemDone>(parts)[0].item,
            chat(OtherItem{"annotations", RawJson{R"([{"type":"url_citation","n":1},{"n":2}])"}}));
}

TEST(ChatDecoder, ThinkTagsStayTextUnlessAskedFor) {
  const std::string stream = delta(R"("content":"\n<thi")") + delta(R"("content":"nk>why</think")") +
                             delta(R"("content":">\n\nyes")") + end("stop");
  EXPECT_EQ(decode(stream)[0], ProviderPart(TextPiece{"item_0", "\n<think>why</think>\n\nyes"}));
  const Parts split = decode(stream, {.think_tags = true});
  EXPECT_EQ(split, (Parts{ReasoningPiece{"item_0", "why"}, TextPiece{"item_1", "yes"},
                          ItemDone{"item_0", chat(ReasoningItem{"why", {}})}, ItemDone{"item_1", text_item("yes")},
                          finished(FinishReason::stop, "stop")}));
}

TEST(ChatDecoder, OnlyTheFirstCandidateCounts) {
  const Parts parts = decode(
      chunk(
          R"("id":"r1","model":"m1","choices":[{"index":1,"delta":{"content":"no"}},{"index":0,"delta":{"content":"yes"}}])") +
      chunk(R"("choices":[{"index":1,"delta":{},"finish_reason":"length"}])") + end("stop"));
  EXPECT_EQ(parts, (Parts{TextPiece{"item_0", "yes"}, ItemDone{"item_0", text_item("yes")},
                          finished(FinishReason::stop, "stop")}));
}

TEST(ChatDecoder, TakesUsageFromWhereverItIs) {
  const auto usage_in = [](const std::string& members) {
    const auto seen = all_of<UsageSeen>(
        decode(chunk(members + R"(,"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}])")));
    return seen.empty() ? Usage{} : seen.back().usage;
  };
  EXPECT_EQ(usage_in(R"("x_groq":{"usage":{"prompt_tokens":4}})").input, 4U);
  EXPECT_EQ(usage_in(R"("usage":{"prompt_tokens":9,"prompt_cache_hit_tokens":5})").cached_input, 5U);
  EXPECT_EQ(usage_in(R"("usage":null)"), Usage{});
  EXPECT_EQ(usage_in(R"("service_tier":"priority","usage":{"prompt_tokens":4})").unpriced,
            std::vector<std::string>{"service_tier:priority"});
  EXPECT_EQ(usage_in(R"("usage":{"prompt_tokens":4,"prompt_tokens_details":{"audio_tokens":3},)"
                     R"("completion_tokens_details":{"audio_tokens":2}})")
                .unpriced,
            (std::vector<std::string>{"audio_input", "media_output"}));
  for (const char* count : {"-5", "1e18", "\"12\"", "1.5", "NaN", "-Infinity", "[]"}) {
    const Usage usage = usage_in("\"usage\":{\"completion_tokens\":7,\"prompt_tokens\":" + std::string(count) + "}");
    EXPECT_TRUE(usage.invalid) << count;
    EXPECT_EQ(usage.input, std::nullopt) << count;
    EXPECT_EQ(usage.output, 7U) << count;
  }
  EXPECT_TRUE(usage_in(R"("usage":"lots")").invalid);
}

TEST(ChatDecoder, RemembersTheTierUntilTheUsageComes) {
  const auto seen = all_of<UsageSeen>(decode(chunk(R"("service_tier":"flex","choices":[{"delta":{"content":"x"}}])") +
                                             chunk(R"("choices":[],"usage":{"prompt_tokens":4})") + end("stop")));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.back().usage.unpriced, std::vector<std::string>{"service_tier:flex"});
}

TEST(ChatDecoder, CumulativeUsageIsGivenWhenItChanges) {
  const auto with = [](int n) {
    return chunk(R"("choices":[{"delta":{"content":"x"}}],"usage":{"completion_tokens":)" + std::to_string(n) + "}");
  };
  const auto seen = all_of<UsageSeen>(decode(with(1) + with(1) + with(2) + end("stop")));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen.back().usage.output, 2U);
}

TEST(ChatDecoder, ErrorsInsideTheStream) {
  const std::string text = delta(R"("content":"par")");
  EXPECT_EQ(failure_of(decode(text + chunk(R"("error":{"code":502,"message":"m"})"))), "provider_server_error");
  EXPECT_EQ(failure_of(decode(text + chunk(R"("error":"prompt is too long")"))), "provider_context_overflow");
  EXPECT_EQ(
      failure_of(decode(text + "event: error\ndata: {\"error\":{\"message\":\"m\",\"code\":\"tool_use_failed\"}}\n\n")),
      "provider_stream_error");
  EXPECT_EQ(failure_of(decode(text + "event: error\ndata: it broke\n\n")), "provider_stream_error");
  EXPECT_EQ(failure_of(decode(text + chunk(R"("object":"error","message":"m","code":429)"))), "provider_rate_limited");
  EXPECT_EQ(
      failure_of(decode(
          text +
          chunk(
              R"("error":{"code":400,"message":"m"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}])"))),
      "provider_bad_request");
  EXPECT_EQ(
      failure_of(decode(text + chunk(R"("choices":[{"index":0,"delta":{},"error":{"code":503,"message":"m"}}])"))),
      "provider_overloaded");
  EXPECT_EQ(failure_of(decode(text + end("error"))), "provider_stream_error");
  EXPECT_EQ(failure_of(decode(text + "error: {\"code\":500}\n\n")), "provider_stream_truncated");
  EXPECT_EQ(failure_of(decode(text + chunk(R"("error":null,"choices":[])") + end("stop"))), "no failure");
}

TEST(ChatDecoder, UsageOfAFailedAnswerIsKept) {
  const Parts parts = decode(chunk(R"("choices":[],"usage":{"prompt_tokens":8},"error":{"code":400,"message":"m"})") +
                             "data: [DONE]\n\n");
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(std::get<UsageSeen>(parts[0]).usage.input, 8U);
}

TEST(ChatDecoder, TellsACutStreamFromAProperEnd) {
  const std::string text = delta(R"("content":"x")");
  const std::string reason = delta("", R"(,"finish_reason":"stop")");
  EXPECT_EQ(failure_of(decode(text)), "provider_stream_truncated");
  EXPECT_EQ(failure_of(decode("")), "provider_stream_truncated");
  EXPECT_EQ(failure_of(decode(text + "data: {\"choices\"")), "provider_stream_truncated");
  EXPECT_EQ(failure_of(decode(text + reason)), "no failure");
  EXPECT_EQ(failure_of(decode(text + "data: [DONE]")), "no failure");
  EXPECT_EQ(failure_of(decode(text + reason.substr(0, reason.size() - 2))), "no failure");
  EXPECT_TRUE(all_of<ItemDone>(decode(text)).empty());  // what was cut is never a whole item
}

TEST(ChatDecoder, AnAnswerWithoutAnyChoiceIsEmpty) {
  for (const char* members : {R"("choices":[])", R"("choices":null)", R"("id":"x")"}) {
    EXPECT_EQ(failure_of(decode(chunk(members) + "data: [DONE]\n\n")), "provider_empty_response") << members;
  }
  EXPECT_EQ(decode(delta(R"("content":null)") + end("length")), (Parts{finished(FinishReason::length, "length")}));
}

TEST(ChatDecoder, WhatComesAfterTheEndIsCounted) {
  ChatDecoder decoder;
  Parts parts;
  decoder.feed(delta(R"("content":"x")") + end("stop") + delta(R"("content":"y")") + "data: [DONE]\n\n", parts);
  decoder.finish(parts);
  EXPECT_EQ(all_of<TextPiece>(parts).size(), 1U);
  EXPECT_EQ(all_of<AnswerFinished>(parts).size(), 1U);
  EXPECT_EQ(decoder.skipped_events(), 2U);
}

TEST(ChatDecoder, SkipsWhatItDoesNotKnow) {
  ChatDecoder decoder;
  Parts parts;
  decoder.feed("event: ping\ndata: now\n\ndata: \n\ndata: null\n\ndata: {\"hello\":1}\n\n: comment\n\n" +
                   delta(R"("content":"x","new":1)") + end("stop"),
               parts);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(all_of<TextPiece>(parts).size(), 1U);
  EXPECT_EQ(decoder.skipped_events(), 4U);
}

TEST(ChatDecoder, RefusesBrokenJsonWithAnExcerpt) {
  const Parts parts = decode("data: {\"choices\":\x01\n\n");
  EXPECT_EQ(failure_of(parts), "provider_bad_json");
  EXPECT_NE(std::get<AnswerFailed>(parts.back()).error.message.find(R"({\"choices\":\x01)"), std::string::npos);
}

TEST(ChatDecoder, JoinsCharactersCutBetweenDeltas) {
  EXPECT_EQ(decode(delta(R"("content":"a\ud83d")") + delta(R"("content":"\ude00b")") + end("stop"))[0],
            ProviderPart(TextPiece{"item_0",
                                   "a\xF0\x9F\x98\x80"
                                   "b"}));
  EXPECT_EQ(decode(delta(R"("content":"a\ud83d")") + end("stop"))[0],
            ProviderPart(TextPiece{"item_0", "a\xEF\xBF\xBD"}));
}

TEST(ChatDecoder, StopsAtItsLimits) {
  EXPECT_EQ(failure_of(decode(delta(R"("content":"0123456789")"), {}, {.stream_bytes = 40})),
            "provider_response_too_large");
  std::string calls;
  for (int i = 0; i < 4; ++i)
    calls += delta(R"("tool_calls":[{"index":)" + std::to_string(i) + R"(,"id":")" + std::to_string(i) +
                   R"(","function":{"name":"f"}}])");
  EXPECT_EQ(failure_of(decode(calls + end("tool_calls"), {}, {.tool_calls = 3})), "too_many_tool_calls");
  EXPECT_EQ(failure_of(decode(calls + end("tool_calls"), {}, {.items = 3})), "provider_response_too_large");
  EXPECT_EQ(failure_of(decode(delta("\"x\":" + std::string(200, '[') + std::string(200, ']')))), "provider_bad_json");
}

TEST(ChatBody, GivesTheSamePartsAsAStream) {
  const auto parts = decode_chat_body(
      R"({"id":"r1","model":"m1","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"why","content":"yes",)"
      R"("tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],)"
      R"("usage":{"prompt_tokens":1}})");
  EXPECT_EQ(parts.back(), ProviderPart(finished(FinishReason::tool_calls, "tool_calls")));
  EXPECT_EQ(all_of<ItemDone>(parts).size(), 3U);
  EXPECT_EQ(all_of<UsageSeen>(parts).size(), 1U);
}

TEST(ChatBody, FailsLikeAStream) {
  const auto code_of = [](std::string_view body) { return failure_of(decode_chat_body(body)); };
  EXPECT_EQ(code_of(R"({"error":{"message":"filtered","code":"content_filter","status":400}})"),
            "provider_content_policy");
  EXPECT_EQ(code_of(R"({"choices":[]})"), "provider_empty_response");
  EXPECT_EQ(code_of("<html>"), "provider_bad_json");
  EXPECT_EQ(code_of("[1]"), "provider_bad_json");
  EXPECT_EQ(code_of(R"({"message":"no such route"})"), "provider_stream_error");
  EXPECT_EQ(failure_of(decode_chat_body("{} ", {}, {.stream_bytes = 2})), "provider_response_too_large");
  EXPECT_EQ(code_of("{\"choices\":[{\"message\":{\"content\":\"\xFF\"}}]}"), "no failure");
}

// Each chunk is small; what is kept of them is not, since two bytes of text are a value.
TEST(ChatDecoder, BoundsTheValuesOfTheHostsOwn) {
  std::string list = "[{}";
  for (int i = 0; i < 20'000; ++i) list += ",0";
  list += "]";
  const std::string kinds[] = {
      "\"own\":" + list,
      R"("reasoning_details":[{"type":"own","data":)" + list + "}]",
      R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""},"own":)" + list + "}]",
  };
  for (const std::string& kind : kinds) {
    SCOPED_TRACE(kind.substr(0, 40));
    std::string few;
    for (int i = 0; i < 20; ++i) few += delta(kind);
    EXPECT_EQ(failure_of(decode(few + end("stop"))), "no failure");
    EXPECT_EQ(failure_of(decode(few + few + end("stop"))), "provider_response_too_large");
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
