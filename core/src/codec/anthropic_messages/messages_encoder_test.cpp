// SPDX-License-Identifier: Apache-2.0
// Goal: requests are those that the Messages API takes: alternating turns, every call answered once at the front of the
// next turn, and what it signed sent back unchanged.
#include <gtest/gtest.h>

#include "codec/anthropic_messages/messages_encoder.hpp"

namespace orchestrator::harness::codec {
namespace {

ProviderRequest request_of(std::vector<ConversationItem> items) {
  ProviderRequest request;
  request.model = *ModelRef::parse("anthropic/claude-sonnet-5");
  for (auto& item : items) request.items.push_back(std::make_shared<const ConversationItem>(std::move(item)));
  return request;
}
ConversationItem own(ItemValue value) { return {std::move(value), "messages"}; }
ConversationItem foreign(ItemValue value) { return {std::move(value), "responses"}; }

std::string messages_in(const ProviderRequest& request) {
  const auto body = encode_messages_request(request);
  if (!body) return body.error().code + " " + body.error().message;
  const auto at = body->find("\"messages\":");
  return body->substr(at + 11, body->size() - at - 12);
}
std::string failure_of(const ProviderRequest& request) {
  const auto body = encode_messages_request(request);
  return body ? "none" : body.error().code + " " + body.error().at;
}

TEST(MessagesEncoder, ASmallRequestIsWhole) {
  ProviderRequest request = request_of({user_text("Hi")});
  request.system = "Be brief.";
  EXPECT_EQ(*encode_messages_request(request),
            R"({"model":"claude-sonnet-5","max_tokens":32000,"stream":true,"system":"Be brief.",)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})");
  EXPECT_EQ(*encode_messages_request(request), *encode_messages_request(request));
}

TEST(MessagesEncoder, CallsAreAnsweredOnceAtTheFrontOfTheNextTurn) {
  const ToolResultItem second{"b", {TextPart{"two"}}, true, false};
  EXPECT_EQ(messages_in(request_of({user_text("Hi"), own(ToolCallItem{"a", "f", R"({"x":1})"}),
                                    own(ToolCallItem{"b", "g", ""}), own(ToolCallItem{"c d", "h", "[1"}),
                                    foreign(second), foreign(ToolResultItem{"none", {}}), user_text("And?")})),
            R"([{"role":"user","content":[{"type":"text","text":"Hi"}]},)"
            R"({"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},)"
            R"({"type":"tool_use","id":"b","name":"g","input":{}},)"
            R"({"type":"tool_use","id":"c_d","name":"h","input":{"invalid_arguments":"[1"}}]},)"
            R"({"role":"user","content":[)"
            R"({"type":"tool_result","tool_use_id":"a","content":"The call was not carried out.","is_error":true},)"
            R"({"type":"tool_result","tool_use_id":"b","content":"two","is_error":true},)"
            R"({"type":"tool_result","tool_use_id":"c_d","content":"The call was not carried out.","is_error":true},)"
            R"({"type":"text","text":"And?"}]}])");
}

TEST(MessagesEncoder, WhatWasSignedGoesBackToItsMakerAlone) {
  const ReasoningItem reasoning{"hm", {R"({"signature":"s"})"}};
  const OtherItem redacted{"redacted_thinking", {R"({"type":"redacted_thinking","data":"d"})"}};
  const MessageItem cited{Role::assistant, {TextPart{"x"}}, {R"({"citations":[{"url":"u"}]})"}};
  EXPECT_EQ(messages_in(request_of({user_text("Hi"), own(reasoning), own(redacted), own(cited),
                                    own(ToolCallItem{"t", "f", "{}", false, {R"({"caller":{"type":"direct"}})"}})})),
            R"([{"role":"user","content":[{"type":"text","text":"Hi"}]},)"
            R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},)"
            R"({"type":"redacted_thinking","data":"d"},{"type":"text","text":"x","citations":[{"url":"u"}]},)"
            R"({"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"direct"}}]},)"
            R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t",)"
            R"("content":"The call was not carried out.","is_error":true}]}])");
  EXPECT_EQ(messages_in(request_of({user_text("Hi"), foreign(reasoning), foreign(redacted), foreign(cited)})),
            R"([{"role":"user","content":[{"type":"text","text":"Hi"}]},)"
            R"({"role":"assistant","content":[{"type":"text","text":"x"}]}])");
}

TEST(MessagesEncoder, TurnsAlternateAndBeginWithTheUser) {
  const MessageItem said{Role::assistant, {TextPart{"I"}, TextPart{""}}};
  EXPECT_EQ(messages_in(request_of({own(said), own(said), user_text("a"), user_text("b")})),
            R"([{"role":"user","content":[{"type":"text","text":"Earlier messages were left out."}]},)"
            R"({"role":"assistant","content":[{"type":"text","text":"I"},{"type":"text","text":"I"}]},)"
            R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])");
  EXPECT_EQ(failure_of(request_of({user_text("")})), "invalid_argument input");
}

TEST(MessagesEncoder, MediaGoAsSources) {
  MessageItem message;
  message.parts = {ImagePart{{SharedBytes("x"), "", "image/jpeg", ""}, ""},
                   ImagePart{{{}, "https://h/i.png", "", ""}, ""},
                   FilePart{{SharedBytes("%PDF"), "", "application/pdf", "a.pdf"}},
                   FilePart{{SharedBytes("plain"), "", "text/markdown", "b.md"}}};
  EXPECT_EQ(
      messages_in(request_of({{message, ""}})),
      R"([{"role":"user","content":[)"
      R"({"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"eA=="}},)"
      R"({"type":"image","source":{"type":"url","url":"https://h/i.png"}},)"
      R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="},"title":"a.pdf"},)"
      R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain"},"title":"b.md"}]}])");
  message.parts = {AudioPart{}};
  EXPECT_EQ(failure_of(request_of({{message, ""}})), "capability_missing input.audio");
}

TEST(MessagesEncoder, SettingsHaveTheirFields) {
  ProviderRequest request = request_of({user_text("Hi")});
  ToolSpec tool;
  tool.name = "f";
  tool.description = "d";
  tool.input_schema.text = R"({"type":"object"})";
  request.tools = {tool};
  request.settings.tool_choice = ToolChoice{ToolChoiceMode::named, "f"};
  request.settings.parallel_tool_calls = false;
  request.settings.temperature = 0.5;
  request.settings.stop = {"a", "b"};
  request.settings.metadata = {{"user_id", "u"}};
  request.settings.max_output_tokens = 100;
  request.settings.output_schema = OutputSchema{"o", {R"({"type":"object"})"}, true};
  EXPECT_EQ(*encode_messages_request(request),
            R"({"model":"claude-sonnet-5","max_tokens":100,"stream":true,)"
            R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],)"
            R"("tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},)"
            R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},)"
            R"("temperature":0.5,"stop_sequences":["a","b"],"metadata":{"user_id":"u"},)"
            R"("messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]})");
  request.settings.tool_choice->name = "g";
  EXPECT_EQ(failure_of(request), "invalid_argument tool_choice");
  request.settings = {};
  request.settings.temperature = 1.5;
  EXPECT_EQ(failure_of(request), "invalid_argument temperature");
  request.settings = {};
  request.settings.seed = 1;
  EXPECT_EQ(failure_of(request), "capability_missing seed");
  request.settings = {};
  request.settings.metadata = {{"team", "x"}};
  EXPECT_EQ(failure_of(request), "capability_missing metadata.team");
}

TEST(MessagesEncoder, ThinkingFollowsTheFamily) {
  const auto thinking_in = [](const std::string& model, ReasoningSettings reasoning) {
    ProviderRequest request = request_of({user_text("Hi")});
    request.model.model = model;
    request.settings.reasoning = reasoning;
    request.settings.max_output_tokens = 1'000;
    const auto body = encode_messages_request(request);
    if (!body) return body.error().code;
    const auto at = body->find("\"max_tokens\"");
    return body->substr(at, body->find(",\"messages\"") - at);
  };
  EXPECT_EQ(thinking_in("claude-opus-4-8", {ReasoningEffort::high, {}, true}),
            R"("max_tokens":1000,"stream":true,"thinking":{"type":"adaptive","display":"summarized"},)"
            R"("output_config":{"effort":"high"})");
  EXPECT_EQ(thinking_in("claude-haiku-4-5-20251001", {ReasoningEffort::low, {}, false}),
            R"("max_tokens":3048,"stream":true,"thinking":{"type":"enabled","budget_tokens":2048})");
  EXPECT_EQ(thinking_in("claude-sonnet-5", {ReasoningEffort::none, {}, true}),
            R"("max_tokens":1000,"stream":true,"thinking":{"type":"disabled"})");
  EXPECT_EQ(thinking_in("claude-sonnet-5", {{}, 500, false}), "invalid_argument");
  EXPECT_EQ(thinking_in("claude-3-haiku-20240307", {ReasoningEffort::low, {}, false}),
            R"("max_tokens":1000,"stream":true)");
  const auto offer = messages_offer(*ModelRef::parse("anthropic/claude-3-5-haiku-latest"));
  EXPECT_EQ(offer.unsupported, (std::vector<std::string>{"input.audio", "input.video", "reasoning",
                                                         "reasoning_budget_tokens", "reasoning_summaries", "seed"}));
}

}  // namespace
}  // namespace orchestrator::harness::codec
