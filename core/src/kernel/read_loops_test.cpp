// SPDX-License-Identifier: Apache-2.0
// Goal: a model that reads again and again what compaction took from it is told of once; one that reads again for
// other reasons is not.
#include "kernel/read_loops.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::kernel {
namespace {

const Hash kHere = sha256("here");
const Hash kThere = sha256("there");

// A compaction, and the request that it made room for.
void compact(ReadLoops& loops) {
  loops.compacted();
  loops.requested();
}

TEST(ReadLoops, TwoBoundsThatArePassedAtOnceAreOneCompaction) {
  ReadLoops loops;
  for (int i = 0; i < 2; ++i) {
    loops.read("read_file", kHere);
    loops.compacted();
    loops.compacted();
    loops.requested();
  }
  loops.read("read_file", kHere);
  EXPECT_EQ(loops.suspicion(3, "read_file", kHere)->compactions, 2U);
}

TEST(ReadLoops, SuspectsAReadThatComesBackAfterCompactions) {
  ReadLoops loops;
  loops.read("read_file", kHere);
  compact(loops);
  loops.read("read_file", kHere);
  EXPECT_FALSE(loops.suspicion(2, "read_file", kHere)) << "once may be chance";
  compact(loops);
  compact(loops);
  loops.read("read_file", kHere);
  const auto loop = loops.suspicion(3, "read_file", kHere);
  ASSERT_TRUE(loop);
  EXPECT_EQ(*loop, (events::LoopSuspected{3, "read_file", kHere, 3, 3}));
}

TEST(ReadLoops, WarnsOnceForEachRead) {
  ReadLoops loops;
  for (int i = 0; i < 4; ++i) {
    loops.read("read_file", kHere);
    loops.read("read_file", kThere);
    compact(loops);
  }
  ASSERT_TRUE(loops.suspicion(4, "read_file", kHere));
  loops.warned("read_file", kHere);
  EXPECT_FALSE(loops.suspicion(5, "read_file", kHere));
  EXPECT_TRUE(loops.suspicion(5, "read_file", kThere));
}

TEST(ReadLoops, ReadsWithoutCompactionAreNoLoop) {
  ReadLoops loops;
  compact(loops);
  for (int i = 0; i < 50; ++i) loops.read("list_files", kHere);
  EXPECT_FALSE(loops.suspicion(1, "list_files", kHere));
  EXPECT_FALSE(loops.suspicion(1, "never_read", kHere));
}

TEST(ReadLoops, KeepsABoundedNumberInMind) {
  ReadLoops loops;
  loops.read("read_file", kHere);
  compact(loops);
  for (std::size_t i = 0; i < ReadLoops::kReadsMax; ++i) loops.read("read_file", sha256(std::to_string(i)));
  for (int i = 0; i < 2; ++i) {
    loops.read("read_file", kHere);
    compact(loops);
  }
  EXPECT_FALSE(loops.suspicion(9, "read_file", kHere)) << "the first read of it was forgotten";
}

}  // namespace
}  // namespace orchestrator::harness::kernel
