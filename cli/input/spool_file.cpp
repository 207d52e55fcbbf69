// SPDX-License-Identifier: Apache-2.0
#include "cli/input/spool_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "journal/file_bytes.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::cli {

using harness::Result;
using harness::runtime::storage_fail;

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)), folder_(std::move(other.folder_)) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(folder_, other.folder_);
  return *this;
}

SpoolFile::~SpoolFile() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

Result<SpoolFile> SpoolFile::make(const std::string& folder) {
  std::string name = folder + "/orchestrator-XXXXXX";
  SpoolFile made(::mkostemp(name.data(), O_CLOEXEC), folder);
  if (made.file_ < 0) {
    return storage_fail(errno, "write", folder);
  }
  ::unlink(name.c_str());
  return made;
}

Result<SpoolFile> SpoolFile::of(int descriptor, const std::string& folder) {
  auto made = make(folder);
  std::array<char, 64U << 10U> block{};
  while (made) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got == 0) {
      break;
    }
    if (got > 0) {
      if (auto written = made->write({block.data(), static_cast<std::size_t>(got)}); !written) {
        return std::unexpected(std::move(written.error()));
      }
    } else if (errno != EINTR) {
      return storage_fail(errno, "read", "standard input");
    }
  }
  return made;
}

Result<void> SpoolFile::write(std::string_view bytes) {
  const int error = harness::journal::write_all(file_, bytes);
  if (error != 0) {
    return storage_fail(error, "write", folder_);
  }
  return {};
}

Result<std::string> SpoolFile::read(std::uint64_t offset, std::size_t bytes_max) const {
  std::string bytes(bytes_max, '\0');
  std::size_t got = 0;
  while (got < bytes_max) {
    const ssize_t part = ::pread(file_, bytes.data() + got, bytes_max - got, static_cast<off_t>(offset + got));
    if (part == 0) {
      break;
    }
    if (part > 0) {
      got += static_cast<std::size_t>(part);
    } else if (errno != EINTR) {
      return storage_fail(errno, "read", folder_);
    }
  }
  bytes.resize(got);
  return bytes;
}

std::string SpoolFile::path() const { return "/proc/self/fd/" + std::to_string(file_); }

}  // namespace orchestrator::cli
