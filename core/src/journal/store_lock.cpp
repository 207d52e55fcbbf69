// SPDX-License-Identifier: Apache-2.0
#include "journal/store_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "journal/file_bytes.hpp"
#include "journal/run_lock.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr std::size_t kSmallFileBytes = 256;

struct flock byte_lock(short type, std::int64_t byte) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return lock;
}

int set_lock(int fd, short type, std::int64_t byte) {
  struct flock lock = byte_lock(type, byte);
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

}  // namespace

Result<std::unique_ptr<StoreLock>> StoreLock::take(const std::string& path) {
  FileDescriptor file = open_lock_file(path);
  if (!file.is_open()) return runtime::storage_fail(errno, "open", lock_path(path));
  if (const int error = set_lock(file.get(), F_WRLCK, 0); error != 0) {
    if (error != EAGAIN && error != EACCES) return runtime::storage_fail(error, "lock", lock_path(path));
    return fail(
        RuntimeErrorCode::run_locked,
        "the store sqlite:" + path + " is held by process " + holder_of(path) +
            ": one process at a time writes it, any number may read; wait until that one has ended, or write to "
            "another store (of jsonl:, any number of processes may write)",
        path);
  }
  const Holder holder = this_process();
  int error = ::ftruncate(file.get(), 0) == 0 ? 0 : errno;
  if (error == 0) error = write_all(file.get(), holder.pid + " " + holder.boot + "\n");
  if (error != 0) return runtime::storage_fail(error, "write", lock_path(path));
  return std::unique_ptr<StoreLock>(new StoreLock(std::move(file), path));
}

Result<void> StoreLock::hold(std::int64_t run_number) {
  const int error = set_lock(file_.get(), F_WRLCK, run_number);
  if (error != 0) return runtime::storage_fail(error, "lock", lock_path(path_));
  return {};
}

void StoreLock::let_go(std::int64_t run_number) { static_cast<void>(set_lock(file_.get(), F_UNLCK, run_number)); }

void StoreLock::ring() { ::futimens(file_.get(), nullptr); }

std::string lock_path(const std::string& path) { return path + "-lock"; }

FileDescriptor open_lock_file(const std::string& path) {
  const std::string name = lock_path(path);
  FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file.is_open()) file = FileDescriptor(::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return file;
}

bool is_run_held(int lock_file, std::int64_t run_number) {
  struct flock lock = byte_lock(F_WRLCK, run_number);
  return ::fcntl(lock_file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool is_store_locked(int lock_file) { return is_run_held(lock_file, 0); }

std::string holder_of(const std::string& path) {
  const FileDescriptor file(::open(lock_path(path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const std::string text = file.is_open() ? read_small_file(file.get(), kSmallFileBytes) : std::string();
  const std::size_t space = text.find(' ');
  return space == std::string::npos ? "?" : text.substr(0, space);
}

}  // namespace orchestrator::harness::journal
