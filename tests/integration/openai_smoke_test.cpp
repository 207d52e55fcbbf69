// SPDX-License-Identifier: Apache-2.0
// Goal: the real OpenAI API answers as the recordings say. Method: one short run, when OPENAI_API_KEY is set; skipped
// otherwise, so that a report shows that it was not tried.
#include <gtest/gtest.h>

#include <cstdlib>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

TEST(OpenAiSmoke, AnswersOverTheNetwork) {
  const char* key = std::getenv("OPENAI_API_KEY");
  if (key == nullptr || *key == '\0') GTEST_SKIP() << "OPENAI_API_KEY is not set";
  const char* model = std::getenv("OPENAI_SMOKE_MODEL");
  OpenAiConfig config;
  config.api_key = key;
  if (const char* base_url = std::getenv("OPENAI_BASE_URL")) config.base_url = base_url;
  Harness harness = HarnessBuilder().provider(openai_provider(config).value()).build().value();
  auto run = harness.session()
                 .run("Answer with the single word: hello")
                 .model(std::string("openai/") + (model != nullptr ? model : "gpt-5.6"))
                 .start()
                 .value();
  const auto events = all_events(run);
  const auto completed = of_type<StreamEvent::Completed>(events);
  ASSERT_EQ(completed.size(), 1U) << events.back().json();
  EXPECT_FALSE(completed[0].output.empty());
  EXPECT_TRUE(completed[0].usage.output.has_value());
}

}  // namespace
}  // namespace orchestrator::harness::integration
