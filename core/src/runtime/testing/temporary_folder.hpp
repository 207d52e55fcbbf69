// SPDX-License-Identifier: Apache-2.0
#pragma once

// A folder of its own for one test, removed with all that is in it. One thread.

#include <string>

namespace orchestrator::harness::runtime::testing {

/// Where it lies: on the machine's disk, or in memory, where a sync costs nothing.
enum class FolderPlace { disk, memory };

class TemporaryFolder {
 public:
  explicit TemporaryFolder(FolderPlace place);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The whole file; empty where there is none.
[[nodiscard]] std::string read_file(const std::string& path);
/// Makes or replaces the file.
void write_file(const std::string& path, const std::string& bytes);

}  // namespace orchestrator::harness::runtime::testing
