// SPDX-License-Identifier: Apache-2.0
// Goal: a catalogue says what its text says, exactly; what is wrong in it is named with its place; a snapshot takes the
// prices of its model and says so. Method: texts; the built-in catalogue; recorded prices where they are there.
#include "orchestrator/harness/catalogue.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness {
namespace {

ModelRef model(const char* name) { return ModelRef::parse(name).value(); }

constexpr const char* kExample = R"({"version": "mine 3", "models": [
  {"model": "chat/qwen", "context_tokens": 32768, "output_tokens_max": 4096, "unsupported": ["tools", "input.image"],
   "regions": ["eu"], "usd_per_million": {"input": 0.075, "output": 0.3},
   "long_input": {"above_input_tokens": 1000, "input": 1, "output": 2.5}},
  {"model": "chat/free", "usd_per_million": {"input": 0, "cached_input": 0, "cache_write": 0, "output": 0}},
  {"model": "chat/nothing-known"}]})";

TEST(ModelCatalogue, SaysWhatItsTextSays) {
  const auto catalogue = ModelCatalogue::parse(kExample, "x");
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  EXPECT_EQ(catalogue->version(), "mine 3");
  ASSERT_EQ(catalogue->entries().size(), 3U);
  const CatalogueEntry& entry = catalogue->entries().front();
  EXPECT_EQ(entry.context_tokens, 32'768U);
  EXPECT_EQ(entry.output_tokens_max, 4'096U);
  EXPECT_EQ(entry.unsupported, (std::vector<std::string>{"input.image", "tools"}));
  EXPECT_EQ(entry.regions, std::vector<std::string>{"eu"});
  const ModelPrice price{{75'000, {}, {}, 300'000}, 1'000, {1'000'000, {}, {}, 2'500'000}, "mine 3"};
  EXPECT_EQ(entry.price, price);
  EXPECT_EQ(catalogue->entries()[1].price->base.output, 0U) << "free is not unknown";
  EXPECT_EQ(catalogue->entries()[2].price, std::nullopt);
}

TEST(ModelCatalogue, WhatIsWrongIsNamedWithItsPlace) {
  struct Case {
    const char* text;
    const char* at;
    const char* says;
  };
  for (const Case& row : {
           Case{"{", "/", "is not JSON"},
           Case{"[]", "/", "must be an object"},
           Case{R"({"models":[]})", "/version", "must be a text"},
           Case{R"({"version":"1"})", "/models", "must be a list"},
           Case{R"({"version":"1","models":[],"model":[]})", "/", "unknown member 'model'; did you mean 'models'?"},
           Case{R"({"version":"1","models":[{}]})", "/models/0/model", "must be a text"},
           Case{R"({"version":"1","models":[{"model":"gpt"}]})", "/models/0/model", "expected PROVIDER/MODEL"},
           Case{R"({"version":"1","models":[{"model":"a/b","context_tokens":1.5}]})", "/models/0/context_tokens",
                "whole"},
           Case{R"({"version":"1","models":[{"model":"a/b","context_tokens":-1}]})", "/models/0/context_tokens",
                "whole"},
           Case{R"({"version":"1","models":[{"model":"a/b","usd_per_million":{"input":-1}}]})",
                "/models/0/usd_per_million/input", "price in USD"},
           Case{R"({"version":"1","models":[{"model":"a/b","usd_per_million":{"input":"1"}}]})",
                "/models/0/usd_per_million/input", "price in USD"},
           Case{R"({"version":"1","models":[{"model":"a/b","long_input":{}}]})", "/models/0/long_input", "needs"},
           Case{R"({"version":"1","models":[{"model":"a/b","regions":"eu"}]})", "/models/0/regions", "list of texts"},
       }) {
    const auto catalogue = ModelCatalogue::parse(row.text, "x.json");
    ASSERT_FALSE(catalogue) << row.text;
    EXPECT_EQ(catalogue.error().code, "configuration_invalid");
    EXPECT_EQ(catalogue.error().at, row.at) << row.text;
    EXPECT_NE(catalogue.error().message.find(row.says), std::string::npos) << catalogue.error().message;
    EXPECT_NE(catalogue.error().message.find("x.json"), std::string::npos);
  }
}

TEST(ModelCatalogue, ASnapshotIsTakenForItsModel) {
  const ModelCatalogue& known = ModelCatalogue::built_in();
  ModelOffer offer{.model = model("openai/gpt-5-mini-2025-08-07")};
  known.complete(offer);
  ASSERT_TRUE(offer.price);
  EXPECT_EQ(offer.price->base, known.find(model("openai/gpt-5-mini")).entry->price->base) << "the longest name";
  EXPECT_EQ(offer.price->table, known.version() + ", as openai/gpt-5-mini");
  EXPECT_EQ(known.find(model("openai/gpt-5x")).entry, nullptr) << "another model whose name begins alike";
  EXPECT_EQ(known.find(model("chat/gpt-5")).entry, nullptr) << "of another provider";
}

TEST(ModelCatalogue, OnesOwnGoesFirst) {
  ModelCatalogue known = ModelCatalogue::built_in();
  known.prepend(
      ModelCatalogue::parse(
          R"({"version":"own","models":[{"model":"openai/gpt-5","usd_per_million":{"input":1,"output":2}}]})", "x")
          .value());
  EXPECT_EQ(known.version(), "own");
  EXPECT_EQ(known.find(model("openai/gpt-5")).entry->price->base.input, 1'000'000U);
  EXPECT_EQ(known.find(model("openai/gpt-5")).entry->price->table, "own");
  EXPECT_NE(known.find(model("openai/gpt-5-mini")).entry->price->table, "own");
}

TEST(ModelCatalogue, AnAdaptersOwnWordCountsMore) {
  ModelOffer offer{.model = model("openai/o3-mini"), .unsupported = {"stop"}};
  offer.context_tokens = 10;
  ModelCatalogue::built_in().complete(offer);
  EXPECT_EQ(offer.context_tokens, 10U);
  EXPECT_EQ(offer.unsupported, (std::vector<std::string>{"input.image", "stop"}));
  EXPECT_TRUE(offer.output_tokens_max);
}

TEST(ModelCatalogue, HasTheRecordedPrices) {
  if (!codec::testing::fixtures_root()) GTEST_SKIP() << "no fixtures here";
  const boost::json::value root = boost::json::parse(codec::testing::read_fixture_file("model-prices.json"));
  std::size_t compared = 0;
  for (const boost::json::value& row : root.at("models").as_array()) {
    const std::string provider(row.at("provider").as_string());
    const std::string id(row.at("id").as_string());
    const auto found = ModelCatalogue::built_in().find({ProviderId(provider == "google" ? "gemini" : provider), id});
    ASSERT_NE(found.entry, nullptr) << id;
    EXPECT_FALSE(found.is_relative) << id;
    const auto price = [&](const char* name) -> std::optional<std::uint64_t> {
      const boost::json::value& usd = row.at(name);
      if (usd.is_null()) return std::nullopt;
      return static_cast<std::uint64_t>(usd.to_number<double>() * 1e6 + 0.5);
    };
    const TokenPrices expected{price("input"), price("cached_input"), price("cache_write"), price("output")};
    EXPECT_EQ(found.entry->price->base, expected) << id;
    compared += 1;
  }
  EXPECT_GT(compared, 60U);
}

}  // namespace
}  // namespace orchestrator::harness
