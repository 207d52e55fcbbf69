// SPDX-License-Identifier: Apache-2.0
// Goal: the first difference of two events is found, with a pointer to it and both values, however it is nested.
#include "event/event_difference.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::event {
namespace {

TEST(EventDifference, PointsToTheFirstMemberThatDiffers) {
  EXPECT_EQ(
      first_difference(R"({"a":1,"data":{"b":[1,{"c":"x"}],"d":2}})", R"({"a":1,"data":{"b":[1,{"c":"y"}],"d":3}})"),
      (EventDifference{"/data/b/1/c", "\"x\"", "\"y\""}));
}

TEST(EventDifference, TellsWhatIsMissingOnEitherSide) {
  EXPECT_EQ(first_difference(R"({"a":1,"b":2})", R"({"a":1})"), (EventDifference{"/b", "2", "nothing"}));
  EXPECT_EQ(first_difference(R"({"a":1})", R"({"a":1,"b":2})"), (EventDifference{"/b", "nothing", "2"}));
  EXPECT_EQ(first_difference("[1]", "[1,2]"), (EventDifference{"/1", "nothing", "2"}));
  EXPECT_EQ(first_difference("[1,2]", "[1]"), (EventDifference{"/1", "2", "nothing"}));
}

TEST(EventDifference, ComparesAnotherKindOfValueAsAWhole) {
  EXPECT_EQ(first_difference(R"({"a":[1]})", R"({"a":{"b":1}})"), (EventDifference{"/a", "[1]", R"({"b":1})"}));
  EXPECT_EQ(first_difference("1", "2"), (EventDifference{"", "1", "2"}));
}

TEST(EventDifference, ComparesTheSameMembersInAnotherOrderAsAWhole) {
  EXPECT_EQ(first_difference(R"({"a":1,"b":2})", R"({"b":2,"a":1})"),
            (EventDifference{"", R"({"a":1,"b":2})", R"({"b":2,"a":1})"}));
}

TEST(EventDifference, EscapesKeysAndCutsLongValues) {
  EXPECT_EQ(first_difference(R"({"a/b~c":1})", R"({"a/b~c":2})").field, "/a~1b~0c");
  const std::string text(500, 'x');
  const EventDifference long_one = first_difference("{\"a\":\"" + text + "\"}", R"({"a":""})");
  EXPECT_LE(long_one.expected.size(), kDifferenceBytesMax + 3);
  EXPECT_TRUE(long_one.expected.ends_with("…"));
}

TEST(EventDifference, StopsAtADepthThatNoEventHas) {
  const std::string deep(100, '[');
  const std::string end(100, ']');
  EXPECT_EQ(first_difference(deep + "1" + end, deep + "2" + end).field.size(), 64U);
}

}  // namespace
}  // namespace orchestrator::harness::event
