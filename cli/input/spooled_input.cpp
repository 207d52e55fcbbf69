// SPDX-License-Identifier: Apache-2.0
#include "cli/input/spooled_input.hpp"

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

SpooledInput::SpooledInput(SpooledInput&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

SpooledInput& SpooledInput::operator=(SpooledInput&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

SpooledInput::~SpooledInput() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

Result<SpooledInput> SpooledInput::read(int descriptor, const std::string& folder) {
  std::string name = folder + "/orchestrator-XXXXXX";
  SpooledInput input(::mkostemp(name.data(), O_CLOEXEC));
  if (input.file_ < 0) {
    return storage_fail(errno, "write", folder);
  }
  ::unlink(name.c_str());
  std::array<char, 64U << 10U> block{};
  for (;;) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got == 0) {
      return input;
    }
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return storage_fail(errno, "read", "standard input");
    }
    const int error = harness::journal::write_all(input.file_, {block.data(), static_cast<std::size_t>(got)});
    if (error != 0) {
      return storage_fail(error, "write", folder);
    }
  }
}

std::string SpooledInput::path() const { return "/proc/self/fd/" + std::to_string(file_); }

}  // namespace orchestrator::cli
