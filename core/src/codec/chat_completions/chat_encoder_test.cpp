// SPDX-License-Identifier: Apache-2.0
// Goal: requests that every host accepts: the right fields, valid histories, the same bytes for the same request.
// Method: whole bodies or whole message lists, compared as text.
#include "codec/chat_completions/chat_encoder.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace orchestrator::harness::codec {
namespace {

using Items = std::vector<ConversationItem>;

ConversationItem user(std::string text) { return {MessageItem{Role::user, {TextPart{std::move(text)}}, {}}, ""}; }
ConversationItem assistant(std::string text) {
  return {MessageItem{Role::assistant, {TextPart{std::move(text)}}, {}}, "chat"};
}
ConversationItem call(std::string id, std::string arguments = "{}", std::string echo = "") {
  return {
      ToolCallItem{.call_id = std::move(id), .name = "f", .arguments = std::move(arguments), .echo = {std::move(echo)}},
      "chat"};
}
ConversationItem result(std::string id, std::vector<ContentPart> parts) {
  return {ToolResultItem{.call_id = std::move(id), .parts = std::move(parts)}, ""};
}
ConversationItem result(std::string id, std::string text) { return result(std::move(id), {TextPart{std::move(text)}}); }
ConversationItem thought(std::string text, std::string echo) {
  return {ReasoningItem{std::move(text), {std::move(echo)}}, "chat"};
}

ProviderRequest request_of(const Items& items) {
  ProviderRequest request;
  request.model = ModelRef{ProviderId("chat"), "m/1"};
  for (const auto& item : items) request.items.push_back(std::make_shared<const ConversationItem>(item));
  return request;
}

std::string body_of(const ProviderRequest& request, const ChatOptions& options = {}) {
  const auto body = encode_chat_request(request, options);
  return body ? *body : body.error().code + " at " + body.error().at + ": " + body.error().message;
}

// The members of the list of messages, without its brackets; an error as text.
std::string messages_of(const Items& items, const ChatOptions& options = {}) {
  const std::string body = body_of(request_of(items), options);
  const auto start = body.find("\"messages\":[");
  return start == std::string::npos ? body : body.substr(start + 12, body.size() - start - 14);
}

// What stands between the first members and the messages.
std::string settings_of(const ProviderRequest& request, const ChatOptions& options = {}) {
  const std::string body = body_of(request, options);
  constexpr std::string_view kStart = R"({"model":"m/1","stream":true,"stream_options":{"include_usage":true},)";
  const auto end = body.find("\"messages\":[");
  return body.starts_with(kStart) && end != std::string::npos ? body.substr(kStart.size(), end - kStart.size()) : body;
}

TEST(ChatEncoder, WritesTheSmallestRequest) {
  ProviderRequest request = request_of({user("Hi \"you\"\n")});
  EXPECT_EQ(body_of(request), R"({"model":"m/1","stream":true,"stream_options":{"include_usage":true},)"
                              R"("messages":[{"role":"user","content":"Hi \"you\"\n"}]})");
  request.system = "Be brief.";
  EXPECT_EQ(body_of(request, {.stream = false}),
            R"({"model":"m/1","stream":false,"messages":[{"role":"system","content":"Be brief."},)"
            R"({"role":"user","content":"Hi \"you\"\n"}]})");
}

TEST(ChatEncoder, WritesEverySetting) {
  ProviderRequest request = request_of({user("x")});
  request.settings.temperature = 0.2;
  request.settings.top_p = 1.0;
  request.settings.stop = {"a", "b"};
  request.settings.seed = -7;
  request.settings.max_output_tokens = 100;
  request.settings.reasoning = ReasoningSettings{.effort = ReasoningEffort::xhigh};
  request.settings.metadata = {{"k", "v"}};
  request.settings.output_schema = OutputSchema{.name = "out", .schema = {R"({"type": "object"})"}, .strict = true};
  EXPECT_EQ(settings_of(request, {.metadata = true}),
            R"("max_tokens":100,"temperature":0.2,"top_p":1,"seed":-7,"stop":["a","b"],"reasoning_effort":"xhigh",)"
            R"("metadata":{"k":"v"},"response_format":{"type":"json_schema","json_schema":)"
            R"({"name":"out","strict":true,"schema":{"type": "object"}}},)");
}

TEST(ChatEncoder, FollowsTheHost) {
  ProviderRequest request = request_of({user("x")});
  request.settings.max_output_tokens = 9;
  request.settings.seed = 1;
  request.settings.reasoning = ReasoningSettings{.effort = ReasoningEffort::low, .budget_tokens = 64};
  request.settings.metadata = {{"k", "v"}};
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::openai)),
            R"("store":false,"max_completion_tokens":9,"seed":1,"reasoning_effort":"low",)");
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::azure)),
            R"("max_completion_tokens":9,"seed":1,"reasoning_effort":"low",)");
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::generic)),
            R"("max_tokens":9,"seed":1,"reasoning_effort":"low",)");
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::openrouter)),
            R"("max_tokens":9,"seed":1,"reasoning":{"max_tokens":64},)");
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::mistral)), R"("max_tokens":9,"random_seed":1,)");
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::llamacpp)), R"("max_tokens":9,"seed":1,)");
}

TEST(ChatEncoder, WritesToolsAndTheChoice) {
  ProviderRequest request = request_of({user("x")});
  request.tools = {{.name = "f", .description = "Does.", .input_schema = {R"({"type":"object"})"}, .strict = true},
                   {.name = "g", .description = "", .input_schema = {"{}"}}};
  request.settings.parallel_tool_calls = false;
  request.settings.tool_choice = ToolChoice{.mode = ToolChoiceMode::named, .name = "g"};
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"f","description":"Does.",)"
                            R"("parameters":{"type":"object","additionalProperties":false},"strict":true}},)"
                            R"({"type":"function","function":{"name":"g","parameters":{}}}],)";
  EXPECT_EQ(settings_of(request),
            tools + R"("parallel_tool_calls":false,"tool_choice":{"type":"function","function":{"name":"g"}},)");
  EXPECT_EQ(settings_of(request, chat_options(ChatHost::ollama)), tools);
  request.settings.parallel_tool_calls.reset();
  const std::pair<ToolChoiceMode, const char*> rows[] = {
      {ToolChoiceMode::automatic, "auto"}, {ToolChoiceMode::none, "none"}, {ToolChoiceMode::required, "required"}};
  for (const auto& [mode, word] : rows) {
    request.settings.tool_choice = ToolChoice{.mode = mode};
    EXPECT_EQ(settings_of(request), tools + "\"tool_choice\":\"" + word + "\",");
  }
  EXPECT_NE(settings_of(request, chat_options(ChatHost::mistral)).find(R"("tool_choice":"any")"), std::string::npos);
  request.tools.clear();
  EXPECT_EQ(settings_of(request), "");
}

TEST(ChatEncoder, RefusesWhatNoHostCouldRead) {
  ProviderRequest request = request_of({user("x")});
  request.tools = {{.name = "f", .description = "", .input_schema = {"[]"}}};
  EXPECT_EQ(body_of(request), "invalid_argument at tools.f.input_schema: a JSON Schema must be a JSON object");
  request.tools[0].input_schema.text = "{}";
  request.settings.tool_choice = ToolChoice{.mode = ToolChoiceMode::named, .name = "h"};
  EXPECT_EQ(body_of(request), "invalid_argument at tool_choice: the tool choice names no tool of this request: h");
  request.settings.tool_choice.reset();
  request.settings.output_schema = OutputSchema{.name = "o", .schema = {"{"}};
  EXPECT_TRUE(body_of(request).starts_with("invalid_argument at output_schema"));
  request.settings.output_schema.reset();
  request.settings.stop = {"1", "2", "3", "4", "5"};
  EXPECT_TRUE(body_of(request, chat_options(ChatHost::openai)).starts_with("invalid_argument at stop"));
  EXPECT_EQ(body_of(request_of({})), "invalid_argument at input: the request holds no message");
}

TEST(ChatEncoder, MakesOneMessageOfATurnAndPutsItsResultsAfterIt) {
  EXPECT_EQ(messages_of({user("q"), assistant("Let "), assistant("me."), call("a", R"({"x":1})"), call("b"),
                         result("b", "two"), result("a", "one"), assistant("done")}),
            R"({"role":"user","content":"q"},)"
            R"({"role":"assistant","content":"Let me.","tool_calls":[)"
            R"({"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},)"
            R"({"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
            R"({"role":"tool","tool_call_id":"a","content":"one"},{"role":"tool","tool_call_id":"b","content":"two"},)"
            R"({"role":"assistant","content":"done"})");
}

TEST(ChatEncoder, RepairsHistoriesThatHostsWouldRefuse) {
  const std::string asked = R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",)"
                            R"("function":{"name":"f","arguments":"{}"}}]},)";
  // A message between call and result comes after both.
  EXPECT_EQ(messages_of({call("a"), user("hint"), result("a", "r")}),
            asked + R"({"role":"tool","tool_call_id":"a","content":"r"},{"role":"user","content":"hint"})");
  // Every call gets a result, and a result without its call goes.
  EXPECT_EQ(messages_of({result("z", "r"), call("a"), user("next")}),
            asked + R"({"role":"tool","tool_call_id":"a","content":"The call was not carried out."},)"
                    R"({"role":"user","content":"next"})");
  // The same id in two turns: each result stays with its own call.
  EXPECT_EQ(
      messages_of({call("a"), user("x"), call("a"), result("a", "2")}),
      asked +
          R"({"role":"tool","tool_call_id":"a","content":"The call was not carried out."},{"role":"user","content":"x"},)" +
          asked + R"({"role":"tool","tool_call_id":"a","content":"2"})");
  // An answer without content is no message.
  EXPECT_EQ(messages_of({user("x"), assistant(""), user("y")}),
            R"({"role":"user","content":"x"},{"role":"user","content":"y"})");
}

TEST(ChatEncoder, SendsArgumentsBackAsAnObject) {
  const auto arguments_of = [](std::string arguments) {
    const std::string text = messages_of({call("a", std::move(arguments)), result("a", "")});
    const auto list = boost::json::parse("[" + text + "]");
    return std::string(list.at(0).at("tool_calls").at(0).at("function").at("arguments").as_string());
  };
  EXPECT_EQ(arguments_of(""), "{}");
  EXPECT_EQ(arguments_of(R"({ "x" : 1 })"), R"({ "x" : 1 })");
  EXPECT_EQ(arguments_of("{\"x"), R"({"invalid_arguments":"{\"x"})");
  EXPECT_EQ(arguments_of("[1]"), R"({"invalid_arguments":"[1]"})");
}

TEST(ChatEncoder, KeepsTheHostsOwnMembersOfACall) {
  const std::string text =
      messages_of({call("local", "{}", R"({"id":"0","extra_content":{"s":"1"}})"), result("local", "r")});
  EXPECT_NE(
      text.find(
          R"({"id":"local","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"s":"1"}})"),
      std::string::npos)
      << text;
  ConversationItem foreign = call("a", "{}", R"({"item":1})");
  foreign.origin = "responses";
  EXPECT_EQ(messages_of({foreign, result("a", "r")}).find("item"), std::string::npos);
}

TEST(ChatEncoder, SendsReasoningBackInTheFormInWhichItCame) {
  const Items items = {user("q"),       thought("why", R"({"text_field":"reasoning_content"})"), assistant("a"),
                       user("r"),       thought("how", R"({"text_field":"reasoning_content"})"), call("c"),
                       result("c", "x")};
  EXPECT_EQ(messages_of(items).find("reasoning"), std::string::npos);
  const std::string loop = messages_of(items, {.reasoning_echo = ReasoningEcho::tool_loop});
  EXPECT_EQ(loop.find("why"), std::string::npos);
  EXPECT_NE(loop.find(R"({"role":"assistant","content":null,"reasoning_content":"how","tool_calls")"),
            std::string::npos)
      << loop;
  EXPECT_NE(messages_of(items, {.reasoning_echo = ReasoningEcho::always}).find("why"), std::string::npos);

  const Items details = {user("q"),
                         thought("a", R"({"text_field":"reasoning","reasoning_details":[{"type":"t","n":1},{"n":2}]})"),
                         assistant("x"), thought("", R"({"reasoning_details":[{"n":3}]})")};
  EXPECT_EQ(
      messages_of(details, chat_options(ChatHost::openrouter)),
      R"({"role":"user","content":"q"},{"role":"assistant","content":"x","reasoning_details":[{"type":"t","n":1},{"n":2},{"n":3}]})");
  EXPECT_EQ(messages_of(details, chat_options(ChatHost::ollama)),
            R"({"role":"user","content":"q"},{"role":"assistant","content":"x","reasoning":"a"})");
  EXPECT_EQ(
      messages_of({user("q"), thought("a", R"({"text_field":"thinking"})"), assistant("x")},
                  {.reasoning_echo = ReasoningEcho::always}),
      R"({"role":"user","content":"q"},{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]},)"
      R"({"type":"text","text":"x"}]})");
  ConversationItem foreign = thought("secret", R"({"text_field":"reasoning_content"})");
  foreign.origin = "responses";
  EXPECT_EQ(messages_of({user("q"), foreign}, {.reasoning_echo = ReasoningEcho::always}),
            R"({"role":"user","content":"q"})");
}

TEST(ChatEncoder, SendsRefusalsAsTheHostKnowsThem) {
  const Items items = {user("q"), {RefusalItem{"no", {}}, "chat"}};
  EXPECT_EQ(messages_of(items, chat_options(ChatHost::openai)),
            R"({"role":"user","content":"q"},{"role":"assistant","content":null,"refusal":"no"})");
  EXPECT_EQ(messages_of(items), R"({"role":"user","content":"q"},{"role":"assistant","content":"no"})");
}

MediaSource bytes(std::string media_type, std::string name = "") {
  return {.bytes = SharedBytes("foo"), .url = "", .media_type = std::move(media_type), .name = std::move(name)};
}
MediaSource address(std::string url) { return {.bytes = {}, .url = std::move(url), .media_type = "", .name = ""}; }
Items with_part(ContentPart part) { return {{MessageItem{Role::user, {TextPart{"see"}, std::move(part)}, {}}, ""}}; }

TEST(ChatEncoder, WritesEachKindOfInput) {
  ChatOptions all;
  all.inputs = {.image = true, .image_by_address = true, .audio = true, .video = true, .file = true};
  const auto part_of = [&](ContentPart part) {
    const std::string text = messages_of(with_part(std::move(part)), all);
    constexpr std::string_view kStart = R"({"role":"user","content":[{"type":"text","text":"see"},)";
    return text.starts_with(kStart) ? text.substr(kStart.size(), text.size() - kStart.size() - 2) : text;
  };
  EXPECT_EQ(part_of(ImagePart{bytes("image/png"), "low"}),
            R"({"type":"image_url","image_url":{"url":"data:image/png;base64,Zm9v","detail":"low"}})");
  EXPECT_EQ(part_of(ImagePart{address("https://h/x.png"), ""}),
            R"({"type":"image_url","image_url":{"url":"https://h/x.png"}})");
  EXPECT_EQ(part_of(AudioPart{bytes("audio/mpeg")}),
            R"({"type":"input_audio","input_audio":{"data":"Zm9v","format":"mp3"}})");
  EXPECT_EQ(part_of(AudioPart{bytes("audio/x-wav")}),
            R"({"type":"input_audio","input_audio":{"data":"Zm9v","format":"wav"}})");
  EXPECT_EQ(part_of(VideoPart{bytes("video/mp4")}),
            R"({"type":"video_url","video_url":{"url":"data:video/mp4;base64,Zm9v"}})");
  EXPECT_EQ(part_of(FilePart{bytes("application/pdf", "a.pdf")}),
            R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,Zm9v"}})");
  EXPECT_EQ(part_of(JsonPart{{R"({"a":1})"}}), R"({"type":"text","text":"{\"a\":1}"})");
}

TEST(ChatEncoder, RefusesInputThatTheHostCannotTake) {
  const auto refused = [](ContentPart part, ChatHost host) {
    return messages_of(with_part(std::move(part)), chat_options(host)).starts_with("capability_missing");
  };
  EXPECT_TRUE(refused(ImagePart{bytes("image/png"), ""}, ChatHost::deepseek));
  EXPECT_TRUE(refused(ImagePart{address("https://h/x.png"), ""}, ChatHost::ollama));
  EXPECT_FALSE(refused(ImagePart{bytes("image/png"), ""}, ChatHost::ollama));
  EXPECT_TRUE(refused(AudioPart{address("https://h/x.wav")}, ChatHost::openai));
  EXPECT_TRUE(refused(VideoPart{bytes("video/mp4")}, ChatHost::openai));
  EXPECT_TRUE(refused(FilePart{bytes("application/pdf")}, ChatHost::generic));
}

TEST(ChatEncoder, MediaOfAToolFollowsItsResults) {
  EXPECT_EQ(
      messages_of({call("a"), call("b"),
                   result("a", {TextPart{"t"}, ImagePart{bytes("image/png"), ""}, JsonPart{{"[1]"}}}),
                   result("b", "u")}),
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},)"
      R"({"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"a","content":"t\n[1]"},{"role":"tool","tool_call_id":"b","content":"u"},)"
      R"({"role":"user","content":[{"type":"text","text":"Result of the tool call a:"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,Zm9v"}}]})");
}

TEST(ChatEncoder, AGrowingConversationKeepsItsBeginning) {
  Items items = {user("one"), assistant("two")};
  const std::string before = body_of(request_of(items));
  items.push_back(user("three"));
  EXPECT_TRUE(body_of(request_of(items)).starts_with(before.substr(0, before.size() - 2)));
}

TEST(ChatHosts, AreKnownByTheirAddress) {
  const std::pair<const char*, ChatHost> rows[] = {
      {"https://api.openai.com/v1", ChatHost::openai},
      {"https://eu.api.openai.com", ChatHost::openai},
      {"https://x.openai.azure.com/openai/v1/", ChatHost::azure},
      {"https://openrouter.ai/api/v1", ChatHost::openrouter},
      {"https://API.DeepSeek.com", ChatHost::deepseek},
      {"https://api.mistral.ai/v1", ChatHost::mistral},
      {"http://localhost:11434/v1", ChatHost::ollama},
      {"http://[::1]:11434/v1", ChatHost::ollama},
      {"http://127.0.0.1:8080/v1", ChatHost::generic},
      {"https://notopenai.com/v1", ChatHost::generic},
      {"https://openai.com.evil.example", ChatHost::generic},
      {"", ChatHost::generic},
      {"http://u:p@api.openai.com:443/", ChatHost::openai},
  };
  for (const auto& [url, host] : rows) EXPECT_EQ(chat_host_of(url), host) << url;
}

TEST(ChatHosts, OfferWhatTheyTake) {
  const ModelRef model{ProviderId("local"), "m"};
  const auto lacks = [&](ChatHost host) { return chat_offer(model, host).unsupported; };
  EXPECT_EQ(lacks(ChatHost::openai),
            (std::vector<std::string>{"input.video", "metadata", "reasoning_budget_tokens", "reasoning_summaries"}));
  EXPECT_EQ(lacks(ChatHost::llamacpp), (std::vector<std::string>{"input.file", "input.video", "metadata", "reasoning",
                                                                 "reasoning_budget_tokens"}));
  EXPECT_EQ(lacks(ChatHost::ollama),
            (std::vector<std::string>{"input.audio", "input.file", "input.video", "metadata", "parallel_tool_calls",
                                      "reasoning_budget_tokens", "tool_choice"}));
  EXPECT_EQ(lacks(ChatHost::generic), (std::vector<std::string>{"input.audio", "input.file", "input.video", "metadata",
                                                                "reasoning_budget_tokens"}));
  EXPECT_EQ(chat_offer(model, ChatHost::generic).wire, "chat");
  EXPECT_EQ(chat_offer(model, ChatHost::generic).model, model);
}

}  // namespace
}  // namespace orchestrator::harness::codec
