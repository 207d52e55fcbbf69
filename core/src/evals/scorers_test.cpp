// SPDX-License-Identifier: Apache-2.0
// Goal: each scorer that needs no run judges as its header says, and what it cannot judge is an error, not a zero.
// Method: samples by hand, one line of expectation each; an embedder with fixed vectors.
#include <gmock/gmock.h>

#include <map>

#include "orchestrator/harness/eval_scorer.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::evals {
namespace {

using runtime::testing::run_awaitable;
using ::testing::HasSubstr;

EvalSample sample_of(std::string output, std::optional<std::string> expected) {
  EvalSample sample;
  sample.test_case.id = "c";
  sample.output = std::move(output);
  if (expected) sample.test_case.expected = {*std::move(expected)};
  return sample;
}

Result<Score> judge(Scorer& scorer, EvalSample sample) {
  boost::asio::io_context io;
  ScorerContext context;
  context.deadline = std::chrono::steady_clock::time_point::max();
  return run_awaitable(io, scorer.score(std::make_shared<const EvalSample>(std::move(sample)), context));
}

/// The value of a score; -1 for an error.
double value_of(const std::shared_ptr<Scorer>& scorer, const std::string& output,
                const std::optional<std::string>& expected) {
  const auto score = judge(*scorer, sample_of(output, expected));
  return score ? score->value : -1;
}

EvalSample called(const std::vector<std::string>& tools, const std::string& expected,
                  const std::string& arguments = "{}") {
  EvalSample sample = sample_of("", expected);
  for (const std::string& tool : tools) {
    EvalToolCall call;
    call.tool = tool;
    call.arguments = {arguments};
    sample.tool_calls.push_back(std::move(call));
  }
  return sample;
}

TEST(ExactScorer, ComparesTheTextByTheOptions) {
  EXPECT_EQ(value_of(exact_scorer(), " Paris\n", R"("Paris")"), 1);
  EXPECT_EQ(value_of(exact_scorer(), "paris", R"("Paris")"), 0);
  EXPECT_EQ(value_of(exact_scorer({.ignore_case = true}), "paris", R"("Paris")"), 1);
  EXPECT_EQ(value_of(exact_scorer({.trim = false}), "Paris\n", R"("Paris")"), 0);
  EXPECT_EQ(value_of(exact_scorer(), "b", R"(["a","b"])"), 1);
  EXPECT_EQ(value_of(exact_scorer(), "42", "42"), 1);
  EXPECT_EQ(value_of(exact_scorer(), "true", "true"), 1);
  EXPECT_EQ(value_of(exact_scorer(), "", std::nullopt), -1);
  EXPECT_EQ(value_of(exact_scorer(), "a", "[]"), -1);
  EXPECT_EQ(value_of(exact_scorer(), "a", R"({"a":1})"), -1);
}

TEST(ExactScorer, SaysWhatWasExpectedAndNamesTheCaseOfAnError) {
  const auto wrong = judge(*exact_scorer(), sample_of("Rome", R"("Paris")"));
  EXPECT_EQ(wrong.value().explanation, R"(expected "Paris", got "Rome")");
  EXPECT_FALSE(wrong.value().passed);
  const auto error = judge(*exact_scorer(), sample_of("Rome", std::nullopt));
  EXPECT_EQ(error.error().code, "invalid_argument");
  EXPECT_THAT(error.error().message, HasSubstr("case c"));
}

TEST(ContainsScorer, FindsAnyOfTheTexts) {
  EXPECT_EQ(value_of(contains_scorer(), "It is Paris, of course.", R"("Paris")"), 1);
  EXPECT_EQ(value_of(contains_scorer(), "It is Rome.", R"(["Paris","Rome"])"), 1);
  EXPECT_EQ(value_of(contains_scorer(), "It is rome.", R"("Rome")"), 0);
  EXPECT_EQ(value_of(contains_scorer({.ignore_case = true}), "It is rome.", R"("Rome")"), 1);
}

TEST(RegexScorer, FindsAPatternOrComparesWhatItCaptured) {
  const auto plain = regex_scorer("^[0-9]+$").value();
  EXPECT_EQ(value_of(plain, "42", std::nullopt), 1);
  EXPECT_EQ(value_of(plain, "42 apples", std::nullopt), 0);
  const auto group = regex_scorer(R"(answer: *\(?([A-D])\b)", {.ignore_case = true}).value();
  EXPECT_EQ(value_of(group, "The Answer: (b)", R"("B")"), 1);
  EXPECT_EQ(value_of(group, "The answer: C", R"("B")"), 0);
  EXPECT_EQ(value_of(group, "no idea", R"("B")"), 0);
  EXPECT_EQ(value_of(group, "answer: B", std::nullopt), -1);
  EXPECT_EQ(regex_scorer("(").error().code, "invalid_argument");
}

TEST(JsonSchemaScorer, TakesJsonThatFits) {
  const auto scorer =
      json_schema_scorer(R"({"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}})").value();
  EXPECT_EQ(value_of(scorer, R"({"n":1})", std::nullopt), 1);
  EXPECT_EQ(value_of(scorer, "```json\n{\"n\":1}\n```", std::nullopt), 1);
  EXPECT_EQ(value_of(scorer, R"({"n":"1"})", std::nullopt), 0);
  EXPECT_EQ(value_of(scorer, "n is 1", std::nullopt), 0);
  EXPECT_THAT(judge(*scorer, sample_of(R"({"n":"1"})", {})).value().details.text, HasSubstr(R"("pointer":"/n")"));
  EXPECT_EQ(json_schema_scorer(R"({"type":"nothing"})").error().code, "tool_schema_invalid");
}

TEST(NumericScorer, FindsTheLastNumberOfAText) {
  const auto scorer = numeric_scorer().value();
  EXPECT_EQ(value_of(scorer, "3 and 4 make 7.", "7"), 1);
  EXPECT_EQ(value_of(scorer, "It costs $1,234.50", "1234.5"), 1);
  EXPECT_EQ(value_of(scorer, "minus: -5", "-5"), 1);
  EXPECT_EQ(value_of(scorer, "from 3-5", "5"), 1);
  EXPECT_EQ(value_of(scorer, "(-5)", "-5"), 1);
  EXPECT_EQ(value_of(scorer, "about .5", "0.5"), 1);
  EXPECT_EQ(value_of(scorer, "6.02e23", "6.02e23"), 1);
  EXPECT_EQ(value_of(scorer, "1, 2, 3", "3"), 1);
  EXPECT_EQ(value_of(scorer, "7", R"("He has 3 + 4 = <<3+4=7>>7. #### 7")"), 1);
  EXPECT_EQ(value_of(scorer, "none", "7"), 0);
  EXPECT_EQ(value_of(scorer, "8", "7"), 0);
  EXPECT_EQ(value_of(scorer, "7", R"("seven")"), -1);
}

TEST(NumericScorer, HasTolerancesAndPointers) {
  EXPECT_EQ(value_of(numeric_scorer({.absolute = 0.5}).value(), "7.4", "7"), 1);
  EXPECT_EQ(value_of(numeric_scorer({.absolute = 0.3}).value(), "7.4", "7"), 0);
  EXPECT_EQ(value_of(numeric_scorer({.absolute = 0, .relative = 0.01}).value(), "101", "100"), 1);
  EXPECT_EQ(value_of(numeric_scorer({.absolute = 0, .relative = 0.01}).value(), "102", "100"), 0);
  const auto pointer = numeric_scorer({.pointer = "/sum/1"}).value();
  EXPECT_EQ(value_of(pointer, R"({"sum":[1,2],"other":3})", "2"), 1);
  EXPECT_EQ(value_of(pointer, R"({"sum":[1]})", "2"), 0);
  EXPECT_EQ(value_of(pointer, "2", "2"), 0);
  EXPECT_FALSE(numeric_scorer({.absolute = -1}).has_value());
  EXPECT_FALSE(numeric_scorer({.pointer = "sum"}).has_value());
}

TEST(TrajectoryScorer, ComparesTheToolsInThreeWays) {
  const auto value = [](TrajectoryOrder order, const std::vector<std::string>& tools, const std::string& expected) {
    const auto score = judge(*trajectory_scorer({.order = order}), called(tools, expected));
    return score ? score->value : -1;
  };
  const std::string ab = R"(["a","b"])";
  EXPECT_EQ(value(TrajectoryOrder::exact, {"a", "b"}, ab), 1);
  EXPECT_EQ(value(TrajectoryOrder::exact, {"a", "b", "c", "d"}, ab), 0.5);
  EXPECT_EQ(value(TrajectoryOrder::exact, {}, "[]"), 1);
  EXPECT_EQ(value(TrajectoryOrder::exact, {"a"}, "[]"), 0);
  EXPECT_EQ(value(TrajectoryOrder::in_order, {"a", "x", "b"}, ab), 1);
  EXPECT_EQ(value(TrajectoryOrder::in_order, {"b", "a"}, ab), 0.5);
  EXPECT_EQ(value(TrajectoryOrder::any_order, {"b", "a"}, ab), 1);
  EXPECT_EQ(value(TrajectoryOrder::any_order, {"a"}, R"(["a","a"])"), 0.5);
  EXPECT_EQ(value(TrajectoryOrder::any_order, {"a"}, R"({"tools":[{"tool":"a"}]})"), 1);
  EXPECT_EQ(value(TrajectoryOrder::any_order, {"a"}, R"({"a":1})"), -1);
}

TEST(TrajectoryScorer, ComparesArgumentsWhereAsked) {
  const auto scorer = trajectory_scorer({.order = TrajectoryOrder::exact, .arguments = true});
  const std::string expected = R"([{"tool":"a","arguments":{"city":"Bonn"}}])";
  EXPECT_EQ(judge(*scorer, called({"a"}, expected, R"({ "day": 1, "city": "Bonn" })")).value().value, 1);
  EXPECT_EQ(judge(*scorer, called({"a"}, expected, R"({"city":"Rome"})")).value().value, 0);
  EXPECT_EQ(judge(*scorer, called({"a"}, expected, "broken")).value().value, 0);
  EXPECT_EQ(judge(*trajectory_scorer(), called({"a"}, expected, R"({"city":"Rome"})")).value().value, 1);
}

class FixedEmbedder final : public Embedder {
 public:
  std::string model() const override { return "test/fixed"; }
  boost::asio::awaitable<Result<EmbeddingBatch>> embed(std::vector<std::string> texts,
                                                       std::chrono::steady_clock::time_point) override {
    EmbeddingBatch batch;
    for (const std::string& text : texts) {
      const auto found = vectors.find(text);
      if (found == vectors.end()) co_return fail(ProviderErrorCode::provider_server_error, "no such text");
      batch.vectors.push_back(found->second);
    }
    batch.tokens = 9;
    co_return batch;
  }
  std::map<std::string, std::vector<float>> vectors{{"cat", {1, 0}}, {"kitten", {3, 4}}, {"stone", {-1, 0}}};
};

TEST(SimilarityScorer, IsTheCosineOfTheNearestText) {
  const auto scorer = similarity_scorer(std::make_shared<FixedEmbedder>(), 0.5).value();
  const auto near = judge(*scorer, sample_of("cat", R"(["stone","kitten"])")).value();
  EXPECT_NEAR(near.value, 0.6, 1e-9);
  EXPECT_TRUE(near.passed);
  EXPECT_EQ(near.tokens, 9U);
  EXPECT_FALSE(near.cost_micro_usd.has_value());
  const auto far = judge(*scorer, sample_of("cat", R"("stone")")).value();
  EXPECT_EQ(far.value, 0);
  EXPECT_FALSE(far.passed);
  EXPECT_EQ(judge(*scorer, sample_of("dog", R"("cat")")).error().code, "provider_server_error");
  EXPECT_FALSE(similarity_scorer(std::make_shared<FixedEmbedder>(), 1.5).has_value());
  EXPECT_FALSE(similarity_scorer(nullptr, 0.5).has_value());
}

TEST(JudgeScorer, RefusesWhatCannotJudge) {
  EXPECT_FALSE(judge_scorer({.rubric = ""}).has_value());
  EXPECT_FALSE(judge_scorer({.rubric = "Be fair.", .threshold = 2}).has_value());
  EXPECT_FALSE(judge_scorer({.rubric = "Be fair.", .model = "nonsense"}).has_value());
  const auto judge = judge_scorer({.rubric = "Be fair.", .model = "scripted/judge"}).value();
  EXPECT_THAT(judge->config().text, HasSubstr(sha256("Be fair.").str()));
}

TEST(CustomScorer, IsTheFunctionUnderItsName) {
  const auto scorer = custom_scorer("length", "1", [](const EvalSample& sample) {
    Score score;
    score.value = sample.output.size() == 3 ? 1 : 0;
    return Result<Score>(score);
  });
  EXPECT_EQ(scorer->name(), "length");
  EXPECT_THAT(scorer->config().text, HasSubstr(R"("version":"1")"));
  EXPECT_EQ(value_of(scorer, "abc", std::nullopt), 1);
}

}  // namespace
}  // namespace orchestrator::harness::evals
