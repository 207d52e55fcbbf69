// SPDX-License-Identifier: Apache-2.0
// A vault in a file: a first line that says what it is, then `PLACEHOLDER HEX` for each value, added under a lock on
// the file by one write each. A line that a crash has cut is cut off by the next one who adds.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "codec/redaction/placeholder.hpp"
#include "orchestrator/harness/redaction.hpp"
#include "runtime/entropy.hpp"
#include "runtime/private_folder.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::string_view kFirstLine = "orchestrator vault 1\n";
constexpr std::size_t kValuesMax = 100'000;
constexpr std::uint64_t kFileBytesMax = 64ULL << 20;
constexpr std::uint64_t kNumbers = 9'000'000'000;  // of ten digits
constexpr std::uint64_t kNumberMin = 1'000'000'000;
constexpr int kNumberTries = 64;

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<std::string> bytes_of(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned byte = 0;
    for (const char c : hex.substr(at, 2)) {
      const bool is_digit = c >= '0' && c <= '9';
      if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
      byte = byte * 16 + static_cast<unsigned>(is_digit ? c - '0' : c - 'a' + 10);
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// The lock on the file, which ends with it.
class FileLock {
 public:
  explicit FileLock(int fd) : fd_(fd) {
    int result = 0;
    do {
      result = ::flock(fd_, LOCK_EX);
    } while (result != 0 && errno == EINTR);
    is_held_ = result == 0;
  }
  ~FileLock() {
    if (is_held_) ::flock(fd_, LOCK_UN);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  [[nodiscard]] bool is_held() const { return is_held_; }

 private:
  int fd_;
  bool is_held_ = false;
};

class FileVault final : public SecretVault {
 public:
  explicit FileVault(int fd) : fd_(fd) {}
  ~FileVault() override { ::close(fd_); }
  FileVault(const FileVault&) = delete;
  FileVault& operator=(const FileVault&) = delete;

  // False where the file is no vault.
  bool begin() {
    const FileLock lock(fd_);
    struct stat status{};
    if (!lock.is_held() || ::fstat(fd_, &status) != 0) return false;
    if (status.st_size == 0 && !write_at_end(kFirstLine)) return false;
    return read_on();
  }

  std::string placeholder_for(RedactionKind kind, std::string_view value) override {
    const std::scoped_lock guard(mutex_);
    const auto key = std::pair(std::string(name_of(kind)), std::string(value));
    if (const auto found = placeholders_.find(key); found != placeholders_.end()) return found->second;
    const FileLock lock(fd_);
    if (!lock.is_held() || !read_on()) return {};
    if (const auto found = placeholders_.find(key); found != placeholders_.end()) return found->second;
    std::string placeholder = new_placeholder(kind);
    const std::string line = placeholder + " " + hex_of(value) + "\n";
    const bool has_room = placeholders_.size() < kValuesMax && read_bytes_ + line.size() <= kFileBytesMax;
    if (placeholder.empty() || !has_room || !write_at_end(line)) return {};
    read_bytes_ += line.size();
    values_.emplace(placeholder, key.second);
    placeholders_.emplace(key, placeholder);
    return placeholder;
  }

  [[nodiscard]] std::optional<std::string> value_of(std::string_view placeholder) const override {
    const std::scoped_lock guard(mutex_);
    auto found = values_.find(placeholder);
    if (found == values_.end() && codec::is_placeholder(placeholder)) {
      // Another process, or another vault of this one, may have added it.
      const FileLock lock(fd_);
      if (lock.is_held() && read_on()) found = values_.find(placeholder);
    }
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::string new_placeholder(RedactionKind kind) const {
    std::string head = codec::placeholder_of(kind);
    head.back() = ':';
    for (int tries = 0; tries < kNumberTries; ++tries) {
      std::string placeholder = head + std::to_string(kNumberMin + runtime::random_bits() % kNumbers) + "]";
      if (!values_.contains(placeholder)) return placeholder;
    }
    return {};
  }

  // Cuts off what a crash left of a line, so that the new one stands alone.
  bool write_at_end(std::string_view line) {
    if (::ftruncate(fd_, static_cast<off_t>(read_bytes_)) != 0) return false;
    if (::pwrite(fd_, line.data(), line.size(), static_cast<off_t>(read_bytes_)) == static_cast<ssize_t>(line.size())) {
      return true;
    }
    (void)!::ftruncate(fd_, static_cast<off_t>(read_bytes_));
    return false;
  }

  // Takes the whole lines that are new. REQUIRES: the lock is held.
  bool read_on() const {
    std::string text;
    std::string block(64 << 10, '\0');
    while (text.size() <= kFileBytesMax) {
      const ssize_t count = ::pread(fd_, block.data(), block.size(), static_cast<off_t>(read_bytes_ + text.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      if (count == 0) break;
      text.append(block, 0, static_cast<std::size_t>(count));
    }
    std::string_view rest = text;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      if (!take_line(rest.substr(0, end))) return false;
      rest.remove_prefix(end + 1);
      read_bytes_ += end + 1;
    }
    return read_bytes_ > 0;
  }

  bool take_line(std::string_view line) const {
    if (read_bytes_ == 0) return line == kFirstLine.substr(0, kFirstLine.size() - 1);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !codec::is_placeholder(line.substr(0, blank))) return false;
    auto value = bytes_of(line.substr(blank + 1));
    if (!value) return false;
    const std::string placeholder(line.substr(0, blank));
    const std::size_t kind = placeholder.find(':') + 1;
    const std::string name = placeholder.substr(kind, placeholder.find(':', kind) - kind);
    placeholders_.emplace(std::pair(name, *value), placeholder);
    values_.emplace(placeholder, *std::move(value));
    return true;
  }

  const int fd_;
  mutable std::mutex mutex_;
  // Guarded by mutex_: what was read of the file, by whole lines.
  mutable std::uint64_t read_bytes_ = 0;
  mutable std::map<std::pair<std::string, std::string>, std::string> placeholders_;
  mutable std::map<std::string, std::string, std::less<>> values_;
};

std::unexpected<Error> cannot_use(const std::string& path, const std::string& why) {
  return fail(RuntimeErrorCode::storage_failed, "the vault " + path + " cannot be used: " + why, path);
}

}  // namespace

Result<std::shared_ptr<SecretVault>> file_vault(const std::string& path) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    const int error = runtime::make_private_folders(path.substr(0, slash));
    if (error != 0) return cannot_use(path, std::strerror(error));
  }
  constexpr mode_t kOwnerOnly = 0600;
  constexpr mode_t kOthers = 0077;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (fd < 0) return cannot_use(path, std::strerror(errno));
  auto vault = std::make_shared<FileVault>(fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) return cannot_use(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return cannot_use(path, "it is no file");
  if ((status.st_mode & kOthers) != 0) {
    return fail(RuntimeErrorCode::configuration_invalid, "others may read the vault " + path + ": chmod 600 mends it",
                path);
  }
  if (!vault->begin()) return cannot_use(path, "it is no vault, or it is damaged");
  return vault;
}

}  // namespace orchestrator::harness
