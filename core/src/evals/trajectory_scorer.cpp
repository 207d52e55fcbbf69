// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <utility>

#include "evals/case_json.hpp"
#include "evals/expected_value.hpp"
#include "orchestrator/harness/eval_scorer.hpp"

namespace orchestrator::harness {
namespace {

namespace json = boost::json;

struct ExpectedCall {
  std::string tool;
  json::object arguments;
};

Result<std::vector<ExpectedCall>> expected_calls(const EvalSample& sample) {
  auto value = evals::expected_value(sample);
  if (!value) return std::unexpected(value.error());
  const auto bad = [&] {
    return fail(RuntimeErrorCode::invalid_argument,
                "case " + sample.test_case.id +
                    ": 'expected' must be a list of tool names or of {\"tool\", \"arguments\"?}, or have it as 'tools'",
                sample.test_case.id);
  };
  const json::value* found = &*value;
  if (found->is_object()) found = found->get_object().if_contains("tools");
  if (found == nullptr || !found->is_array()) return bad();
  std::vector<ExpectedCall> calls;
  for (const json::value& element : found->get_array()) {
    if (element.is_string()) {
      calls.push_back({std::string(element.get_string()), {}});
      continue;
    }
    if (!element.is_object()) return bad();
    const json::value* tool = element.get_object().if_contains("tool");
    const json::value* arguments = element.get_object().if_contains("arguments");
    if (tool == nullptr || !tool->is_string() || (arguments != nullptr && !arguments->is_object())) return bad();
    calls.push_back({std::string(tool->get_string()), arguments == nullptr ? json::object() : arguments->get_object()});
  }
  return calls;
}

bool is_call(const ExpectedCall& expected, const EvalToolCall& call, const TrajectoryMatch& match) {
  if (expected.tool != call.tool) return false;
  if (!match.arguments || expected.arguments.empty()) return true;
  const auto arguments = evals::parse_json(call.arguments.text);
  if (!arguments || !arguments->is_object()) return false;
  return std::ranges::all_of(expected.arguments, [&](const json::key_value_pair& member) {
    const json::value* found = arguments->get_object().if_contains(member.key());
    return found != nullptr && evals::canonical_line(*found) == evals::canonical_line(member.value());
  });
}

/// How many of the expected calls are found, at most one for each call.
std::size_t count_found(const std::vector<ExpectedCall>& expected, const std::vector<EvalToolCall>& calls,
                        const TrajectoryMatch& match) {
  std::size_t found = 0;
  if (match.order == TrajectoryOrder::exact) {
    for (std::size_t i = 0; i < std::min(expected.size(), calls.size()); ++i) {
      found += is_call(expected[i], calls[i], match) ? 1 : 0;
    }
    return found;
  }
  std::vector<bool> taken(calls.size(), false);
  std::size_t from = 0;
  for (const ExpectedCall& one : expected) {
    for (std::size_t i = match.order == TrajectoryOrder::in_order ? from : 0; i < calls.size(); ++i) {
      if (taken[i] || !is_call(one, calls[i], match)) continue;
      taken[i] = true;
      from = i + 1;
      found += 1;
      break;
    }
  }
  return found;
}

class TrajectoryScorer final : public Scorer {
 public:
  TrajectoryScorer(std::string name, TrajectoryMatch match) : name_(std::move(name)), match_(match) {}
  std::string name() const override { return name_; }
  RawJson config() const override {
    static constexpr std::array<std::string_view, 3> kOrders{"exact", "in_order", "any_order"};
    return {evals::canonical_line(json::object{{"kind", "trajectory"},
                                               {"order", kOrders.at(static_cast<std::size_t>(match_.order))},
                                               {"arguments", match_.arguments}})};
  }
  Awaitable<Result<Score>> score(std::shared_ptr<const EvalSample> sample, ScorerContext) override {
    co_return judge(*sample);
  }

 private:
  Result<Score> judge(const EvalSample& sample) const {
    auto expected = expected_calls(sample);
    if (!expected) return std::unexpected(expected.error());
    std::string called;
    for (const EvalToolCall& call : sample.tool_calls) called += (called.empty() ? "" : ", ") + call.tool;
    const std::size_t found = count_found(*expected, sample.tool_calls, match_);
    const bool is_exact = match_.order == TrajectoryOrder::exact;
    const std::size_t all = is_exact ? std::max(expected->size(), sample.tool_calls.size()) : expected->size();
    Score score;
    score.value = all == 0 ? 1 : static_cast<double>(found) / static_cast<double>(all);
    score.passed = found == all;
    if (!score.passed) {
      score.explanation = std::to_string(found) + " of " + std::to_string(expected->size()) +
                          " expected calls found; called: " + (called.empty() ? "nothing" : called);
    }
    return score;
  }

  std::string name_;
  TrajectoryMatch match_;
};

}  // namespace

std::shared_ptr<Scorer> trajectory_scorer(TrajectoryMatch match, std::string name) {
  return std::make_shared<TrajectoryScorer>(std::move(name), match);
}

}  // namespace orchestrator::harness
