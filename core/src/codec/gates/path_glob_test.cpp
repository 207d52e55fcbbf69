// SPDX-License-Identifier: Apache-2.0
// Goal: a glob means the paths that its user expects, however the path is written. Method: tables.
#include "codec/gates/path_glob.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

TEST(CleanPath, IsOnePathOfAllWaysToWriteIt) {
  EXPECT_EQ(clean_path("a//b/./c/"), "a/b/c");
  EXPECT_EQ(clean_path("./a/../b"), "b");
  EXPECT_EQ(clean_path("a/../../b"), "../b");
  EXPECT_EQ(clean_path("../../b"), "../../b");
  EXPECT_EQ(clean_path("/../etc//passwd"), "/etc/passwd");
  EXPECT_EQ(clean_path("/"), "/");
  EXPECT_EQ(clean_path(""), ".");
  EXPECT_EQ(clean_path("a/.."), ".");
  EXPECT_EQ(clean_path("..a/...b"), "..a/...b");
}

TEST(MatchesPath, StarsStayWithinANameAndDoubledOnesDoNot) {
  EXPECT_TRUE(matches_path("src/*.cpp", "src/a.cpp"));
  EXPECT_FALSE(matches_path("src/*.cpp", "src/b/a.cpp"));
  EXPECT_TRUE(matches_path("src/**/*.cpp", "src/a.cpp"));
  EXPECT_TRUE(matches_path("src/**/*.cpp", "src/b/c/a.cpp"));
  EXPECT_TRUE(matches_path("**/.env", ".env"));
  EXPECT_TRUE(matches_path("**/.env", "deep/er/.env"));
  EXPECT_FALSE(matches_path("**/.env", "deep/.env.example"));
  EXPECT_TRUE(matches_path("**/.env*", "deep/.env.example"));
  EXPECT_TRUE(matches_path("/etc/**", "/etc/ssh/key"));
  EXPECT_TRUE(matches_path("/etc/**", "/etc")) << "the folder itself, too";
  EXPECT_FALSE(matches_path("/etc/**", "etc/ssh"));
  EXPECT_TRUE(matches_path("a?c", "abc"));
  EXPECT_FALSE(matches_path("a?c", "a/c"));
  EXPECT_FALSE(matches_path("SRC", "src")) << "case counts";
  EXPECT_TRUE(matches_path("**/a/**/b/**", "x/a/y/a/z/b/c"));
  EXPECT_FALSE(matches_path("[ab]", "a")) << "no classes";
}

TEST(MatchesPath, TakesNoLongerForManyStars) {
  const std::string glob = "**/a*a*a*a*a*a*a*a*a*b/**/a*a*a*a*b";
  std::string path;
  for (int i = 0; i < 200; ++i) path += std::string(200, 'a') + "/";
  EXPECT_FALSE(matches_path(glob, path));
}

TEST(MatchesName, AStarStandsForAnything) {
  EXPECT_TRUE(matches_name("fetch_*", "fetch_url"));
  EXPECT_TRUE(matches_name("*", ""));
  EXPECT_TRUE(matches_name("*_file", "read_file"));
  EXPECT_FALSE(matches_name("read", "read_file"));
  EXPECT_FALSE(matches_name("a?", "ab"));
}

}  // namespace
}  // namespace orchestrator::harness::codec
