// SPDX-License-Identifier: Apache-2.0
// Goal: whatever a model writes, no control sequence reaches the terminal, and no plain text is lost. Method: hostile
// texts, whole and cut at every byte.

#include "cli/display/text_filter.hpp"

#include <gtest/gtest.h>

#include <array>

#include "cli/display/quoted_text.hpp"

namespace orchestrator::cli {
namespace {

struct Case {
  std::string_view name;
  std::string text;
  std::string shown;
};

const std::array kCases = {
    Case{"plain", "hello, \xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82\n\tend",
         "hello, \xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82\n\tend"},
    Case{"colour", "a\x1b[1;31mred\x1b[0mb", "aredb"},
    Case{"clear screen", "a\x1b[2J\x1b[Hb", "ab"},
    Case{"clipboard",
         "a\x1b]52;c;c2VjcmV0\x07"
         "b",
         "ab"},
    Case{"link", "\x1b]8;;http://evil/\x1b\\text\x1b]8;;\x1b\\", "text"},
    Case{"title", "\x1b]0;title\x1b\\x", "x"},
    Case{"device control", "a\x1bPq#0;2;0;0;0\x1b\\b", "ab"},
    Case{"privacy and application strings", "a\x1b^x\x1b\\b\x1b_y\x1b\\c\x1bXz\x1b\\d", "abcd"},
    Case{"C1 CSI",
         "a\xc2\x9b"
         "31mb",
         "ab"},
    Case{"C1 OSC with C1 end",
         "a\xc2\x9d"
         "0;t\xc2\x9c"
         "b",
         "ab"},
    Case{"C1 DCS", "a\xc2\x90q\x1b\\b", "ab"},
    Case{"lone C1",
         "a\xc2\x85"
         "b\xc2\x84"
         "c",
         "abc"},
    Case{"two-byte letters that are no C1", "\xc2\xa0\xc2\xbf", "\xc2\xa0\xc2\xbf"},
    Case{"controls",
         std::string("a\0b\x07"
                     "c\x08"
                     "d\x7f"
                     "e\rf\x0bg",
                     13),
         "abcdefg"},
    Case{"line ends of DOS", "a\r\nb", "a\nb"},
    Case{"escape of one letter",
         "a\x1b"
         "cb\x1b=c\x1b(Bd",
         "abcd"},
    Case{"unfinished sequence", "a\x1b[31", "a"},
    Case{"unfinished string", "a\x1b]0;hidden", "a"},
    Case{"a string ends with its line", "a\x1b]0;hidden\nshown", "a\nshown"},
    Case{"an escape inside a sequence starts anew", "a\x1b[3\x1b[31mb", "ab"},
    Case{"text after a broken sequence",
         "a\x1b[3\xc3\xa4"
         "b",
         "a\xc3\xa4"
         "b"},
    Case{"an escape breaks a string", "a\x1b]0;x\x1b[2Jb", "ab"},
    Case{"cancelled string",
         "a\x1b]0;x\x18"
         "b",
         "ab"},
};

TEST(TextFilter, ShowsNoSequence) {
  for (const Case& test : kCases) {
    EXPECT_EQ(shown_text(test.text), test.shown) << test.name;
  }
}

TEST(TextFilter, DoesNotDependOnHowTheTextIsCut) {
  for (const Case& test : kCases) {
    for (std::size_t cut = 0; cut <= test.text.size(); ++cut) {
      TextFilter filter;
      std::string shown;
      filter.append(shown, std::string_view(test.text).substr(0, cut));
      filter.append(shown, std::string_view(test.text).substr(cut));
      EXPECT_EQ(shown, test.shown) << test.name << " cut at " << cut;
    }
  }
}

TEST(TextFilter, NeverLetsAControlByteThrough) {
  // Every pair of bytes after an escape, and around C1.
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 128; ++second) {
      const std::string text = {'\x1b', static_cast<char>(first < 128 ? first : '\xc2'),
                                static_cast<char>(first < 128 ? second : first % 64 + 128), static_cast<char>(second)};
      for (const char byte : shown_text(text)) {
        EXPECT_TRUE(static_cast<unsigned char>(byte) >= 0x20 || byte == '\n' || byte == '\t') << quoted_text(text);
        EXPECT_NE(byte, '\x7f') << quoted_text(text);
      }
    }
  }
}

TEST(TextFilter, HidesNoMoreThanOneStringsWorth) {
  const std::string text = "\x1b]0;" + std::string(10'000, 'x');
  EXPECT_GT(shown_text(text).size(), 5'000U);
  EXPECT_GT(shown_text("\x1b[" + std::string(1'000, '1')).size(), 900U);
}

TEST(OneLine, JoinsAndCuts) {
  EXPECT_EQ(one_line("a\nb\tc\x1b[2J"), "a b c");
  EXPECT_EQ(one_line("abcdef", 3), "abc...");
  EXPECT_EQ(one_line("ab\xe2\x82\xac"
                     "d",
                     4),
            "ab...")
      << "no half character";
}

TEST(QuotedText, EscapesWhatIsNoText) {
  EXPECT_EQ(quoted_text("plain \xc3\xa4"), "'plain \xc3\xa4'");
  EXPECT_EQ(quoted_text("a\x1b[2J\xff\n"), "'a\\x1b[2J\\xff\\x0a'");
  EXPECT_EQ(quoted_text("\xc2\x9b"
                        "1m"),
            "'\\xc2\\x9b1m'");
  EXPECT_EQ(quoted_text("abcdef", 3), "'abc...'");
}

TEST(Utf8Error, NamesTheFirstBadByte) {
  EXPECT_EQ(utf8_error_offset("abc\xc3\xa4"), std::nullopt);
  EXPECT_EQ(utf8_error_offset("abc\xff"
                              "d"),
            3U);
  EXPECT_EQ(utf8_error_offset("\xc3\xa4\xc3"), 2U);
  EXPECT_EQ(utf8_error_offset("a\xed\xa0\x80"), 1U) << "a surrogate";
  EXPECT_EQ(utf8_error_offset("\xc0\xaf"), 0U) << "overlong";
}

}  // namespace
}  // namespace orchestrator::cli
