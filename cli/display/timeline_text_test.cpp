// SPDX-License-Identifier: Apache-2.0
// Goal: a run is drawn in any width, each wait with its mark, and nothing of it can write to the terminal. Method: an
// outline made by hand.
#include "cli/display/timeline_text.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace orchestrator::cli {
namespace {

using harness::event::OutlineAttempt;
using harness::event::OutlineCall;
using harness::event::OutlineTurn;
using harness::event::RunOutline;

RunOutline example() {
  RunOutline run;
  run.terminal = "Completed";
  run.reason = "stop";
  run.last_us = 1'000'000;
  OutlineTurn turn;
  turn.number = 1;
  OutlineAttempt failed;
  failed.span = {100'000, 200'000};
  failed.error = harness::Error{};
  failed.error->code = "provider_timeout";
  turn.attempts.push_back(failed);
  turn.retry_waits.push_back({200'000, 300'000});
  OutlineAttempt answered;
  answered.span = {300'000, 600'000};
  answered.first_output_us = 400'000;
  answered.finish_reason = harness::FinishReason::tool_calls;
  turn.attempts.push_back(answered);
  OutlineCall call;
  call.tool = "ac\x1bt";
  call.span = {600'000, 1'000'000};
  call.waits = {{600'000, 800'000}};
  call.runs = {{800'000, 1'000'000}};
  call.outcome = harness::ToolOutcome::ok;
  turn.calls.push_back(call);
  run.turns.push_back(turn);
  return run;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Timeline, KeepsToItsWidth) {
  for (const std::size_t columns : {20U, 40U, 80U, 200U}) {
    const auto lines = lines_of(timeline_text(example(), columns));
    ASSERT_EQ(lines.size(), 6U);
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
      EXPECT_LE(lines[i].size(), std::max<std::size_t>(columns, 40)) << lines[i];
    }
  }
}

TEST(Timeline, DrawsEachWaitWithItsMark) {
  const auto lines = lines_of(timeline_text(example(), 100));
  EXPECT_NE(lines[1].find("x"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1].find("100 ms prov"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("~~~"), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find("---|==="), std::string::npos) << lines[3];
  EXPECT_NE(lines[4].find("???###"), std::string::npos) << lines[4];
  // One axis for all: the wait ends where the next attempt begins.
  EXPECT_EQ(lines[2].find_last_of('~') + 1, lines[3].find("--"));
  EXPECT_EQ(lines[4].find('\x1b'), std::string::npos);
}

TEST(Timeline, ARunWithoutAnythingIsDrawn) {
  EXPECT_NE(timeline_text(RunOutline{}, 80).find("nothing was asked of a model"), std::string::npos);
}

}  // namespace
}  // namespace orchestrator::cli
