// SPDX-License-Identifier: Apache-2.0
#include "cli/input/byte_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace orchestrator::cli {
namespace {

std::unexpected<std::string> unreadable(int error) {
  return std::unexpected(std::string("cannot be read: ") + std::strerror(error));
}

std::unexpected<std::string> too_large(std::uint64_t bytes_max) {
  return std::unexpected("is larger than " + std::to_string(bytes_max) + " bytes");
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) {
    return "is a folder, not a file";
  }
  if (S_ISFIFO(mode)) {
    return "is a pipe, not a file";
  }
  return S_ISSOCK(mode) ? "is a socket, not a file" : "is a device, not a file";
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::expected<std::string, std::string> read_descriptor(int descriptor, std::uint64_t bytes_max) {
  std::string bytes;
  std::array<char, 64U << 10U> block{};
  while (true) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got == 0) {
      return bytes;
    }
    if (got > 0) {
      bytes.append(block.data(), static_cast<std::size_t>(got));
      if (bytes.size() > bytes_max) {
        return too_large(bytes_max);
      }
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd waiting{descriptor, POLLIN, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return unreadable(errno);
    }
  }
}

std::expected<FileBytes, std::string> read_file(const std::string& path, std::uint64_t bytes_max) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (number < 0) {
    return unreadable(errno);
  }
  const Descriptor file(number);
  struct stat facts{};
  if (::fstat(file.number(), &facts) != 0) {
    return unreadable(errno);
  }
  if (!S_ISREG(facts.st_mode)) {
    return std::unexpected(std::string(kind_of(facts.st_mode)));
  }
  if (static_cast<std::uint64_t>(std::max<off_t>(facts.st_size, 0)) > bytes_max) {
    return too_large(bytes_max);
  }
  auto bytes = read_descriptor(file.number(), bytes_max);
  if (!bytes) {
    return std::unexpected(std::move(bytes.error()));
  }
  return FileBytes{*std::move(bytes), static_cast<unsigned>(facts.st_mode & 07777U)};
}

}  // namespace orchestrator::cli
