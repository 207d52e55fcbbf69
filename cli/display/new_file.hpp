// SPDX-License-Identifier: Apache-2.0
#pragma once

// A new file that is there, under its name and on the disk, when it is whole, and not otherwise: it grows under another
// name beside it, which a process that is killed may leave. Blocking; one thread.

#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

class NewFile {
 public:
  explicit NewFile(std::string path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Errors: `output_failed`, also where something of that name is there; what was written then goes.
  [[nodiscard]] harness::Result<void> write(std::string_view bytes);
  /// When it returns, the file survives power loss. Error: `output_failed`.
  [[nodiscard]] harness::Result<void> keep();

 private:
  std::string path_;
  std::string draft_;
  int file_ = -1;
  int error_ = 0;
};

}  // namespace orchestrator::cli
