// SPDX-License-Identifier: Apache-2.0
// Goal: each host gets the ids of items that it takes. Method: the same conversation encoded for several addresses.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "providers/wire_format.hpp"

namespace orchestrator::harness::providers {
namespace {

// A user's question after an answer that came with an id.
std::string body_for(const char* base_url) {
  ProviderRequest request;
  request.model = {ProviderId("openai"), "gpt-4o"};
  const MessageItem answer{Role::assistant, {TextPart{"ok"}}, {R"({"id":"msg_1"})"}};
  const MessageItem question{Role::user, {TextPart{"Hi"}}, {}};
  request.items.push_back(std::make_shared<const ConversationItem>(ConversationItem{answer, "responses"}));
  request.items.push_back(std::make_shared<const ConversationItem>(ConversationItem{question, ""}));
  return responses_format(base_url).encode(request).value();
}

TEST(ResponsesFormat, SendsIdsOfItemsBackButNotToAzure) {
  for (const char* taker : {"https://api.openai.com/v1", "http://127.0.0.1:8080/v1", "https://azure.com.example/v1",
                            "https://example.com/me.openai.azure.com/v1"}) {
    EXPECT_NE(body_for(taker).find("msg_1"), std::string::npos) << taker;
  }
  for (const char* azure : {"https://me.openai.azure.com/openai/v1", "https://ME.OpenAI.Azure.com:443/openai/v1",
                            "https://me.cognitiveservices.azure.com/openai/v1"}) {
    EXPECT_EQ(body_for(azure).find("msg_1"), std::string::npos) << azure;
  }
}

}  // namespace
}  // namespace orchestrator::harness::providers
