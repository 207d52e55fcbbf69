// SPDX-License-Identifier: Apache-2.0
#include "cli/input/line_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace orchestrator::cli {
namespace {

constexpr std::size_t kLineBytesMax = 1U << 20U;

}  // namespace

LineInput::Outcome LineInput::next(std::string& line) {
  while (true) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) {
        line.pop_back();
      }
      return Outcome::line;
    }
    if (buffer_.size() > kLineBytesMax) {
      buffer_.clear();
      return Outcome::too_long;
    }
    if (ended_) {
      line = std::exchange(buffer_, {});
      return line.empty() ? Outcome::end : Outcome::line;
    }
    std::array<pollfd, 2> waiting{{{descriptor_, POLLIN, 0}, {wake_descriptor_, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      continue;  // EINTR
    }
    if ((waiting[1].revents & POLLIN) != 0) {
      std::uint64_t count = 0;
      static_cast<void>(!::read(wake_descriptor_, &count, sizeof count));
      return Outcome::interrupted;
    }
    if (waiting[0].revents == 0) {
      continue;
    }
    std::array<char, 4'096> block{};
    const ssize_t got = ::read(descriptor_, block.data(), block.size());
    if (got > 0) {
      buffer_.append(block.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      ended_ = true;
    }
  }
}

}  // namespace orchestrator::cli
