// SPDX-License-Identifier: Apache-2.0
#include "providers/local/local_state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace orchestrator::harness::providers {
namespace {

constexpr std::int64_t kRecordVersion = 1;
constexpr std::size_t kRecordBytesMax = 16384;
constexpr std::size_t kLogLineBytesMax = 200;
constexpr mode_t kPrivate = 0600;

std::string text_of(int error_number) { return std::generic_category().message(error_number); }

class Descriptor final {
 public:
  Descriptor(const std::filesystem::path& file, int flags)
      : descriptor_(::open(file.c_str(), flags | O_CLOEXEC, kPrivate)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

/// Up to `bytes_max` bytes of the file from `offset` on; empty on any error.
std::string read_some(int descriptor, off_t offset, std::size_t bytes_max) {
  std::string text(bytes_max, '\0');
  std::size_t size = 0;
  while (size < bytes_max) {
    const ssize_t got = ::pread(descriptor, text.data() + size, bytes_max - size, offset + static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::string string_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

std::int64_t integer_member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* member = object.if_contains(name);
  return member != nullptr && member->is_int64() ? member->get_int64() : 0;
}

}  // namespace

std::optional<LocalRecord> parse_local_record(std::string_view text) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  const boost::json::object& object = value.get_object();
  const std::int64_t pid = integer_member(object, "pid");
  const std::int64_t port = integer_member(object, "port");
  LocalRecord record{.pid = static_cast<pid_t>(pid),
                     .port = static_cast<std::uint16_t>(port),
                     .api_key = string_member(object, "api_key"),
                     .model = string_member(object, "model"),
                     .started_at = string_member(object, "started_at")};
  const bool whole =
      integer_member(object, "v") == kRecordVersion && pid > 1 && pid <= std::numeric_limits<pid_t>::max() &&
      port > 0 && port <= std::numeric_limits<std::uint16_t>::max() && !record.api_key.empty() && !record.model.empty();
  return whole ? std::optional(std::move(record)) : std::nullopt;
}

LocalLock::LocalLock(LocalLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LocalLock& LocalLock::operator=(LocalLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LocalLock::~LocalLock() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);  // releases the lock: it belongs to this open file alone
  }
}

Result<LocalState> LocalState::open(std::filesystem::path folder) {
  const auto refuse = [&folder](std::string why) {
    return fail(RuntimeErrorCode::local_model_unavailable, "the local model's state directory " + std::move(why),
                folder.string());
  };
  if (!folder.is_absolute()) {
    return refuse("is not known: neither XDG_STATE_HOME nor HOME is an absolute path");
  }
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return refuse("cannot be made: " + text_of(errno));
  }
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) {
    return refuse("cannot be used: " + text_of(errno));
  }
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return refuse("must be a directory of this user with mode 0700");
  }
  return LocalState(std::move(folder));
}

Result<std::optional<LocalLock>> LocalState::try_lock(Share share) const {
  Descriptor file(folder_ / "start.lock", O_RDWR | O_CREAT);
  if (file.get() < 0) {
    return fail(RuntimeErrorCode::local_model_unavailable, "the lock file cannot be made: " + text_of(errno),
                (folder_ / "start.lock").string());
  }
  const int kind = share == Share::looking ? LOCK_SH : LOCK_EX;
  if (::flock(file.get(), kind | LOCK_NB) == 0) {
    return std::optional(LocalLock(file.release()));
  }
  if (errno == EWOULDBLOCK || errno == EINTR) {
    return std::optional<LocalLock>();
  }
  return fail(RuntimeErrorCode::local_model_unavailable, "the lock file cannot be locked: " + text_of(errno),
              (folder_ / "start.lock").string());
}

LocalSighting LocalState::look() const {
  LocalSighting seen;
  const Descriptor lock(folder_ / "server.lock", O_RDWR);
  struct flock query{};
  query.l_type = F_WRLCK;
  query.l_whence = SEEK_SET;
  if (lock.get() < 0 || ::fcntl(lock.get(), F_GETLK, &query) != 0 || query.l_type == F_UNLCK) {
    return seen;
  }
  seen.alive = true;
  seen.pid = query.l_pid > 1 ? query.l_pid : 0;
  const Descriptor file(folder_ / "server.json", O_RDONLY);
  if (file.get() >= 0) {
    seen.record = parse_local_record(read_some(file.get(), 0, kRecordBytesMax));
  }
  if (seen.record && seen.pid != 0 && seen.record->pid != seen.pid) {
    seen.record.reset();  // left by an earlier server; this one is not ready yet
  }
  return seen;
}

void LocalState::touch() const { ::utimensat(AT_FDCWD, (folder_ / "server.json").c_str(), nullptr, 0); }

void LocalState::forget() const { ::unlink((folder_ / "server.json").c_str()); }

std::string LocalState::last_log_line() const {
  const Descriptor file(log_file(), O_RDONLY);
  struct stat found{};
  if (file.get() < 0 || ::fstat(file.get(), &found) != 0) {
    return {};
  }
  constexpr off_t window = 4096;
  std::string text = read_some(file.get(), found.st_size > window ? found.st_size - window : 0, window);
  text.erase(text.find_last_not_of(" \r\n") + 1);
  std::string line = text.substr(text.rfind('\n') + 1);
  line.resize(std::min(line.size(), kLogLineBytesMax));
  return line;
}

}  // namespace orchestrator::harness::providers
