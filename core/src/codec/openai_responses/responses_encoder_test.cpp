// SPDX-License-Identifier: Apache-2.0
// Goal: bodies that the API takes, byte for byte the same each time, and a conversation that comes back as it was
// received. Method: whole bodies compared with text by hand; items by round trip through the decoder.
#include "codec/openai_responses/responses_encoder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "codec/openai_responses/model_family.hpp"
#include "codec/openai_responses/responses_decoder.hpp"

namespace orchestrator::harness::codec {
namespace {

ProviderRequest request_of(std::vector<ConversationItem> items, std::string model = "gpt-4o") {
  ProviderRequest request;
  request.model = {ProviderId("openai"), std::move(model)};
  for (ConversationItem& item : items)
    request.items.push_back(std::make_shared<const ConversationItem>(std::move(item)));
  return request;
}

std::string encode(const ProviderRequest& request, const ResponsesOptions& options = {}) {
  const auto body = encode_responses_request(request, options);
  EXPECT_TRUE(body) << body.error().message;
  if (!body) return {};
  boost::json::error_code code;
  boost::json::parse(*body, code);
  EXPECT_FALSE(code) << *body;
  EXPECT_EQ(encode_responses_request(request, options), body);
  return *body;
}

// The list of input items of a body.
std::string input_of(std::vector<ConversationItem> items, const ResponsesOptions& options = {}) {
  const std::string body = encode(request_of(std::move(items)), options);
  const std::size_t at = body.find("\"input\":");
  return body.substr(at + 8, body.size() - at - 9);
}

std::string refusal_code(const ProviderRequest& request) {
  const auto body = encode_responses_request(request, {});
  return body ? "none" : body.error().code + "@" + body.error().at;
}

ConversationItem own(ItemValue value) { return {std::move(value), "responses"}; }
ConversationItem assistant(std::string text, std::string echo = {}, std::string origin = {}) {
  return {MessageItem{Role::assistant, {TextPart{std::move(text)}}, {std::move(echo)}}, std::move(origin)};
}
const std::string kHi = R"({"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]})";

TEST(ResponsesEncoder, WritesASmallRequest) {
  EXPECT_EQ(encode(request_of({user_text("Hi")})),
            R"({"model":"gpt-4o","store":false,"stream":true,"input":[)" + kHi + "]}");
}

TEST(ResponsesEncoder, WritesEverySetting) {
  ProviderRequest request = request_of({user_text("Hi")}, "gpt-5.6");
  request.system = "Be \"brief\"\n";
  request.tools = {{.name = "f", .description = "d", .input_schema = {R"({"type":"object"})"}},
                   {.name = "g",
                    .description = "",
                    .input_schema = {R"({"type":"object","properties":{"a":{"type":"string"}}})"},
                    .strict = true}};
  request.settings = {.temperature = 0.5,
                      .top_p = 1,
                      .max_output_tokens = 100,
                      .max_input_tokens = 5,
                      .reasoning = ReasoningSettings{.effort = ReasoningEffort::xhigh, .summaries = true},
                      .tool_choice = ToolChoice{ToolChoiceMode::named, "g"},
                      .parallel_tool_calls = false,
                      .output_schema = OutputSchema{"answer", {R"({"type":"object"})"}, true},
                      .metadata = {{"b", "2"}, {"a", "1"}}};
  ResponsesOptions options;
  options.prompt_cache_key = "k";
  EXPECT_EQ(
      encode(request, options),
      R"({"model":"gpt-5.6","instructions":"Be \"brief\"\n","tools":[)"
      R"({"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":false},)"
      R"({"type":"function","name":"g","parameters":{"type":"object","properties":{"a":{"type":["string","null"]}},)"
      R"("additionalProperties":false,"required":["a"]},"strict":true}],)"
      R"("tool_choice":{"type":"function","name":"g"},"parallel_tool_calls":false,)"
      R"("text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"},"strict":true}},)"
      R"("reasoning":{"effort":"xhigh","summary":"auto"},"include":["reasoning.encrypted_content"],)"
      R"("store":false,"stream":true,"prompt_cache_key":"k","max_output_tokens":100,"temperature":0.5,"top_p":1,)"
      R"("metadata":{"b":"2","a":"1"},"input":[)" +
          kHi + "]}");
}

TEST(ResponsesEncoder, KeepsTheBeginningOfAGrowingConversation) {
  std::string shorter = encode(request_of({user_text("Hi")}));
  const std::string longer = encode(request_of({user_text("Hi"), assistant("Hello"), user_text("Bye")}));
  shorter.resize(shorter.size() - 2);
  EXPECT_TRUE(longer.starts_with(shorter));
}

TEST(ResponsesEncoder, StoresAndStreamsAsAsked) {
  ResponsesOptions options;
  options.stateless = false;
  options.stream = false;
  const std::string body = encode(request_of({user_text("Hi")}, "gpt-5.6"), options);
  EXPECT_NE(body.find(R"("store":true,"stream":false)"), std::string::npos);
  EXPECT_EQ(body.find("include"), std::string::npos);
  options = {};
  options.encrypted_reasoning = true;
  EXPECT_NE(encode(request_of({user_text("Hi")}), options).find("include"), std::string::npos);
}

TEST(ResponsesEncoder, RefusesWhatTheWireCannotSay) {
  ProviderRequest request = request_of({user_text("Hi")});
  request.settings.seed = 1;
  EXPECT_EQ(refusal_code(request), "capability_missing@seed");
  request.settings = {.stop = {"x"}};
  EXPECT_EQ(refusal_code(request), "capability_missing@stop");
  request.settings = {.reasoning = ReasoningSettings{.budget_tokens = 5}};
  EXPECT_EQ(refusal_code(request), "capability_missing@reasoning_budget_tokens");
  request.settings = {.output_schema = OutputSchema{"n", {"[1]"}, true}};
  EXPECT_EQ(refusal_code(request), "invalid_argument@output_schema");
  request.settings = {};
  request.tools = {{.name = "f", .input_schema = {"nope"}}};
  EXPECT_EQ(refusal_code(request), "invalid_argument@tools.f.input_schema");
  request.tools = {{.name = "f", .input_schema = {"{}"}}};
  request.settings.tool_choice = ToolChoice{ToolChoiceMode::named, "g"};
  EXPECT_EQ(refusal_code(request), "invalid_argument@tool_choice");
  EXPECT_EQ(refusal_code(request_of({})), "invalid_argument@input");
  EXPECT_EQ(refusal_code(request_of({{MessageItem{Role::user, {AudioPart{}}, {}}, ""}})),
            "capability_missing@input.audio");
  EXPECT_EQ(refusal_code(request_of({{MessageItem{Role::user, {VideoPart{}}, {}}, ""}})),
            "capability_missing@input.video");
  EXPECT_EQ(refusal_code(request_of({{MessageItem{Role::assistant, {ImagePart{}}, {}}, ""}})), "capability_missing@");
  const MediaSource missing{.bytes = SharedBytes::reference(Hash(), 3), .media_type = "image/png"};
  EXPECT_EQ(refusal_code(request_of({{MessageItem{Role::user, {ImagePart{missing, ""}}, {}}, ""}})), "internal@");
}

TEST(ResponsesEncoder, LeavesAToolChoiceWithoutToolsOut) {
  ProviderRequest request = request_of({user_text("Hi")});
  request.settings.tool_choice = ToolChoice{};
  request.settings.parallel_tool_calls = true;
  EXPECT_EQ(encode(request).find("tool"), std::string::npos);
}

TEST(ResponsesEncoder, WritesMedia) {
  const MediaSource inline_image{.bytes = SharedBytes("abcd"), .media_type = "image/jpeg"};
  const MediaSource linked{.url = "https://x/y.png"};
  const MediaSource pdf{.bytes = SharedBytes("%PDF"), .media_type = "application/pdf", .name = "a.pdf"};
  EXPECT_EQ(input_of({{MessageItem{Role::user,
                                   {ImagePart{inline_image, "low"}, ImagePart{linked, ""}, FilePart{pdf},
                                    FilePart{linked}, JsonPart{{R"({"a":1})"}}},
                                   {}},
                       ""}}),
            R"([{"type":"message","role":"user","content":[)"
            R"({"type":"input_image","image_url":"data:image/jpeg;base64,YWJjZA==","detail":"low"},)"
            R"({"type":"input_image","image_url":"https://x/y.png"},)"
            R"({"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERg=="},)"
            R"({"type":"input_file","file_url":"https://x/y.png"},{"type":"input_text","text":"{\"a\":1}"}]}])");
}

TEST(ResponsesEncoder, SendsBackWhatItReceived) {
  const std::string reasoning = R"({"id":"rs","type":"reasoning","summary":[],"encrypted_content":"gAA\u0041=="})";
  const auto parts = decode_responses_body(
      R"({"status":"completed","output":[)" + reasoning +
      R"(,{"type":"message","id":"m","role":"assistant","phase":"commentary","status":"completed","content":[{"type":"output_text","text":"ok"}]},)"
      R"({"type":"web_search_call","id":"ws","n":1.0},)"
      R"({"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{}","status":"completed"},)"
      R"({"type":"custom_tool_call","id":"ct","call_id":"d","name":"g","input":"raw"}]})");
  std::vector<ConversationItem> items{user_text("Hi")};
  for (const auto& part : parts) {
    if (const auto* done = std::get_if<event::ItemDone>(&part)) items.push_back(done->item);
  }
  items.push_back({ToolResultItem{.call_id = "c", .parts = {TextPart{"one"}, TextPart{"two"}}}, ""});
  items.push_back(
      {ToolResultItem{.call_id = "d", .parts = {ImagePart{{.url = "https://x/z.png"}, ""}}, .custom = true}, ""});
  const std::string tail =
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}],"id":"m","phase":"commentary","status":"completed"},)"
      R"({"type":"web_search_call","id":"ws","n":1.0},)"
      R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}","id":"fc","status":"completed"},)"
      R"({"type":"custom_tool_call","call_id":"d","name":"g","input":"raw","id":"ct"},)"
      R"({"type":"function_call_output","call_id":"c","output":"one\ntwo"},)"
      R"({"type":"custom_tool_call_output","call_id":"d","output":[{"type":"input_image","image_url":"https://x/z.png"}]}])";
  EXPECT_EQ(input_of(items), "[" + kHi + "," + reasoning + "," + tail);
  ResponsesOptions options;
  options.item_ids = false;
  const std::string without_ids = input_of(items, options);
  EXPECT_NE(without_ids.find(R"({"type":"reasoning","summary":[],"encrypted_content":"gAA\u0041=="})"),
            std::string::npos);
  for (const char* id : {"\"rs\"", "\"m\"", "\"fc\"", "\"ct\""})
    EXPECT_EQ(without_ids.find(id), std::string::npos) << id;
}

TEST(ResponsesEncoder, LeavesUselessReasoningOut) {
  const auto reasoning = [](std::string echo) { return own(ReasoningItem{"t", {std::move(echo)}}); };
  const auto call = own(ToolCallItem{.call_id = "c", .name = "f", .arguments = "{}", .echo = {R"({"id":"fc"})"}});
  const auto result = ConversationItem{ToolResultItem{.call_id = "c", .parts = {TextPart{"r"}}}, ""};
  const std::string bare = R"({"type":"reasoning","id":"rs","encrypted_content":null})";
  const std::string full = R"({"type":"reasoning","id":"rs","encrypted_content":"x"})";
  // Without encrypted content neither it nor the ids that hang on it.
  EXPECT_EQ(input_of({reasoning(bare), call, result}),
            R"([{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},)"
            R"({"type":"function_call_output","call_id":"c","output":"r"}])");
  ResponsesOptions stored;
  stored.stateless = false;
  EXPECT_NE(input_of({reasoning(bare), call, result}, stored).find("\"rs\""), std::string::npos);
  // Nothing follows it: the answer was cut.
  EXPECT_EQ(input_of({reasoning(full), user_text("Hi")}), "[" + kHi + "]");
  EXPECT_EQ(input_of({user_text("Hi"), reasoning(full)}), "[" + kHi + "]");
  EXPECT_NE(input_of({reasoning(full), reasoning(full), call, result}).find(full + "," + full), std::string::npos);
  // What follows it is of another wire format.
  EXPECT_EQ(input_of({reasoning(full), assistant("a", "", "chat")}).find("rs"), std::string::npos);
  // It is itself of another wire format.
  EXPECT_EQ(input_of({{ReasoningItem{"t", {full}}, "chat"}, user_text("Hi")}), "[" + kHi + "]");
}

TEST(ResponsesEncoder, RebuildsWhatOthersMade) {
  EXPECT_EQ(input_of({assistant("a", R"({"id":"m"})", "chat"),
                      {ToolCallItem{.call_id = "c", .name = "f", .arguments = "", .echo = {R"({"index":1})"}}, "chat"},
                      {ToolResultItem{.call_id = "c", .parts = {}}, ""},
                      {RefusalItem{"no", {R"({"x":1})"}}, "chat"},
                      {OtherItem{"strange", {R"({"type":"strange"})"}}, "chat"},
                      {MessageItem{Role::assistant, {}, {}}, "chat"},
                      {MessageItem{Role::system, {TextPart{"s"}}, {}}, ""}}),
            R"([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},)"
            R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"},)"
            R"({"type":"function_call_output","call_id":"c","output":""},)"
            R"({"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no"}]},)"
            R"({"type":"message","role":"system","content":[{"type":"input_text","text":"s"}]}])");
}

TEST(ResponsesEncoder, PutsTextAndRefusalOfOneMessageTogether) {
  const std::string echo = R"({"id":"m"})";
  EXPECT_EQ(
      input_of({assistant("a", echo, "responses"), own(RefusalItem{"no", {echo}}), own(RefusalItem{"never", {}})}),
      R"([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"},{"type":"refusal","refusal":"no"}],"id":"m"},)"
      R"({"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"never"}]}])");
}

TEST(ResponsesEncoder, SendsMessagesWithUnknownPartsWhole) {
  const std::string item = R"({"type":"message","role":"assistant","content":[{"type":"output_hologram"}]})";
  EXPECT_EQ(input_of({own(MessageItem{Role::assistant, {}, {item}})}), "[" + item + "]");
  EXPECT_EQ(input_of({own(MessageItem{Role::assistant, {}, {item}}), own(RefusalItem{"no", {item}})}),
            "[" + item + "]");
  EXPECT_EQ(input_of({own(RefusalItem{"no", {item}})}), "[" + item + "]");
}

TEST(ResponsesEncoder, GivesEveryCallOneOutput) {
  const auto call = [](std::string id) {
    return own(ToolCallItem{.call_id = std::move(id), .name = "f", .arguments = "{}"});
  };
  const auto result = [](std::string id) {
    return ConversationItem{ToolResultItem{.call_id = std::move(id), .parts = {TextPart{"r"}}}, ""};
  };
  const std::string output_a = R"({"type":"function_call_output","call_id":"a","output":"r"})";
  const std::string call_a = R"({"type":"function_call","call_id":"a","name":"f","arguments":"{}"})";
  EXPECT_EQ(input_of({call("a"), user_text("Hi")}),
            "[" + call_a +
                R"(,{"type":"function_call_output","call_id":"a","output":"The call was not carried out."},)" + kHi +
                "]");
  EXPECT_EQ(input_of({result("b"), call("a"), result("a"), result("a")}), "[" + call_a + "," + output_a + "]");
  EXPECT_EQ(input_of({call("a"), result("a"), call("a"), result("a")}),
            "[" + call_a + "," + output_a + "," + call_a + "," + output_a + "]");
}

TEST(ResponsesOffer, SaysWhatTheWireAndTheModelDoNotTake) {
  const auto unsupported = [](const char* model) { return responses_offer({ProviderId("openai"), model}).unsupported; };
  using Names = std::vector<std::string>;
  EXPECT_EQ(unsupported("gpt-5.6"), (Names{"input.audio", "input.video", "reasoning_budget_tokens", "seed", "stop"}));
  EXPECT_EQ(unsupported("gpt-4o"), (Names{"input.audio", "input.video", "reasoning", "reasoning_budget_tokens",
                                          "reasoning_summaries", "seed", "stop"}));
  EXPECT_EQ(unsupported("o3"),
            (Names{"input.audio", "input.video", "reasoning_budget_tokens", "seed", "stop", "temperature", "top_p"}));
  EXPECT_EQ(responses_offer({ProviderId("openai"), "x"}).wire, "responses");
}

TEST(ModelFamily, KnowsWhichModelsEncryptTheirReasoning) {
  for (const char* name : {"gpt-5", "gpt-5.6-sol", "gpt-6-astra", "gpt-7", "o4-mini", "openai/gpt-5", "grok-4.3",
                           "codex-mini", "gpt-5-2025-08-07"})
    EXPECT_TRUE(responses::family_of(name).encrypts_reasoning) << name;
  for (const char* name : {"gpt-4o", "gpt-4.1-nano", "openai/gpt-4o", "ft:gpt-4o:x", "gpt-5-chat-latest", "llama3",
                           "gpt-oss-20b", "grok-3-mini", "o", ""})
    EXPECT_FALSE(responses::family_of(name).encrypts_reasoning) << name;
  EXPECT_FALSE(responses::family_of("gpt-5-mini-2025-08-07").takes_sampling);
  EXPECT_TRUE(responses::family_of("gpt-5.6").takes_sampling);
}

}  // namespace
}  // namespace orchestrator::harness::codec
