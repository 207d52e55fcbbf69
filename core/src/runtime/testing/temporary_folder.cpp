// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace orchestrator::harness::runtime::testing {

TemporaryFolder::TemporaryFolder(FolderPlace place) {
  const bool is_in_memory = place == FolderPlace::memory && std::filesystem::is_directory("/dev/shm");
  const std::filesystem::path parent = is_in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string path = (parent / "orchestrator_test_XXXXXX").string();
  EXPECT_NE(::mkdtemp(path.data()), nullptr) << path;
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  EXPECT_FALSE(file.fail()) << path;
}

}  // namespace orchestrator::harness::runtime::testing
