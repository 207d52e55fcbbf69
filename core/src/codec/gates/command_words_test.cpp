// SPDX-License-Identifier: Apache-2.0
// Goal: an allowed command is exactly what was meant; a denied one is found behind the usual disguises. Method: tables.
#include "codec/gates/command_words.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

using Words = std::vector<std::string>;

TEST(IsAllowedCommand, IsTheProgramAsWrittenAndItsFirstWords) {
  const Words rule = words_of("git  status");
  EXPECT_EQ(rule, Words({"git", "status"}));
  EXPECT_TRUE(is_allowed_command({"git", "status", "--short"}, rule));
  EXPECT_FALSE(is_allowed_command({"git"}, rule));
  EXPECT_FALSE(is_allowed_command({"./git", "status"}, rule));
  EXPECT_FALSE(is_allowed_command({"git", "-c", "core.pager=x", "status"}, rule))
      << "options first are another command";
  EXPECT_FALSE(is_allowed_command({"git", "status;rm"}, rule));
  EXPECT_FALSE(is_allowed_command({"env", "git", "status"}, rule));
  EXPECT_FALSE(is_allowed_command({"anything"}, {})) << "no words allow nothing";
}

TEST(IsDeniedCommand, IsFoundBehindDisguises) {
  const Words push = words_of("git push");
  EXPECT_TRUE(is_denied_command({"git", "push"}, push));
  EXPECT_TRUE(is_denied_command({"/usr/bin/git", "-C", "x", "push", "origin"}, push));
  EXPECT_TRUE(is_denied_command({"env", "A=1", "git", "push"}, push));
  EXPECT_TRUE(is_denied_command({"sh", "-c", "cd x && git push"}, push));
  EXPECT_TRUE(is_denied_command({"find", ".", "-exec", "git", "push", ";"}, push));
  EXPECT_FALSE(is_denied_command({"git", "pull"}, push));
  EXPECT_FALSE(is_denied_command({"echo", "git", "push"}, push)) << "echo runs nothing";
  EXPECT_FALSE(is_denied_command({}, push));
}

TEST(IsDeniedScript, IsFoundInAShellsText) {
  const Words rm = words_of("rm");
  EXPECT_TRUE(is_denied_script("ls; rm -rf x", rm));
  EXPECT_TRUE(is_denied_script("ls|xargs r'm'", rm));
  EXPECT_TRUE(is_denied_script("$(/bin/r\\m x)", rm));
  EXPECT_TRUE(is_denied_script("ls\nrm x", rm));
  EXPECT_FALSE(is_denied_script("ls farm --rm-cache", rm));
}

}  // namespace
}  // namespace orchestrator::harness::codec
