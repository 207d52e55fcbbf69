// SPDX-License-Identifier: Apache-2.0
// Goal: the launcher and its environment are found in a checkout, beside an installed program and where the
// environment says. Method: trees of empty files and a map in place of the environment.
#include "providers/local/local_settings.hpp"

#include <gtest/gtest.h>

#include <map>

#include "providers/local/testing/local_server_fixture.hpp"

namespace orchestrator::harness::providers {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

EnvironmentLookup environment_of(std::map<std::string, std::string> values) {
  return [values](const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
}

void make_file(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  write_text(file, "");
}

TEST(FindLocalSettings, TakesTheCheckoutThatTheProgramWasBuiltIn) {
  const TemporaryFolder root;
  make_file(root.path() / "tools/local_model/serve.py");
  const auto found = find_local_settings(root.path() / "build/release/bin/orchestrator",
                                         environment_of({{"HOME", "/home/u"}, {"XDG_DATA_HOME", "/data"}}));
  EXPECT_EQ(found.launcher, root.path() / "tools/local_model/serve.py");
  EXPECT_EQ(found.python, root.path() / ".local-model/venv/bin/python");
  EXPECT_EQ(found.state_dir, "/home/u/.local/state/orchestrator/local-model");
  EXPECT_EQ(found.install_hint, "`./dev run` installs it");
}

TEST(FindLocalSettings, TakesTheInstalledLauncherAndTheUsersDataFolder) {
  const TemporaryFolder prefix;
  const auto folder = prefix.path() / "share/orchestrator/local-model";
  make_file(folder / "serve.py");
  const auto found = find_local_settings(prefix.path() / "bin/orchestrator",
                                         environment_of({{"HOME", "/home/u"}, {"XDG_STATE_HOME", "/state"}}));
  EXPECT_EQ(found.launcher, folder / "serve.py");
  EXPECT_EQ(found.python, "/home/u/.local/share/orchestrator/local-model/venv/bin/python");
  EXPECT_EQ(found.state_dir, "/state/orchestrator/local-model");
  EXPECT_EQ(found.install_hint, "`" + (folder / "local_model.sh").string() + " ensure` installs it");
}

TEST(FindLocalSettings, LooksLikeACheckoutIsNotEnough) {
  const TemporaryFolder root;
  const auto found = find_local_settings(root.path() / "build/release/bin/program", environment_of({}));
  EXPECT_EQ(found.launcher.filename(), "serve.py");
  EXPECT_NE(found.launcher, root.path() / "tools/local_model/serve.py");
}

TEST(FindLocalSettings, EnvironmentOverridesAndRelativeValuesAreIgnored) {
  const auto found = find_local_settings("/opt/x/bin/program", environment_of({{"ORCHESTRATOR_LOCAL_PYTHON", "/p"},
                                                                               {"ORCHESTRATOR_LOCAL_SERVE", "/s"},
                                                                               {"ORCHESTRATOR_LOCAL_STATE", "here"},
                                                                               {"XDG_STATE_HOME", "there"},
                                                                               {"HOME", "/home/u"}}));
  EXPECT_EQ(found.python, "/p");
  EXPECT_EQ(found.launcher, "/s");
  EXPECT_EQ(found.state_dir, "/home/u/.local/state/orchestrator/local-model");
}

TEST(FindLocalSettings, WithoutAHomeTheFoldersAreUnknown) {
  const auto found = find_local_settings("/opt/x/bin/program", environment_of({}));
  EXPECT_TRUE(found.python.empty());
  EXPECT_TRUE(found.state_dir.empty());
}

}  // namespace
}  // namespace orchestrator::harness::providers
