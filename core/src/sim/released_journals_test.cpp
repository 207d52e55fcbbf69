// SPDX-License-Identifier: Apache-2.0
// Goal: what a release has written replays for ever. Method: tests/golden/journals_of_X holds journals as release X
// wrote them, and never changes; each is replayed from its lines alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "event/testing/golden_file.hpp"
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::sim {
namespace {

class ReleasedJournals : public testing::TestWithParam<std::string> {};

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(event::repository_path(folder))) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST_P(ReleasedJournals, AreReplayedFromTheirLines) {
  const std::string folder = "tests/golden/journals_of_" + GetParam();
  const std::vector<std::string> names = names_in(folder);
  ASSERT_GE(names.size(), 8U);
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    const auto runs = runs_of(event::read_text_file(event::repository_path(path)));
    EXPECT_EQ(difference_of(runs).value_or("none"), "none") << path;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ReleasedJournals, testing::Values("0_1_0", "0_1_1", "0_1_2", "0_2_0", "0_2_1"),
                         [](const auto& case_) { return "Of_" + case_.param; });

}  // namespace
}  // namespace orchestrator::harness::sim
