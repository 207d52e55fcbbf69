// SPDX-License-Identifier: Apache-2.0
#include "journal/line_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "journal/file_bytes.hpp"
#include "journal/stored_line.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::size_t kPieceBytes = 64ULL << 10;

}  // namespace

LineReader::LineReader(int fd, std::uint64_t offset, std::uint64_t end) : fd_(fd), read_at_(offset), end_(end) {}

bool LineReader::fill() {
  if (read_at_ >= end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, size_ - begin_);
    size_ -= begin_;
    begin_ = 0;
  }
  // A line longer than the buffer doubles it, so that a long line is copied a few times and not once a piece.
  const std::size_t wanted = std::max(kPieceBytes, size_);
  if (size_ > kLineBytesMax) {
    failed_ = EFBIG;
    return false;
  }
  if (buffer_.size() < size_ + wanted) buffer_.resize(size_ + wanted);
  const std::size_t piece = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, end_ - read_at_));
  const std::int64_t got = read_at(fd_, buffer_.data() + size_, piece, read_at_);
  if (got < 0) {
    failed_ = errno;
    return false;
  }
  if (got == 0) end_ = read_at_;  // the file was cut meanwhile
  size_ += static_cast<std::size_t>(got);
  read_at_ += static_cast<std::uint64_t>(got);
  return got > 0;
}

std::optional<RawLine> LineReader::next() {
  std::size_t searched = 0;
  for (;;) {
    const char* begin = buffer_.data() + begin_;
    const std::size_t held = size_ - begin_;
    const void* found = held == searched ? nullptr : std::memchr(begin + searched, '\n', held - searched);
    const std::uint64_t offset = read_at_ - held;
    if (found != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
      begin_ += length + 1;
      return RawLine{{begin, length}, offset, true};
    }
    searched = held;
    if (fill()) continue;
    if (failed_ != 0 || held == 0) return std::nullopt;
    begin_ = size_;
    return RawLine{{buffer_.data() + size_ - held, held}, offset, false};
  }
}

std::optional<std::uint64_t> next_line_start(int fd, std::uint64_t offset, std::uint64_t end) {
  std::array<char, 4'096> piece;
  while (offset < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - offset));
    const std::int64_t got = read_at(fd, piece.data(), wanted, offset);
    if (got <= 0) return std::nullopt;
    const void* found = std::memchr(piece.data(), '\n', static_cast<std::size_t>(got));
    if (found != nullptr)
      return offset + static_cast<std::uint64_t>(static_cast<const char*>(found) - piece.data()) + 1;
    offset += static_cast<std::uint64_t>(got);
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::journal
