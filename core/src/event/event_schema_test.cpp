// SPDX-License-Identifier: Apache-2.0
// Goal: the shipped schema is that of the code. Method: it is generated again and compared; UPDATE_GOLDEN=1 rewrites
// it. tests/schema checks every golden event against it with another implementation.
#include "event/event_schema.hpp"

#include <gtest/gtest.h>

#include "event/testing/golden_file.hpp"

namespace orchestrator::harness::event {
namespace {

TEST(EventSchema, IsTheOneThatIsShipped) { EXPECT_TRUE(matches_golden("schema/events.schema.json", event_schema())); }

}  // namespace
}  // namespace orchestrator::harness::event
