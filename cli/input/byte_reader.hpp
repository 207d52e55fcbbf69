// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bounded reads of descriptors and files. Blocking; a FIFO or device where a file is wanted is refused, never waited
// for. Errors are the end of a sentence whose subject is the file, such as "cannot be read: No such file or directory".

#include <cstdint>
#include <expected>
#include <string>

namespace orchestrator::cli {

/// Everything up to the end of the stream.
[[nodiscard]] std::expected<std::string, std::string> read_descriptor(int descriptor, std::uint64_t bytes_max);

/// A regular file and its permission bits.
struct FileBytes {
  std::string bytes;
  unsigned mode = 0;
};

/// A whole regular file. A directory, FIFO, socket or device is refused, and so is a file over `bytes_max`.
[[nodiscard]] std::expected<FileBytes, std::string> read_file(const std::string& path, std::uint64_t bytes_max);

}  // namespace orchestrator::cli
