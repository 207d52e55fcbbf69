// SPDX-License-Identifier: Apache-2.0
// Goal: requests are those that Gemini takes: contents of user and model in turn, each call answered in its order, and
// signatures on the very parts that bore them.
#include <gtest/gtest.h>

#include "codec/google_gemini/gemini_encoder.hpp"

namespace orchestrator::harness::codec {
namespace {

ProviderRequest request_of(std::vector<ConversationItem> items) {
  ProviderRequest request;
  request.model = *ModelRef::parse("gemini/gemini-3-pro");
  for (auto& item : items) request.items.push_back(std::make_shared<const ConversationItem>(std::move(item)));
  return request;
}
ConversationItem own(ItemValue value) { return {std::move(value), "gemini"}; }
ConversationItem foreign(ItemValue value) { return {std::move(value), "responses"}; }

std::string contents_in(const ProviderRequest& request) {
  const auto body = encode_gemini_request(request);
  if (!body) return body.error().code + " " + body.error().message;
  const auto at = body->find("\"contents\":");
  return body->substr(at + 11, body->size() - at - 12);
}
std::string failure_of(const ProviderRequest& request) {
  const auto body = encode_gemini_request(request);
  return body ? "none" : body.error().code + " " + body.error().at;
}

TEST(GeminiEncoder, ASmallRequestIsWhole) {
  ProviderRequest request = request_of({user_text("Hi")});
  request.system = "Be brief.";
  EXPECT_EQ(*encode_gemini_request(request), R"({"systemInstruction":{"parts":[{"text":"Be brief."}]},)"
                                             R"("contents":[{"role":"user","parts":[{"text":"Hi"}]}]})");
  EXPECT_EQ(gemini_path(request.model), "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse");
  EXPECT_EQ(gemini_path({ProviderId("gemini"), "../a b?"}),
            "/v1beta/models/..%2Fa%20b%3F:streamGenerateContent?alt=sse");
  EXPECT_EQ(failure_of(request_of({})), "invalid_argument input");
}

TEST(GeminiEncoder, CallsAreAnsweredInTheirOrder) {
  EXPECT_EQ(
      contents_in(request_of({user_text("Hi"),
                              own(ToolCallItem{"made-here", "f", R"({"x":1})", false, {R"({"thoughtSignature":"s"})"}}),
                              own(ToolCallItem{"i", "g", "[1", false, {R"({"id":"i"})"}}),
                              foreign(ToolResultItem{"i", {TextPart{"two"}}, true, false}), user_text("And?")})),
      R"([{"role":"user","parts":[{"text":"Hi"}]},)"
      R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{"x":1}},"thoughtSignature":"s"},)"
      R"({"functionCall":{"id":"i","name":"g","args":{"invalid_arguments":"[1"}}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"name":"f","response":{"error":"The call was not carried out."}}},)"
      R"({"functionResponse":{"id":"i","name":"g","response":{"error":"two"}}},{"text":"And?"}]}])");
}

TEST(GeminiEncoder, SignaturesGoBackToTheirMakerAlone) {
  const RawJson echo{R"({"thoughtSignature":"s"})"};
  const MessageItem empty{Role::assistant, {TextPart{""}}, echo};
  const OtherItem code{"executableCode", {R"({"executableCode":{}})"}};
  const OtherItem beside{"groundingMetadata", {R"({"q":1})"}};
  const std::string user = R"([{"role":"user","parts":[{"text":"Hi"}]})";
  EXPECT_EQ(contents_in(request_of({user_text("Hi"), own(ReasoningItem{"hm", {}}), own(ReasoningItem{"so", echo}),
                                    own(code), own(beside), own(empty)})),
            user + R"(,{"role":"model","parts":[{"text":"so","thought":true,"thoughtSignature":"s"},)"
                   R"({"executableCode":{}},{"text":"","thoughtSignature":"s"}]}])");
  EXPECT_EQ(
      contents_in(request_of({user_text("Hi"), foreign(ReasoningItem{"so", echo}), foreign(code), foreign(empty)})),
      user + "]");
}

TEST(GeminiEncoder, MediaGoInlineOrByAddress) {
  MessageItem message;
  message.parts = {ImagePart{{SharedBytes("x"), "", "", ""}, ""}, AudioPart{{SharedBytes("y"), "", "audio/mp3", ""}},
                   FilePart{{{}, "https://h/a.pdf", "", ""}}};
  EXPECT_EQ(contents_in(request_of({{message, ""}})),
            R"([{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"eA=="}},)"
            R"({"inlineData":{"mimeType":"audio/mp3","data":"eQ=="}},)"
            R"({"fileData":{"mimeType":"application/pdf","fileUri":"https://h/a.pdf"}}]}])");
}

TEST(GeminiEncoder, SettingsHaveTheirFields) {
  ProviderRequest request = request_of({user_text("Hi")});
  ToolSpec tool;
  tool.name = "f";
  tool.description = "d";
  tool.input_schema.text = R"({"type":"object"})";
  request.tools = {tool};
  request.settings.tool_choice = ToolChoice{ToolChoiceMode::named, "f"};
  request.settings.temperature = 0.5;
  request.settings.seed = 7;
  request.settings.stop = {"a"};
  request.settings.max_output_tokens = 100;
  request.settings.output_schema = OutputSchema{"o", {R"({"type":"object"})"}, true};
  request.settings.reasoning = ReasoningSettings{ReasoningEffort::low, {}, true};
  EXPECT_EQ(
      *encode_gemini_request(request),
      R"({"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object"}}]}],)"
      R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},)"
      R"("generationConfig":{"maxOutputTokens":100,"temperature":0.5,"seed":7,"stopSequences":["a"],)"
      R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object"},)"
      R"("thinkingConfig":{"includeThoughts":true,"thinkingLevel":"LOW"}},)"
      R"("contents":[{"role":"user","parts":[{"text":"Hi"}]}]})");
  request.model.model = "gemini-2.5-flash";
  EXPECT_NE(encode_gemini_request(request)->find(R"("thinkingBudget":1024)"), std::string::npos);
  request.settings.tool_choice->name = "g";
  EXPECT_EQ(failure_of(request), "invalid_argument tool_choice");
  request.settings = {};
  request.settings.stop = {"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(failure_of(request), "invalid_argument stop");
  request.settings = {};
  request.settings.parallel_tool_calls = true;
  EXPECT_EQ(failure_of(request), "capability_missing parallel_tool_calls");
  EXPECT_EQ(gemini_offer(*ModelRef::parse("gemini/gemini-2.0-flash")).unsupported,
            (std::vector<std::string>{"metadata", "parallel_tool_calls", "reasoning", "reasoning_budget_tokens",
                                      "reasoning_summaries"}));
}

}  // namespace
}  // namespace orchestrator::harness::codec
