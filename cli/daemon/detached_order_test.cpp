// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/detached_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "cli/command_line/parser.hpp"

namespace orchestrator::cli {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

Invocation invocation(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  auto parsed = parse_command_line(words);
  EXPECT_TRUE(parsed);
  return std::get<Invocation>(*parsed);
}

TEST(DetachedOrder, HoldsWhatTheFlagsSay) {
  RunRequest request;
  request.model = "scripted/a/../b.json";
  request.system = "Be brief";
  request.hints = {"one", "two"};
  request.fallbacks = {"local/x"};
  request.settings.max_output_tokens = 7;
  request.budgets.turns = 3;
  request.timeouts.run_ms = 5'000;
  request.labels = {{"team", "a"}};
  request.remember = false;
  request.tools.names = {"read_file"};
  request.tools.workspace = "w";
  request.tools.policy.approval = harness::ApprovalMode::never;
  const auto order = detached_order(invocation({"Go", "--max-output-tokens", "7", "--set", "temperature=0.5"}), request,
                                    std::nullopt, "Go");
  ASSERT_TRUE(order);
  const std::string here = std::filesystem::current_path().string();
  const json::value wanted{{"input", "Go"},
                           {"model", "scripted/" + here + "/b.json"},
                           {"system", "Be brief"},
                           {"hints", json::array{"one", "two"}},
                           {"fallbacks", json::array({"local/x"})},
                           {"settings", {{"temperature", "0.5"}, {"max_output_tokens", 7U}}},
                           {"budgets", {{"turns", 3U}}},
                           {"timeout_ms", 5'000U},
                           {"labels", {{"team", "a"}}},
                           {"remember", false},
                           {"tools", json::array({"read_file"})},
                           {"workspace", here + "/w"},
                           {"approve", "never"}};
  EXPECT_EQ(json::parse(*order), json::parse(json::serialize(wanted)));
}

TEST(DetachedOrder, RefusesWhatTheDaemonCannotTake) {
  const auto refused = [](std::vector<std::string> words) {
    const auto order = detached_order(invocation(std::move(words)), RunRequest(), std::nullopt, "Go");
    return order ? std::string("taken") : order.error().at;
  };
  EXPECT_EQ(refused({"Go"}), "taken");
  EXPECT_EQ(refused({"Go", "--file", "x"}), "--file");
  EXPECT_EQ(refused({"Go", "--gates", "x"}), "--gates");
  EXPECT_EQ(refused({"Go", "--pin", "a=b"}), "--pin");
  EXPECT_EQ(refused({"Go", "--set", "stop=a", "--set", "stop=b"}), "--set");
}

}  // namespace
}  // namespace orchestrator::cli
