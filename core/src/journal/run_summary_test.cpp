// SPDX-License-Identifier: Apache-2.0
// Goal: a summary shows what the two outer lines say, never breaks on what they do not, and cuts no character in two.
// Method: lines of other shapes than a run's, and texts around the limit. Whole runs are in the conformance suite.

#include "journal/run_summary.hpp"

#include <gtest/gtest.h>

#include "event/json_writer.hpp"
#include "journal/testing/run_lines.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

TEST(RunSummary, APreviewIsCutBetweenCharacters) {
  const std::string text = "a\u00e9\u20ac\U0001F600";  // 1, 2, 3 and 4 bytes
  EXPECT_EQ(preview_of(text, 100), text);
  EXPECT_EQ(preview_of(text, 10), text);
  for (const auto& [bytes_max, size] :
       {std::pair{9U, 6U}, {7U, 6U}, {6U, 6U}, {5U, 3U}, {3U, 3U}, {2U, 1U}, {1U, 1U}, {0U, 0U}}) {
    EXPECT_EQ(preview_of(text, bytes_max), text.substr(0, size)) << bytes_max;
  }
}

TEST(RunSummary, APreviewIsOneLine) { EXPECT_EQ(preview_of("a\r\nb\tc\x1b[0m\x7f", 100), "a  b c [0m "); }

TEST(RunSummary, AnInputOfManyPartsIsJoinedAndCut) {
  RunLines lines(run_id(1), session_id(1));
  const auto start = lines.start(std::string(150, 'a') + "\u20ac" + std::string(46, 'b') + "\u20ac\u20ac");
  const RunSummary run = summarise({run_id(1), start->bytes, start->bytes, 1, false});
  EXPECT_FALSE(run.damaged);
  EXPECT_EQ(run.input_preview.size(), 199U);
  EXPECT_TRUE(event::is_valid_utf8(run.input_preview));
}

TEST(RunSummary, LinesThatDoNotReadAreDamage) {
  RunLines lines(run_id(1), session_id(1));
  const auto start = lines.start();
  const auto delta = lines.delta();
  std::string changed = delta->bytes;
  changed[changed.size() / 2] = '~';
  EXPECT_FALSE(summarise({run_id(1), start->bytes, delta->bytes, 1, false}).damaged);
  for (const auto& [first, last] : {std::pair{start->bytes, changed},
                                    {changed, delta->bytes},
                                    {delta->bytes, delta->bytes},
                                    {std::string(), std::string()},
                                    {std::string("{}"), std::string("[]")}}) {
    EXPECT_TRUE(summarise({run_id(1), first, last, 1, false}).damaged);
  }
  EXPECT_TRUE(summarise({run_id(2), start->bytes, delta->bytes, 1, false}).damaged) << "lines of another run";
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
