// SPDX-License-Identifier: Apache-2.0
// Traces as lines of JSON in files that are rotated: FILE, FILE.1 (the last one before it) and so on. A line that
// cannot be written is left out: runs do not wait for a disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "orchestrator/harness/observability.hpp"
#include "runtime/private_folder.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::uint64_t kFileBytesMin = 64 << 10;
constexpr std::uint32_t kFilesMax = 100;
constexpr std::size_t kBufferBytesMax = 64 << 10;

class TraceFile final : public TraceSink {
 public:
  explicit TraceFile(TraceFileConfig config) : config_(std::move(config)) {}
  ~TraceFile() override {
    flush();
    if (fd_ >= 0) ::close(fd_);
  }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  Result<void> open() {
    constexpr int kOwnerOnly = 0600;
    fd_ = ::open(config_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
    struct stat status{};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) {
      return fail(RuntimeErrorCode::storage_failed,
                  "cannot write the trace file " + config_.file + ": " + std::strerror(errno), config_.file);
    }
    bytes_ = static_cast<std::uint64_t>(status.st_size);
    return {};
  }

  // Deltas wait for the next event that says something whole.
  void take(const StreamEvent& event) override {
    buffer_ += event.json();
    buffer_ += '\n';
    if (event.is_strict() || buffer_.size() >= kBufferBytesMax) flush();
  }

 private:
  void flush() {
    if (bytes_ > 0 && bytes_ + buffer_.size() > config_.file_bytes) rotate();
    if (fd_ < 0) (void)open();
    const std::uint64_t before = bytes_;
    std::string_view rest = buffer_;
    while (!rest.empty() && fd_ >= 0) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      bytes_ += static_cast<std::uint64_t>(written);
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    if (rest.empty() || fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(before)) != 0) return;
    bytes_ = before;  // no line is there in part
  }

  [[nodiscard]] std::string name_of(std::uint32_t number) const {
    return number == 0 ? config_.file : config_.file + "." + std::to_string(number);
  }

  void rotate() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    if (config_.files == 0) std::remove(config_.file.c_str());
    for (std::uint32_t number = config_.files; number > 0; --number) {
      std::rename(name_of(number - 1).c_str(), name_of(number).c_str());
    }
    bytes_ = 0;
    (void)open();  // tried again by the next rotation at the latest
  }

  const TraceFileConfig config_;
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
  std::string buffer_;
};

}  // namespace

Result<std::shared_ptr<TraceSink>> trace_file(const TraceFileConfig& config) {
  if (config.file.empty() || config.file_bytes < kFileBytesMin || config.files > kFilesMax) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "a trace needs a file, of at least 65536 bytes, and keeps at most 100 rotated ones", "trace");
  }
  if (const std::size_t slash = config.file.rfind('/'); slash != std::string::npos && slash > 0) {
    if (const int error = runtime::make_private_folders(config.file.substr(0, slash)); error != 0) {
      return fail(RuntimeErrorCode::storage_failed,
                  "cannot make the folder of the trace file " + config.file + ": " + std::strerror(error), config.file);
    }
  }
  auto sink = std::make_shared<TraceFile>(config);
  if (auto opened = sink->open(); !opened) return std::unexpected(std::move(opened.error()));
  return sink;
}

}  // namespace orchestrator::harness
