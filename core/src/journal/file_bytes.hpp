// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whole files and parts of files through open descriptors, interrupted calls repeated. Any thread; nothing is kept.

#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::harness::journal {

/// Reads up to `size` bytes at `offset`, less only at the end of the file; -1 with errno otherwise.
[[nodiscard]] std::int64_t read_at(int fd, char* out, std::size_t size, std::uint64_t offset);

/// Writes all of `bytes` at the file's position; 0, or the errno.
[[nodiscard]] int write_all(int fd, std::string_view bytes);

/// The whole of a small file; empty when it cannot be read or is larger than `bytes_max`.
[[nodiscard]] std::string read_small_file(int fd, std::size_t bytes_max);

/// The size of a regular file, or -1 with errno (EINVAL for what is no regular file).
[[nodiscard]] std::int64_t file_size(int fd);

}  // namespace orchestrator::harness::journal
