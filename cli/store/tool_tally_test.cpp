// SPDX-License-Identifier: Apache-2.0
#include "cli/store/tool_tally.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

using harness::StreamEvent;
using harness::ToolOutcome;

template <class Payload>
StreamEvent event_of(Payload payload) {
  StreamEvent event;
  event.payload = std::move(payload);
  return event;
}

TEST(ToolTally, CountsByToolAndOutcome) {
  ToolTally tally;
  EXPECT_EQ(tally.text(), "");
  const auto call = [&tally](const std::string& id, const std::string& tool, std::optional<ToolOutcome> outcome) {
    StreamEvent::ToolCallRequested requested;
    requested.call_id = id;
    requested.tool = tool;
    tally.add(event_of(requested));
    if (!outcome) {
      return;
    }
    StreamEvent::ToolCallFinished finished;
    finished.call_id = id;
    finished.outcome = *outcome;
    tally.add(event_of(finished));
  };
  call("1", "edit_file", ToolOutcome::ok);
  call("2", "edit_file", ToolOutcome::ok);
  call("3", "run_command", ToolOutcome::unknown);
  call("4", "edit_file", ToolOutcome::error);
  call("5", "run_command", std::nullopt);
  EXPECT_EQ(tally.text(), "edit_file 1 error 2 ok, run_command 1 open 1 unknown");
}

}  // namespace
}  // namespace orchestrator::cli
