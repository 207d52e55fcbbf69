// SPDX-License-Identifier: Apache-2.0
#pragma once

// A folder of its own for one test, in memory where there is such a place, removed with all that is in it; and the raw
// bytes of files. One thread.

#include <string>

namespace orchestrator::harness::memory::testing {

class FileFolder {
 public:
  FileFolder();
  ~FileFolder();
  FileFolder(const FileFolder&) = delete;
  FileFolder& operator=(const FileFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The whole file; empty where there is none.
[[nodiscard]] std::string read_file(const std::string& path);
/// Makes or replaces the file.
void write_file(const std::string& path, const std::string& bytes);

}  // namespace orchestrator::harness::memory::testing
