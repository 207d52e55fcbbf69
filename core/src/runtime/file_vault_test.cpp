// SPDX-License-Identifier: Apache-2.0
// Goal: values outlive processes, belong to one user, and a placeholder never stands for another value. Method: several
// vaults on one file, and the file cut and damaged.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "orchestrator/harness/redaction.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(FileVault, KeepsValuesForLaterProcessesAndOthersAtOnce) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string path = folder.path() + "/state/vault/values";
  const auto first = file_vault(path).value();
  const auto second = file_vault(path).value();
  const std::string binary("\0\n\xff[redacted:secret]", 20);
  const std::string one = first->placeholder_for(RedactionKind::email, "joe@example.com");
  const std::string two = second->placeholder_for(RedactionKind::secret, binary);
  EXPECT_NE(one, two);
  EXPECT_EQ(second->placeholder_for(RedactionKind::email, "joe@example.com"), one);
  EXPECT_EQ(first->value_of(two), binary);
  EXPECT_NE(first->placeholder_for(RedactionKind::name, "joe@example.com"), one);
  EXPECT_EQ(file_vault(path).value()->value_of(one), "joe@example.com");
  EXPECT_EQ(first->value_of("[redacted:email:1]"), std::nullopt);
  EXPECT_EQ(restore("to " + one, *second), "to joe@example.com");
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(folder.path() + "/state/vault"), 0700U);
}

TEST(FileVault, GoesOnAfterALineThatACrashHasCut) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string path = folder.path() + "/values";
  const std::string one = file_vault(path).value()->placeholder_for(RedactionKind::email, "joe@example.com");
  const std::string two = file_vault(path).value()->placeholder_for(RedactionKind::email, "ann@example.com");
  const std::string whole = runtime::testing::read_file(path);
  const std::size_t second_line = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = second_line; size < whole.size(); ++size) {
    std::filesystem::resize_file(path, size);
    const auto vault = file_vault(path).value();
    EXPECT_EQ(vault->value_of(one), "joe@example.com");
    EXPECT_EQ(vault->value_of(two), std::nullopt);
    const std::string again = vault->placeholder_for(RedactionKind::email, "eve@example.com");
    EXPECT_EQ(file_vault(path).value()->value_of(again), "eve@example.com");
    EXPECT_NE(again, two);
  }
}

TEST(FileVault, RefusesWhatItCannotTrust) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string path = folder.path() + "/values";
  std::ofstream(path) << "something else\n";
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(file_vault(path).error().code, "storage_failed");
  std::ofstream(path, std::ios::trunc) << "orchestrator vault 1\n[redacted:email:1] 6a6\n";
  EXPECT_EQ(file_vault(path).error().code, "storage_failed");
  ::chmod(path.c_str(), 0640);
  EXPECT_EQ(file_vault(path).error().code, "configuration_invalid");
  EXPECT_EQ(file_vault(folder.path()).error().code, "storage_failed");
}

TEST(MemoryVault, IsSafeOnSeveralThreads) {
  const auto vault = memory_vault();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const std::string value = "value " + std::to_string(i);
        const std::string placeholder = vault->placeholder_for(RedactionKind::name, value);
        EXPECT_EQ(vault->value_of(placeholder), value);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(vault->placeholder_for(RedactionKind::name, "one more"), "[redacted:name:501]");
}

}  // namespace
}  // namespace orchestrator::harness
