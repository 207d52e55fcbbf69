// SPDX-License-Identifier: Apache-2.0
#include "journal/file_bytes.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace orchestrator::harness::journal {

std::int64_t read_at(int fd, char* out, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<std::int64_t>(done);
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    if (put == 0) return ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

std::string read_small_file(int fd, std::size_t bytes_max) {
  std::string text(bytes_max + 1, '\0');
  const std::int64_t size = read_at(fd, text.data(), text.size(), 0);
  if (size < 0 || static_cast<std::size_t>(size) > bytes_max) return {};
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::int64_t file_size(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return -1;
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return -1;
  }
  return status.st_size;
}

}  // namespace orchestrator::harness::journal
