// SPDX-License-Identifier: Apache-2.0
// Goal: models get the encoding that they have, or none; rank files are found where they are put. Method: ids that look
// alike, and folders made for the test.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "orchestrator/harness/token_counter.hpp"

namespace orchestrator::harness {
namespace {

TEST(EncodingOfModel, KnowsFamilies) {
  for (const char* model :
       {"gpt-4o", "gpt-4o-mini", "gpt-4o-2024-08-06", "chatgpt-4o-latest", "gpt-4.1", "gpt-4.1-nano", "gpt-4.5-preview",
        "gpt-5", "gpt-5-mini", "gpt-5.1", "gpt-5.1-codex", "o1", "o1-pro", "o3-mini", "o4-mini",
        "ft:gpt-4o-mini-2024-07-18:acme::id", "ft:gpt-4o:acme::id"}) {
    EXPECT_EQ(encoding_of_model(model), "o200k_base") << model;
  }
  for (const char* model : {"gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-4-turbo-2024-04-09", "gpt-4-32k",
                            "gpt-3.5-turbo", "gpt-3.5-turbo-0125", "text-embedding-3-small", "text-embedding-3-large",
                            "text-embedding-ada-002", "ft:gpt-3.5-turbo-0125:acme::id"}) {
    EXPECT_EQ(encoding_of_model(model), "cl100k_base") << model;
  }
}

TEST(EncodingOfModel, DoesNotGuess) {
  for (const char* model : {"", "gpt", "gpt-4x", "gpt-4.2", "gpt-6", "gpt-50", "o10", "o2", "gpt-2", "openai/gpt-4o",
                            "claude-opus-4", "gemini-2.5-pro", "text-embedding-2", "davinci", "GPT-4o", "ft:"}) {
    EXPECT_EQ(encoding_of_model(model), std::nullopt) << model;
  }
}

class EncodingsFolder : public ::testing::Test {
 protected:
  EncodingsFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "encodings-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~EncodingsFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  std::string make(const std::string& folder) const {
    std::filesystem::create_directories(root_ / folder);
    std::ofstream(root_ / folder / "cl100k_base.tiktoken") << "";
    return (root_ / folder).string();
  }
  std::string program(const std::string& name) const { return (root_ / name).string(); }

  std::filesystem::path root_;
};

TEST_F(EncodingsFolder, IsThatOfTheCheckoutOrThePrefix) {
  const std::string installed = make("usr/share/orchestrator/encodings");
  EXPECT_EQ(encodings_folder(program("usr/bin/orchestrator")), installed);
  const std::string checkout = make(".encodings");
  EXPECT_EQ(encodings_folder(program("build/release/bin/orchestrator")), checkout);
  EXPECT_NE(encodings_folder(program("other/release/bin/orchestrator")), checkout);
}

TEST_F(EncodingsFolder, IsASystemOneWhereNothingIsBeside) {
  EXPECT_TRUE(encodings_folder(program("bin/program")).ends_with("/share/orchestrator/encodings"));
}

}  // namespace
}  // namespace orchestrator::harness
