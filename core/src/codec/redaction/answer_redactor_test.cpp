// SPDX-License-Identifier: Apache-2.0
// Goal: nothing of a secret is in what leaves the redactor, wherever an answer is cut, and pieces still add up to their
// items. Method: one answer with a canary in each slot, cut at each byte.
#include "codec/redaction/answer_redactor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "event/item_value.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kCanary = "kanarienvogel-7f3a91c2";

RunRedactor redactor_of(RedactionMode mode, std::shared_ptr<SecretVault> vault = {}) {
  RedactionPolicy policy;
  policy.mode = mode;
  policy.secrets = {{.name = "canary", .value = std::string(kCanary)}};
  return RunRedactor::compile(policy, std::move(vault)).value();
}

struct Shown {
  std::vector<event::ProviderPart> parts;
  std::vector<events::RedactionCount> counts;
};

Shown shown_of(const RunRedactor& redactor, std::vector<event::ProviderPart> parts) {
  AnswerRedactor answer(redactor);
  Shown shown;
  for (event::ProviderPart& part : parts) answer.take(std::move(part), shown.parts);
  shown.counts = answer.take_counts();
  return shown;
}

template <class Piece>
std::string pieces_of(const std::vector<event::ProviderPart>& parts) {
  std::string text;
  for (const event::ProviderPart& part : parts) {
    if (const auto* piece = std::get_if<Piece>(&part)) text += piece->text;
  }
  return text;
}

const ConversationItem& item_of(const std::vector<event::ProviderPart>& parts) {
  return std::get<ItemDone>(parts.back()).item;
}

ConversationItem message(std::string text) {
  MessageItem item;
  item.role = Role::assistant;
  item.parts.emplace_back(TextPart{std::move(text)});
  item.echo = {R"({"id":"msg_1"})"};
  return {std::move(item), "responses"};
}

TEST(AnswerRedactor, TakesACanaryOutWhereverAnAnswerIsCut) {
  const RunRedactor redactor = redactor_of(RedactionMode::full);
  const std::string text = "the key is " + std::string(kCanary) + ", I think";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::vector<event::ProviderPart> parts;
    parts.emplace_back(TextPiece{"a", text.substr(0, cut)});
    parts.emplace_back(TextPiece{"a", text.substr(cut)});
    parts.emplace_back(ItemDone{"a", message(text)});
    const Shown shown = shown_of(redactor, std::move(parts));
    EXPECT_EQ(pieces_of<TextPiece>(shown.parts), "the key is [redacted:secret], I think") << cut;
    EXPECT_EQ(event::value_of(item_of(shown.parts)), "the key is [redacted:secret], I think");
    EXPECT_TRUE(std::get<MessageItem>(item_of(shown.parts).value).echo.text.empty());
    EXPECT_EQ(shown.counts, (std::vector<events::RedactionCount>{{RedactionKind::secret, 1}}));
  }
}

TEST(AnswerRedactor, KeepsCallsAsJson) {
  const RunRedactor redactor = redactor_of(RedactionMode::full);
  const std::string arguments = R"({"text":")" + std::string(kCanary) + R"(","card":4111111111111111})";
  const std::string expected = R"({"text":"[redacted:secret]","card":"[redacted:card]"})";
  for (std::size_t cut = 0; cut <= arguments.size(); ++cut) {
    std::vector<event::ProviderPart> parts;
    parts.emplace_back(ToolArgumentsPiece{"c", arguments.substr(0, cut)});
    parts.emplace_back(ToolArgumentsPiece{"c", arguments.substr(cut)});
    parts.emplace_back(ItemDone{"c", {ToolCallItem{"call_1", "send", arguments, false, {}}, {}}});
    const Shown shown = shown_of(redactor, std::move(parts));
    EXPECT_EQ(pieces_of<ToolArgumentsPiece>(shown.parts), expected) << cut;
    EXPECT_EQ(std::get<ToolCallItem>(item_of(shown.parts).value).arguments, expected);
  }
  // Without pieces, too.
  std::vector<event::ProviderPart> parts;
  parts.emplace_back(ItemDone{"c", {ToolCallItem{"call_1", std::string(kCanary), arguments, false, {}}, {}}});
  const Shown shown = shown_of(redactor, std::move(parts));
  EXPECT_EQ(std::get<ToolCallItem>(item_of(shown.parts).value).arguments, expected);
  EXPECT_EQ(std::get<ToolCallItem>(item_of(shown.parts).value).name, "[redacted:secret]");
}

TEST(AnswerRedactor, LeavesWhatHoldsNothing) {
  const RunRedactor redactor = redactor_of(RedactionMode::full);
  const std::string opaque = R"({"encrypted_content":"gAAAAABo7xK2vQz9LmN4pRtYwXcVbHjKlP0oIuYtReWqAsDfGhJkLzXcVbNm"})";
  std::vector<event::ProviderPart> parts;
  parts.emplace_back(ReasoningPiece{"r", "thinking about it"});
  parts.emplace_back(ItemDone{"r", {ReasoningItem{"thinking about it", {opaque}}, "responses"}});
  parts.emplace_back(ItemDone{"o", {OtherItem{"web_search_call", {R"({"status":"completed"})"}}, "responses"}});
  const std::vector<event::ProviderPart> expected_items{parts[1], parts[2]};
  const Shown shown = shown_of(redactor, parts);
  EXPECT_EQ(pieces_of<ReasoningPiece>(shown.parts), "thinking about it");
  ASSERT_GE(shown.parts.size(), 2U);
  EXPECT_EQ(shown.parts[shown.parts.size() - 2], expected_items[0]);
  EXPECT_EQ(shown.parts.back(), expected_items[1]);
  EXPECT_TRUE(shown.counts.empty());
}

TEST(AnswerRedactor, LooksIntoTheProvidersOwnFormForSecretsAlone) {
  const RunRedactor redactor = redactor_of(RedactionMode::full);
  const std::string echo = R"({"note":")" + std::string(kCanary) + R"("})";
  std::vector<event::ProviderPart> parts;
  parts.emplace_back(ItemDone{"r", {ReasoningItem{"hm", {echo}}, "responses"}});
  EXPECT_EQ(std::get<ReasoningItem>(item_of(shown_of(redactor, parts).parts).value).echo.text, "");
  parts.clear();
  parts.emplace_back(ItemDone{"o", {OtherItem{"x", {echo}}, "responses"}});
  EXPECT_EQ(std::get<OtherItem>(item_of(shown_of(redactor, parts).parts).value).echo.text,
            R"({"note":"[redacted:secret]"})");
}

TEST(AnswerRedactor, DoesNotHidePiecesThatDoNotAddUp) {
  const RunRedactor redactor = redactor_of(RedactionMode::full);
  std::vector<event::ProviderPart> parts;
  parts.emplace_back(TextPiece{"a", "one thing"});
  parts.emplace_back(ItemDone{"a", message("another")});
  const Shown shown = shown_of(redactor, std::move(parts));
  EXPECT_EQ(pieces_of<TextPiece>(shown.parts), "one thing");
  EXPECT_EQ(event::value_of(item_of(shown.parts)), "another");
}

TEST(AnswerRedactor, ShowsNothingOfASecretThatAFailureCuts) {
  const RunRedactor redactor = redactor_of(RedactionMode::full);
  for (std::size_t cut = 1; cut < kCanary.size(); ++cut) {
    std::vector<event::ProviderPart> parts;
    parts.emplace_back(TextPiece{"a", "it is " + std::string(kCanary.substr(0, cut))});
    parts.emplace_back(AnswerFailed{ProviderError{ProviderErrorCode::provider_server_error,
                                                  "bad key " + std::string(kCanary),
                                                  "x",
                                                  {{"c", std::string(kCanary)}}}});
    const Shown shown = shown_of(redactor, std::move(parts));
    EXPECT_EQ(pieces_of<TextPiece>(shown.parts), "it is ") << cut;
    const Error& error = std::get<AnswerFailed>(shown.parts.back()).error;
    EXPECT_EQ(error.message, "bad key [redacted:secret]");
    EXPECT_EQ(error.cause.front().message, "[redacted:secret]");
    EXPECT_TRUE(follows_mapping(error));
  }
}

TEST(AnswerRedactor, IsReversible) {
  const auto vault = std::make_shared<MemoryVault>();
  const RunRedactor redactor = redactor_of(RedactionMode::reversible, vault);
  const std::string arguments = R"({"to":"joe@example.com"})";
  std::vector<event::ProviderPart> parts;
  parts.emplace_back(ToolArgumentsPiece{"c", arguments});
  parts.emplace_back(ItemDone{"c", {ToolCallItem{"call_1", "send", arguments, false, {}}, {}}});
  const std::string shown = std::get<ToolCallItem>(item_of(shown_of(redactor, parts).parts).value).arguments;
  EXPECT_EQ(shown, R"({"to":"[redacted:email:1]"})");
  EXPECT_EQ(redactor.restored_arguments(shown), arguments);
}

}  // namespace
}  // namespace orchestrator::harness::codec
