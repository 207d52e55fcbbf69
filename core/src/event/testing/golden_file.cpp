// SPDX-License-Identifier: Apache-2.0
#include "event/testing/golden_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace orchestrator::harness::event {

std::string repository_path(std::string_view path) { return std::string(ORCHESTRATOR_SOURCE_DIR "/").append(path); }

std::string read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

testing::AssertionResult matches_golden(std::string_view path, std::string_view text) {
  const std::string full = repository_path(path);
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::filesystem::create_directories(std::filesystem::path(full).parent_path());
    std::ofstream(full, std::ios::binary) << text;
    return testing::AssertionSuccess();
  }
  if (!std::filesystem::exists(full)) {
    return testing::AssertionFailure() << path << " is missing; UPDATE_GOLDEN=1 writes it";
  }
  const std::string golden = read_text_file(full);
  if (golden == text) return testing::AssertionSuccess();
  return testing::AssertionFailure() << path << " holds\n"
                                     << golden << "\nbut this build makes\n"
                                     << text << "\n(UPDATE_GOLDEN=1 rewrites it, if the change is wanted)";
}

}  // namespace orchestrator::harness::event
