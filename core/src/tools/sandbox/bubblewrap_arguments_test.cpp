// SPDX-License-Identifier: Apache-2.0
// Goal: the command line says what the sandbox promises, in the order that makes it hold.
// Method: builds it for small plans and compares the parts that matter.
#include "tools/sandbox/bubblewrap_arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace orchestrator::harness::tools {
namespace {

SandboxPlan plan() {
  SandboxPlan plan;
  plan.system = {{"/usr", ""}, {"/bin", "usr/bin"}};
  plan.masked = {"/etc/shadow"};
  plan.workspace = "/w";
  plan.folder = "/w/sub";
  plan.read_only = {".git", "a/b/c", "a/b/d"};
  return plan;
}

std::string joined(const SandboxPlan& of) {
  std::string line;
  for (const std::string& argument : bubblewrap_arguments(of, {"/usr/bin/true", "x y"})) line += argument + " ";
  return line;
}

TEST(BubblewrapArguments, EveryNamespaceIsItsOwnAndNothingIsKept) {
  const std::string line = joined(plan());
  for (const char* wanted : {"--unshare-user --disable-userns --unshare-ipc --unshare-pid", "--unshare-net",
                             "--die-with-parent", "--new-session", "--cap-drop ALL", "--uid 1000 --gid 1000"}) {
    EXPECT_TRUE(line.contains(wanted)) << wanted;
  }
}

TEST(BubblewrapArguments, TheNetworkIsSharedOnlyWhereItIsGranted) {
  SandboxPlan with = plan();
  with.network = true;
  EXPECT_FALSE(joined(with).contains("--unshare-net"));
  EXPECT_TRUE(joined(plan()).contains("--unshare-net"));
}

TEST(BubblewrapArguments, ProtectedPathsComeAfterTheWorkspaceAndTheirFoldersCannotBeRenamed) {
  const std::string line = joined(plan());
  EXPECT_TRUE(
      line.contains("--bind /w /w --bind /w/a /w/a --bind /w/a/b /w/a/b --ro-bind /w/.git /w/.git "
                    "--ro-bind /w/a/b/c /w/a/b/c --ro-bind /w/a/b/d /w/a/b/d --remount-ro / --chdir /w/sub"))
      << line;
}

TEST(BubblewrapArguments, TheSystemIsReadOnlyAndLinksStayLinks) {
  EXPECT_TRUE(joined(plan()).contains("--ro-bind /usr /usr --symlink usr/bin /bin --ro-bind /dev/null /etc/shadow"));
}

TEST(BubblewrapArguments, TheCommandIsPassedArgumentByArgumentAfterTheOptions) {
  const auto arguments = bubblewrap_arguments(plan(), {"--version", "; rm -rf /"});
  const auto end_of_options = std::ranges::find(arguments, "--");
  ASSERT_NE(end_of_options, arguments.end());
  EXPECT_EQ(*(end_of_options + 1), "/bin/sh");
  EXPECT_EQ(arguments[arguments.size() - 2], "--version");
  EXPECT_EQ(arguments.back(), "; rm -rf /");
}

TEST(BubblewrapArguments, TheEnvironmentHoldsNothingOfThisProcess) {
  for (const std::string& variable : sandbox_environment("de_DE.UTF-8")) {
    const std::string name = variable.substr(0, variable.find('='));
    EXPECT_TRUE(name == "PATH" || name == "HOME" || name == "TMPDIR" || name == "LANG" || name == "SHELL" ||
                name == "TERM")
        << name;
  }
}

}  // namespace
}  // namespace orchestrator::harness::tools
