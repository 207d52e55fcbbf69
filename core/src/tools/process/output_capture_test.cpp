// SPDX-License-Identifier: Apache-2.0
// Goal: head, tail and count are those of the whole output, however it is split, and memory stays bounded.
// Method: pushes the same bytes whole and in pieces and compares with cuts of the whole.
#include "tools/process/output_capture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace orchestrator::harness::tools {
namespace {

constexpr OutputBounds kSmall{.head_bytes = 4, .tail_bytes = 3, .kept_bytes = 10};

std::string letters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.push_back(static_cast<char>('a' + i % 26));
  return text;
}

TEST(OutputCapture, AnySplitGivesTheSameHeadTailAndCount) {
  for (std::size_t size = 0; size <= 24; ++size) {
    const std::string whole = letters(size);
    for (std::size_t piece = 1; piece <= 8; ++piece) {
      OutputCapture capture(kSmall);
      for (std::size_t at = 0; at < size; at += piece) capture.push(std::string_view(whole).substr(at, piece));
      EXPECT_EQ(capture.total_bytes(), size);
      EXPECT_EQ(capture.kept(), whole.substr(0, 10));
      EXPECT_EQ(capture.is_cut(), size > 7);
      EXPECT_EQ(capture.head(), size > 7 ? whole.substr(0, 4) : whole);
      EXPECT_EQ(capture.tail(), size > 7 ? whole.substr(size - 3) : "");
      EXPECT_EQ(capture.left_out_bytes(), size > 7 ? size - 7 : 0);
    }
  }
}

TEST(OutputCapture, BytesBeyondTheKeptOnesAreCountedOnly) {
  OutputCapture capture;
  const std::string piece(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 64; ++i) capture.push(piece);
  capture.push("end");
  EXPECT_EQ(capture.total_bytes(), (std::uint64_t{64} << 20) + 3);
  EXPECT_EQ(capture.kept().size(), std::size_t{16} << 20);
  EXPECT_TRUE(capture.tail().ends_with("xend"));
}

}  // namespace
}  // namespace orchestrator::harness::tools
