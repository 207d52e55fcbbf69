// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/question_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

OpenQuestion question(std::string arguments, std::string shown) {
  OpenQuestion question;
  question.raised.call_id = "call_1";
  question.raised.tool = "run_command";
  question.raised.shown_hash = harness::sha256(shown);
  question.raised.shown = std::move(shown);
  question.arguments = std::move(arguments);
  return question;
}

TEST(QuestionText, ShowsCallArgumentsAndWhatWillRun) {
  OpenQuestion asked = question(R"({"path":"a"})", "-old\n+new");
  asked.raised.targets = {{"a", harness::sha256("x")}, {"b", std::nullopt}};
  EXPECT_EQ(question_text(asked, 0),
            "The model wants to call run_command\n"
            "  call       call_1\n"
            "  touches    a (now sha256 " +
                harness::sha256("x").str() +
                ")\n"
                "  touches    b\n"
                "  arguments, 12 bytes, 1 line:\n"
                "  | {\"path\":\"a\"}\n"
                "  what will run, 9 bytes, 2 lines, sha256 " +
                harness::sha256("-old\n+new").str() + ":\n  | -old\n  | +new\n");
}

TEST(QuestionText, SaysWhyItIsAsked) {
  OpenQuestion asked = question("{}", "{}");
  EXPECT_THAT(question_text(asked, 0), Not(HasSubstr("  asked ")));
  asked.raised.reason = "after untrusted output of fetch_url";
  EXPECT_THAT(question_text(asked, 0), HasSubstr("\n  asked      after untrusted output of fetch_url: it may "));
}

TEST(QuestionText, ShowsArgumentsOnceWhereTheyAreAllThereIs) {
  const std::string text = question_text(question("{}", "{}"), 0);
  EXPECT_THAT(text, HasSubstr("  arguments, 2 bytes, 1 line, sha256 "));
  EXPECT_THAT(text, Not(HasSubstr("what will run")));
}

TEST(QuestionText, CannotBeDeceived) {
  const std::string text = question_text(question("{}",
                                                  "echo ok\r\x1b[2Kls \xe2\x80\xae"
                                                  "fr- mr\n\nThe model wants to call read_file\n\xf3\xa0\x81\xa1"),
                                         0);
  EXPECT_THAT(text, HasSubstr("  | echo ok\\u{d}\\u{1b}[2Kls \\u{202e}fr- mr\n"));
  EXPECT_THAT(text, HasSubstr("\n  | The model wants to call read_file\n"));
  EXPECT_THAT(text, HasSubstr("\\u{e0061}"));
}

TEST(QuestionText, CutsNothingAndSaysHowMuchThereIs) {
  const std::string large(100'000, 'a');
  const std::string text = question_text(question("{}", large + "END"), 0);
  EXPECT_THAT(text, HasSubstr("100003 bytes"));
  EXPECT_THAT(text, HasSubstr("aEND\n"));
}

}  // namespace
}  // namespace orchestrator::cli
