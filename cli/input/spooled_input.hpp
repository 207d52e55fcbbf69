// SPDX-License-Identifier: Apache-2.0
#pragma once

// Standard input as a file that can be read more than once: what comes is put into a file without a name, which goes
// with this object. Blocking; one thread.

#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

class SpooledInput {
 public:
  /// Reads `descriptor` to its end. The file lies in `folder`, and holds at most what there is room for. Errors:
  /// `storage_*` with the folder, `storage_failed` where reading fails.
  [[nodiscard]] static harness::Result<SpooledInput> read(int descriptor, const std::string& folder);
  SpooledInput(SpooledInput&& other) noexcept;
  SpooledInput& operator=(SpooledInput&& other) noexcept;
  ~SpooledInput();

  /// By which this process opens it.
  [[nodiscard]] std::string path() const;

 private:
  explicit SpooledInput(int file) : file_(file) {}
  int file_;
};

}  // namespace orchestrator::cli
