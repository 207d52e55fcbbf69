// SPDX-License-Identifier: Apache-2.0
// Goal: every string of every event is reached, and whoever adds one looks at what it is for. Method: an example of
// each type with all fields set, each of its strings replaced; the list of what is no text is fixed here.
#include "event/string_fields.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "event/testing/example_events.hpp"

namespace orchestrator::harness::event {
namespace {

struct Marker {
  std::multiset<StringRole> seen;
  void on_string(std::string& value, StringRole role) {
    seen.insert(role);
    if (role == StringRole::json) {
      value = "\"X\"";
    } else if (role != StringRole::identifier) {
      value = "X";
    }
  }
  void on_named(const std::string&, std::string& value) { on_string(value, StringRole::text); }
  void on_media(MediaSource& source) {
    seen.insert(StringRole::text);
    source.url = "X";
    source.name = "X";
  }
};

constexpr std::string_view kExpected = R"(RunStarted 12 1 0 7 2
ModelSelected 0 0 0 5 0
NegotiationFailed 0 0 0 2 0
ContextAssembled 0 0 0 4 0
ContextTrimmed 1 0 0 1 0
ContextSummarised 1 0 0 0 0
MemoryRetrieved 6 0 0 3 0
MemoryStored 4 0 0 3 0
LoopSuspected 0 0 0 1 0
GateEvaluated 5 0 0 5 0
RedactionApplied 0 0 0 0 0
ProviderRequested 0 0 0 0 0
ProviderResponded 0 0 0 1 0
OutputDelta 0 0 1 1 0
ReasoningDelta 0 0 1 1 0
ToolArgumentsDelta 0 0 1 1 0
OutputItemCompleted 0 2 0 4 0
UsageReported 0 0 0 3 0
AttemptFinished 0 0 0 3 0
AttemptFailed 4 0 0 5 0
TimeoutFired 0 0 0 1 0
RetryScheduled 0 0 0 1 0
FallbackSelected 0 0 0 1 0
CircuitOpened 0 0 0 0 0
CircuitClosed 0 0 0 0 0
ToolCallRequested 0 1 0 2 0
ToolCallStarted 2 0 0 2 0
ToolCallFinished 7 1 0 3 0
InterruptRaised 4 0 0 2 0
InterruptResolved 1 0 0 1 0
HintQueued 1 0 0 1 0
HintDelivered 0 0 0 0 0
HintDropped 0 0 0 1 0
CheckpointCreated 1 0 0 1 0
AbortRequested 0 0 0 1 0
RunPaused 0 0 0 1 0
RunResumed 0 0 0 2 0
Completed 1 0 0 2 0
Error 5 0 0 5 0
Aborted 1 0 0 3 0
TeleportRequested 0 1 0 0 0
RunForked 2 0 0 4 0
ReplayStarted 0 0 0 0 0
ReplayMatched 1 0 0 0 0
ReplayDiverged 3 0 0 0 0
ReplayTokenIssued 0 0 0 2 0
UndoPlanned 3 0 0 2 0
CompensationStarted 2 0 0 3 0
CompensationFinished 6 0 0 4 0
)";

TEST(StringFields, ReachEveryTextOfEveryEvent) {
  std::string counts;
  for (StreamEvent event : example_events()) {
    Marker marker;
    visit_strings(marker, event.payload);
    std::string line;
    for (const StringRole role :
         {StringRole::text, StringRole::json, StringRole::piece, StringRole::identifier, StringRole::needed}) {
      line += (line.empty() ? "" : " ") + std::to_string(marker.seen.count(role));
    }
    counts += std::string(event.type()) + " " + line + "\n";
  }
  // Texts, JSON, pieces, identifiers, and what the run acts by: a new string changes a line.
  EXPECT_EQ(counts, kExpected);
}

TEST(StringFields, SeeNoDeclarations) {
  events::RunStarted started = example_run_started();
  const auto tools = started.tools;
  const auto plan = started.model_plan;
  Marker marker;
  visit_strings(marker, started);
  EXPECT_EQ(started.tools, tools);
  EXPECT_EQ(started.model_plan, plan);
  EXPECT_EQ(started.system, "X");
  EXPECT_EQ(started.workspace, "X");
  EXPECT_EQ(started.memory.user, "X");
}

}  // namespace
}  // namespace orchestrator::harness::event
