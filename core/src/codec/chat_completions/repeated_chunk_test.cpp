// SPDX-License-Identifier: Apache-2.0
// Goal: the short cut gives a value only where parsing would give the same one.
#include "codec/chat_completions/repeated_chunk.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kLearned =
    R"({"id":"r","choices":[{"delta":{"content":"a"},"finish_reason":null}],"obfuscation":"xy"})";

RepeatedChunk learned(std::string_view data = kLearned, std::string_view field = "content",
                      std::string_view value = "a") {
  RepeatedChunk chunk;
  chunk.learn(data, field, value);
  return chunk;
}

std::string read(const RepeatedChunk& chunk, std::string_view data) {
  std::string scratch;
  return std::string(chunk.read(data, scratch).value_or("(parse it)"));
}

TEST(RepeatedChunk, ReadsTheValueWhereNothingElseDiffers) {
  EXPECT_EQ(read(learned(), kLearned), "a");
  EXPECT_EQ(read(learned(),
                 R"({"id":"r","choices":[{"delta":{"content":"b \"c\"\n\\"},"finish_reason":null}],"obfuscation":""})"),
            "b \"c\"\n\\");
  EXPECT_EQ(
      read(learned(), R"({"id":"r","choices":[{"delta":{"content":""},"finish_reason":null}],"obfuscation":"zzz"})"),
      "");
  constexpr std::string_view kPlain = R"({"choices":[{"delta":{"role":"assistant","reasoning":"a"}}]})";
  EXPECT_EQ(read(learned(kPlain, "reasoning"), R"({"choices":[{"delta":{"role":"assistant","reasoning":"bc"}}]})"),
            "bc");
}

TEST(RepeatedChunk, LeavesEverythingElseToTheParser) {
  for (const char* data :
       {R"({"id":"s","choices":[{"delta":{"content":"b"},"finish_reason":null}],"obfuscation":"xy"})",
        R"({"id":"r","choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"obfuscation":"xy"})",
        R"({"id":"r","choices":[{"delta":{"content":"b"},"finish_reason":null}],"obfuscation":"xy"},"x":1)",
        R"({"id":"r","choices":[{"delta":{"content":"b"},"finish_reason":null}],"obfuscation":"x\"y"})",
        R"({"id":"r","choices":[{"delta":{"content":"\u00e4"},"finish_reason":null}],"obfuscation":"xy"})",
        R"({"id":"r","choices":[{"delta":{"content":"\q"},"finish_reason":null}],"obfuscation":"xy"})",
        R"({"id":"r","choices":[{"delta":{"content":"b)", "", "{}"}) {
    EXPECT_EQ(read(learned(), data), "(parse it)") << data;
  }
  EXPECT_EQ(read(learned(),
                 "{\"id\":\"r\",\"choices\":[{\"delta\":{\"content\":\"\n\"},\"finish_reason\":null}],\"obfuscation\":"
                 "\"xy\"}"),
            "(parse it)");
}

TEST(RepeatedChunk, LearnsOnlyWhatItIsCertainOf) {
  for (const char* data :
       {R"({"content":"a","choices":[{"delta":{"content":"a"}}]})", R"({"choices":[{"delta": {"content":"a"}}]})",
        R"({"choices":[{"delta":{"x":{"content":"a"}}}]})", R"({"choices":[{"delta":{}}],"content":"a"})",
        R"({"choices":[{"delta":{"content":"b"}}]})", R"({"delta":{},"choices":[{"delta":{"content":"a"}}]})"}) {
    EXPECT_EQ(read(learned(data), data), "(parse it)") << data;
  }
  RepeatedChunk chunk = learned();
  chunk.learn("{}", "content", "a");
  EXPECT_EQ(read(chunk, kLearned), "(parse it)");
}

}  // namespace
}  // namespace orchestrator::harness::codec
