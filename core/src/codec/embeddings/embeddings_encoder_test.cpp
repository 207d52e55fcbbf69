// SPDX-License-Identifier: Apache-2.0
// Goal: the request holds the texts as they are, whatever they are. Method: bodies compared whole.
#include "codec/embeddings/embeddings_encoder.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace orchestrator::harness::codec {
namespace {

TEST(EmbeddingsEncoder, AsksForNumbersOfEachText) {
  const std::vector<std::string> texts = {"one", "zwei: \xC3\xBC"};
  EXPECT_EQ(encode_embeddings_request("text-embedding-3-small", texts),
            "{\"model\":\"text-embedding-3-small\",\"input\":[\"one\",\"zwei: \xC3\xBC\"],"
            "\"encoding_format\":\"float\"}");
}

TEST(EmbeddingsEncoder, OneTextIsAListTooAndIsEscaped) {
  const std::vector<std::string> texts = {"a \"b\"\n\\"};
  EXPECT_EQ(encode_embeddings_request("org/m", texts),
            R"({"model":"org/m","input":["a \"b\"\n\\"],"encoding_format":"float"})");
}

}  // namespace
}  // namespace orchestrator::harness::codec
