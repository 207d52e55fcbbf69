// SPDX-License-Identifier: Apache-2.0
// Goal: the local model's embeddings are usable vectors, the same each time, nearer for what says the same. Method: the
// real model, skipped where it is not installed; a folder without it for the error.
#include "providers/local/local_embedder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "providers/local/testing/local_model_fixture.hpp"

namespace orchestrator::harness::providers {
namespace {

class LocalEmbeddings : public testing::LocalModelTest {
 protected:
  Result<EmbeddingBatch> embed(std::vector<std::string> texts) {
    LocalEmbedder embedder(settings_, progress(), std::nullopt);
    return run(embedder.embed(std::move(texts), soon()));
  }
};

float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  float product = 0;
  float of_a = 0;
  float of_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    of_a += a[i] * a[i];
    of_b += b[i] * b[i];
  }
  return product / std::sqrt(of_a * of_b);
}

TEST_F(LocalEmbeddings, AreNearerForWhatSaysTheSame) {
  const auto batch = embed({"The cat sleeps on the sofa.", "A kitten is sleeping on the couch.",
                            "Interest rates of the central bank rose by two percent."});
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->vectors.size(), 3U);
  EXPECT_EQ(batch->vectors[0].size(), 576U);
  EXPECT_GT(cosine(batch->vectors[0], batch->vectors[1]), cosine(batch->vectors[0], batch->vectors[2]));
  EXPECT_GT(batch->tokens.value_or(0), 20U);
  EXPECT_FALSE(batch->cost_micro_usd) << "no price was given";
}

TEST_F(LocalEmbeddings, AreThereBesideAnswers) {
  ASSERT_TRUE(embed({"one text"}));
  const auto said_before = said_;
  EXPECT_FALSE(said_before.empty()) << "a start is announced";
  LocalServer server(settings_);
  EXPECT_EQ(run(server.ensure(progress(), soon()))->model, kLocalModel);
  EXPECT_EQ(said_, said_before) << "the same server, started once";
}

TEST_F(LocalEmbeddings, RefuseATextThatIsTooLong) {
  std::string text;
  for (int i = 0; i < 1'100; ++i) text += "cat ";
  const auto batch = embed({text});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, "provider_server_error") << batch.error().message;
}

TEST(LocalEmbedder, SaysWhatIsMissing) {
  testing::TemporaryFolder folder;
  LocalSettings settings;
  settings.python = folder.path() / "python";
  settings.launcher = folder.path() / "serve.py";
  settings.state_dir = folder.path() / "state";
  settings.install_hint = "`this` installs it";
  LocalEmbedder embedder(settings, {}, std::nullopt);
  EXPECT_EQ(embedder.model(), "local/smollm2-135m-instruct");
  boost::asio::io_context context;
  std::optional<Result<EmbeddingBatch>> got;
  boost::asio::co_spawn(context, embedder.embed({"text"}, std::chrono::steady_clock::now() + LocalServer::kStartTime),
                        [&got](std::exception_ptr, Result<EmbeddingBatch> batch) { got = std::move(batch); });
  context.run();
  ASSERT_TRUE(got && !*got);
  EXPECT_NE(got->error().message.find("`this` installs it"), std::string::npos) << got->error().message;
}

}  // namespace
}  // namespace orchestrator::harness::providers
