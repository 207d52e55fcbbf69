// SPDX-License-Identifier: Apache-2.0
#include "memory/testing/file_folder.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace orchestrator::harness::memory::testing {

FileFolder::FileFolder() {
  const std::filesystem::path in_memory = "/dev/shm";
  const std::filesystem::path parent =
      std::filesystem::is_directory(in_memory) ? in_memory : std::filesystem::temp_directory_path();
  std::string path = (parent / "memory_test_XXXXXX").string();
  EXPECT_NE(::mkdtemp(path.data()), nullptr) << path;
  path_ = path;
}

FileFolder::~FileFolder() {
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

}  // namespace orchestrator::harness::memory::testing
