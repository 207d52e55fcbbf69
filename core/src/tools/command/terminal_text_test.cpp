// SPDX-License-Identifier: Apache-2.0
// Goal: output becomes text that a terminal only prints; a quoted argument reads back as it was and hides nothing.
// Method: each kind of sequence in a small text; quoted arguments go through a real shell.
#include "tools/command/terminal_text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace orchestrator::harness::tools {
namespace {

TEST(TerminalText, EscapeSequencesAndControlsAreGone) {
  EXPECT_EQ(plain_text("a\x1b[31mred\x1b[0m b"), "ared b");
  EXPECT_EQ(plain_text("\x1b[2J\x1b[1;1H\x1b[?25lx"), "x");
  EXPECT_EQ(plain_text("a\x1b]52;c;c2VjcmV0\ab"), "ab");
  EXPECT_EQ(plain_text("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\b"), "alinkb");
  EXPECT_EQ(plain_text("a\x1bPq#0;2;0\x1b\\b"), "ab");
  EXPECT_EQ(plain_text("a\x1b(Bb\x1b=c\x1b"
                       "7d"),
            "abcd");
  EXPECT_EQ(plain_text("a\xc2\x9b"
                       "31mb\xc2\x9d"
                       "0;title\xc2\x9c"
                       "c"),
            "abc");
  EXPECT_EQ(plain_text("a\b\a\x7f\x05"
                       "b\tc"),
            "ab\tc");
}

TEST(TerminalText, AnUnfinishedSequenceEndsWithItsLine) {
  EXPECT_EQ(plain_text("a\x1b]0;never ends\nb"), "a\nb");
  EXPECT_EQ(plain_text("a\x1b["), "a");
  EXPECT_EQ(plain_text("a\x1b"), "a");
  EXPECT_EQ(plain_text("a\x1b\nb"), "a\nb");
}

TEST(TerminalText, LineEndsAndBrokenUtf8AreMadeWhole) {
  EXPECT_EQ(plain_text("a\r\nb\rc"), "a\nb\nc");
  EXPECT_EQ(plain_text("a\xff\x9b"
                       "31mb"),
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "31mb");
  EXPECT_EQ(plain_text("grün"), "grün");
}

TEST(TerminalText, AQuotedArgumentIsReadBackByAShell) {
  for (const std::string& argument :
       std::vector<std::string>{"plain", "", "two words", "it's", "a\\b", "$HOME `id` ;&|<>", "line\nbreak",
                                "esc\x1b[31m", "back\\and'\x01", "\xff\xfe",
                                "bidi\xe2\x80\xae"
                                "txt",
                                "grün"}) {
    const std::string quoted = shell_quoted(argument);
    for (const char c : quoted) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << quoted;
    const std::string name = ::testing::TempDir() + "/quoted-argument-" + std::to_string(::getpid());
    std::ofstream(name) << "printf %s " << quoted;
    const std::unique_ptr<FILE, int (*)(FILE*)> shell(::popen(("bash " + name).c_str(), "r"), &::pclose);
    std::array<char, 256> read{};
    const std::size_t size = ::fread(read.data(), 1, read.size(), shell.get());
    EXPECT_EQ(std::string(read.data(), size), argument) << quoted;
    ::unlink(name.c_str());
  }
}

TEST(TerminalText, HiddenCharactersAreShownAsBytes) {
  EXPECT_EQ(shell_quoted("a\xe2\x80\xae"
                         "b"),
            "$'a\\xe2\\x80\\xaeb'");
  EXPECT_EQ(shell_quoted("a\xf3\xa0\x81\x81"), "$'a\\xf3\\xa0\\x81\\x81'");
  EXPECT_EQ(shell_quoted("\r"), "$'\\x0d'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace orchestrator::harness::tools
