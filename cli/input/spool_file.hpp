// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file without a name, which goes with its object: for what is too large for memory, or must be read twice. Blocking;
// one thread at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

class SpoolFile {
 public:
  /// A new one in `folder`. Errors: `storage_*` with the folder.
  [[nodiscard]] static harness::Result<SpoolFile> make(const std::string& folder);
  /// A new one with all that `descriptor` gives to its end. It holds at most what there is room for. Errors: as above,
  /// and `storage_failed` where reading fails.
  [[nodiscard]] static harness::Result<SpoolFile> of(int descriptor, const std::string& folder);
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;
  ~SpoolFile();

  /// Puts `bytes` at its end. Errors: `storage_*` with the folder.
  [[nodiscard]] harness::Result<void> write(std::string_view bytes);
  /// What stands from `offset` on, at most `bytes_max`; empty at the end. Errors: `storage_*` with the folder.
  [[nodiscard]] harness::Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const;

  /// By which this process opens it.
  [[nodiscard]] std::string path() const;

 private:
  SpoolFile(int file, std::string folder) : file_(file), folder_(std::move(folder)) {}
  int file_;
  std::string folder_;
};

}  // namespace orchestrator::cli
