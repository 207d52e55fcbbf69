// SPDX-License-Identifier: Apache-2.0
#include "cli/display/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace orchestrator::cli {
namespace {

constexpr std::size_t kBufferBytes = 32U << 10U;

}  // namespace

void Output::write(std::string_view text) {
  if (text.empty()) {
    return;
  }
  at_line_start_ = text.back() == '\n';
  if (closed_ || error_) {
    return;
  }
  buffer_.append(text);
  if (buffer_.size() >= kBufferBytes) {
    flush();
  }
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_ && !error_) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd waiting{descriptor_, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

}  // namespace orchestrator::cli
