// SPDX-License-Identifier: Apache-2.0
// Goal: a recorded call is answered by tool and arguments, the n-th equal call by the n-th result, whatever its outcome
// was; what was never recorded fails and is counted. Method: calls by hand.
#include "evals/recorded_tools.hpp"

#include <gtest/gtest.h>

#include "kernel/tool_calls.hpp"

namespace orchestrator::harness::evals {
namespace {

TranscriptCall call_of(const std::string& tool, const std::string& arguments, const std::string& result) {
  TranscriptCall call;
  call.call.tool = tool;
  call.call.arguments = {arguments};
  call.call.argument_hash = kernel::argument_hash(arguments);
  events::ToolCallFinished finished;
  finished.outcome = ToolOutcome::ok;
  finished.result.emplace_back(TextPart{result});
  call.finished = std::move(finished);
  return call;
}

std::string text_of(const ToolResult& result) {
  return result.error ? std::string(name_of(result.error->code)) : std::get<TextPart>(result.parts.at(0)).text;
}

TEST(RecordedResults, GiveTheNthResultToTheNthEqualCall) {
  RecordedResults results({call_of("a", R"({"x":1,"y":2})", "one"), call_of("b", R"({"x":1,"y":2})", "other"),
                           call_of("a", R"({"y":2, "x":1.0})", "two")},
                          {});
  EXPECT_EQ(text_of(results.take("a", R"({ "y": 2, "x": 1 })")), "one");
  EXPECT_EQ(text_of(results.take("a", R"({"x":1,"y":2})")), "two");
  EXPECT_EQ(results.not_recorded(), 0U);
  EXPECT_EQ(text_of(results.take("a", R"({"x":1,"y":2})")), "not_recorded");
  EXPECT_EQ(text_of(results.take("a", R"({"x":2,"y":2})")), "not_recorded");
  EXPECT_EQ(text_of(results.take("c", R"({"x":1,"y":2})")), "not_recorded");
  EXPECT_EQ(results.not_recorded(), 3U);
  EXPECT_EQ(text_of(results.take("b", R"({"x":1,"y":2})")), "other");
}

TEST(RecordedResults, FailAsTheCallFailed) {
  TranscriptCall denied = call_of("a", "{}", "");
  denied.finished->outcome = ToolOutcome::denied;
  denied.finished->error = fail(ToolErrorCode::tool_denied, "no").error();
  TranscriptCall open = call_of("b", "{}", "");
  open.finished.reset();
  RecordedResults results({denied, open}, {});
  const ToolResult result = results.take("a", "{}");
  EXPECT_EQ(result.outcome, ToolOutcome::denied);
  EXPECT_EQ(result.error->message, "no");
  EXPECT_EQ(text_of(results.take("b", "{}")), "not_recorded");
}

TEST(RecordedResults, OfAStrictToolTakeANullForWhatIsMissing) {
  ToolSpec spec;
  spec.name = "a";
  spec.strict = true;
  spec.input_schema = {
      R"({"type":"object","properties":{"city":{"type":"string"},"day":{"type":"string"}},"required":["city"]})"};
  RecordedResults results({call_of("a", R"({"city":"Bonn","day":null})", "rain")}, {spec});
  EXPECT_EQ(text_of(results.take("a", R"({"city":"Bonn"})")), "rain");
}

TEST(RecordedTools, DoNothingAndAskNobody) {
  ToolSpec spec;
  spec.name = "a";
  spec.input_schema = {"{}"};
  spec.effect_class = EffectClass::irreversible;
  spec.approval = ApprovalNeed::require;
  const auto tools =
      recorded_tools({spec}, std::make_shared<RecordedResults>(std::vector<TranscriptCall>(), std::vector<ToolSpec>()));
  ASSERT_EQ(tools.size(), 1U);
  EXPECT_EQ(tools[0]->spec().effect_class, EffectClass::pure);
  EXPECT_EQ(tools[0]->spec().approval, ApprovalNeed::none);
}

}  // namespace
}  // namespace orchestrator::harness::evals
