// SPDX-License-Identifier: Apache-2.0
#include "cli/display/escaped_text.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

TEST(EscapedText, LeavesWhatIsPlainlySeen) {
  EXPECT_EQ(escaped_text("rm -rf x\n\tÄ 漢字 \xf0\x9f\x98\x80 C:\\new"), "rm -rf x\n\tÄ 漢字 \xf0\x9f\x98\x80 C:\\new");
  EXPECT_EQ(escaped_text(""), "");
}

TEST(EscapedText, ShowsWhatHidesOrMovesText) {
  EXPECT_EQ(escaped_text("a\rb\x1b[2Jc\x7f"), "a\\u{d}b\\u{1b}[2Jc\\u{7f}");
  EXPECT_EQ(escaped_text("\xc2\x9b"
                         "1m"),
            "\\u{9b}1m");  // C1 CSI
  EXPECT_EQ(escaped_text("\xe2\x80\xae"
                         "txt\xe2\x80\xac"),
            "\\u{202e}txt\\u{202c}");                                         // right-to-left override
  EXPECT_EQ(escaped_text("\xe2\x81\xa6\xe2\x81\xa9"), "\\u{2066}\\u{2069}");  // isolates
  EXPECT_EQ(escaped_text("a\xe2\x80\x8b"
                         "b\xef\xbb\xbf"),
            "a\\u{200b}b\\u{feff}");                                                    // zero width
  EXPECT_EQ(escaped_text("\xf3\xa0\x81\xa1\xf3\xa0\x80\x81"), "\\u{e0061}\\u{e0001}");  // tags
  EXPECT_EQ(escaped_text(std::string("\0", 1)), "\\u{0}");
}

TEST(EscapedText, IsUnambiguous) {
  EXPECT_EQ(escaped_text("\\u{202e}"), "\\u{5c}u{202e}");
  EXPECT_EQ(escaped_text("\\x{ff}"), "\\u{5c}x{ff}");
  EXPECT_EQ(escaped_text("a\xff\xe2\x80"), "a\\x{ff}\\x{e2}\\x{80}");
}

TEST(EscapedText, CutsNothing) {
  const std::string large(100'000, 'x');
  EXPECT_EQ(escaped_text(large), large);
}

TEST(EscapedText, StaysOnItsLineOrBehindItsMargin) {
  EXPECT_EQ(escaped_line("a\nb\tc"), "a\\u{a}b\\u{9}c");
  EXPECT_EQ(escaped_block("a\nb", 0), "  | a\n  | b\n");
  EXPECT_EQ(escaped_block("a\n\n", 0), "  | a\n  | \n");
  EXPECT_EQ(escaped_block("", 0), "  | \n");
  EXPECT_EQ(escaped_block("abcdef\ng", 8), "  | abcd\n  : ef\n  | g\n");
  EXPECT_EQ(escaped_block("漢漢漢", 8), "  | 漢漢\n  : 漢\n");
}

}  // namespace
}  // namespace orchestrator::cli
