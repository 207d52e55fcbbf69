// SPDX-License-Identifier: Apache-2.0
// Goal: requests of text are counted as the provider counts them, and what is only roughly counted says so. Method: the
// recorded requests of OpenAI's models and the usage that they were answered with; skipped without the recordings or
// without the rank files.
#include "tokens/request_tokens.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "codec/json_document.hpp"
#include "codec/testing/fixtures.hpp"
#include "tokens/testing/token_vectors.hpp"

namespace orchestrator::harness::tokens::testing {
namespace {

namespace json = boost::json;
using codec::find_array;
using codec::find_object;
using codec::find_string;
using codec::string_or;

std::shared_ptr<const TokenCounter> counter() {
  const auto loaded = load_token_counter("o200k_base", rank_folder());
  return loaded ? *loaded : nullptr;
}

ConversationItem message(Role role, std::string text) {
  MessageItem item;
  item.role = role;
  item.parts.emplace_back(TextPart{std::move(text)});
  return {std::move(item), {}};
}

// The text of a message where it is nothing but text.
std::optional<std::string> text_in(const json::object& message) {
  if (const auto text = find_string(message, "content")) return std::string(*text);
  const json::array* parts = find_array(message, "content");
  if (parts == nullptr || parts->size() != 1 || !parts->front().is_object()) return std::nullopt;
  const auto text = find_string(parts->front().as_object(), "text");
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

// What a recorded request is by our count; nothing where it has more than texts, or is not all there.
std::optional<CountedRequest> count_of(const TokenCounter& counter, const json::object& body) {
  const std::string whole = json::serialize(body);
  if (whole.contains("<elided") || body.contains("tools") || body.contains("response_format") ||
      body.contains("text") || body.contains("previous_response_id")) {
    return std::nullopt;
  }
  RequestCount count(counter, string_or(body, "model"));
  count.add_system(string_or(body, "instructions"));
  if (const auto prompt = find_string(body, "input")) {
    count.add_item(message(Role::user, std::string(*prompt)));
    return count.result();
  }
  const json::array* messages = find_array(body, body.contains("messages") ? "messages" : "input");
  if (messages == nullptr) return std::nullopt;
  for (const json::value& value : *messages) {
    const auto text = value.is_object() ? text_in(value.as_object()) : std::nullopt;
    if (!text) return std::nullopt;
    const std::string_view role = string_or(value.as_object(), "role");
    if (role == "system" || role == "developer") {
      count.add_system(*text);
    } else {
      count.add_item(message(role == "assistant" ? Role::assistant : Role::user, *text));
    }
  }
  return count.result();
}

TEST(RequestTokens, AreThoseThatTheProviderReports) {
  const auto words = counter();
  if (!words) GTEST_SKIP() << "there are no rank files; tools/dev/encodings.sh ensure fetches them";
  std::size_t exact = 0;
  for (const char* group : {"openai-chat", "openai-responses"}) {
    for (const std::string& name : codec::testing::fixture_names(group)) {
      const codec::testing::Fixture fixture = codec::testing::read_fixture(group, name);
      const json::object* request = find_object(fixture.meta, "request");
      const json::object* body = request == nullptr ? nullptr : find_object(*request, "body");
      const json::object* usage = find_object(fixture.expected(), "usage");
      const auto reported = usage == nullptr ? std::nullopt : codec::find_uint(*usage, "input");
      const auto counted = body == nullptr ? std::nullopt : count_of(*words, *body);
      if (!counted || !counted->is_exact || !reported || *reported == 0) continue;
      EXPECT_EQ(counted->tokens, *reported) << group << "/" << name;
      exact += 1;
    }
  }
  if (exact == 0) GTEST_SKIP() << "there are no recordings; ORCHESTRATOR_FIXTURES names their folder";
  EXPECT_GE(exact, 15U);
}

TEST(RequestTokens, WhatHasAnUnknownFrameIsNotExact) {
  const auto words = counter();
  if (!words) GTEST_SKIP() << "there are no rank files; tools/dev/encodings.sh ensure fetches them";
  const auto is_exact = [&](std::string_view model, const ConversationItem& item) {
    RequestCount count(*words, model);
    count.add_item(item);
    return count.result().is_exact;
  };
  EXPECT_TRUE(is_exact("gpt-4.1", message(Role::user, "Hello.")));
  EXPECT_TRUE(is_exact("gpt-4o", message(Role::assistant, "Hello.")));
  EXPECT_FALSE(is_exact("gpt-5.4", message(Role::assistant, "Hello."))) << "its thoughts may stand before it";
  EXPECT_FALSE(is_exact("o3", message(Role::user, "Hello.")));
  EXPECT_FALSE(is_exact("gpt-4.1", {ToolCallItem{.call_id = "c", .name = "look", .arguments = "{}"}, {}}));
  EXPECT_FALSE(is_exact("gpt-4.1", {ReasoningItem{"Hm.", {}}, {}}));
  RequestCount with_tool(*words, "gpt-4.1");
  ToolSpec tool;
  tool.name = "look";
  tool.input_schema = {R"({"type":"object"})"};
  with_tool.add_tool(tool);
  EXPECT_FALSE(with_tool.result().is_exact);
  EXPECT_GT(with_tool.result().tokens, 3U);
}

}  // namespace
}  // namespace orchestrator::harness::tokens::testing
