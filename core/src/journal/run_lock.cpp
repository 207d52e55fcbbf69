// SPDX-License-Identifier: Apache-2.0
#include "journal/run_lock.hpp"

#include <fcntl.h>

#include <cerrno>

#include "journal/file_bytes.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::size_t kSmallFileBytes = 256;

struct flock whole_file_lock(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;  // l_start and l_len 0: all of it; l_pid 0, as these locks want
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Result<void> lock_journal(const StoreFolder& folder, const RunId& run_id, int fd) {
  struct flock lock = whole_file_lock(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return fail(RuntimeErrorCode::run_locked,
                "run " + run_id.str() + " is held by process " + read_holder(folder, run_id).pid, run_id.str());
  }
  return runtime::storage_fail(errno, "lock", folder.path_of(journal_file(run_id)));
}

bool is_locked(int fd) {
  struct flock lock = whole_file_lock(F_WRLCK);
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Holder this_process() {
  const FileDescriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  return {std::to_string(::getpid()), file.is_open() ? trimmed(read_small_file(file.get(), kSmallFileBytes)) : ""};
}

Holder read_holder(const StoreFolder& folder, const RunId& run_id) {
  const FileDescriptor file = folder.open_file(holder_file(run_id), O_RDONLY);
  const std::string text = file.is_open() ? trimmed(read_small_file(file.get(), kSmallFileBytes)) : std::string();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return {};
  return {text.substr(0, space), text.substr(space + 1)};
}

Result<void> write_holder(const StoreFolder& folder, const RunId& run_id) {
  const std::string path = holder_file(run_id);
  const FileDescriptor file = folder.open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return runtime::storage_fail(errno, "write", folder.path_of(path));
  const Holder holder = this_process();
  const int error = write_all(file.get(), holder.pid + " " + holder.boot + "\n");
  if (error != 0) return runtime::storage_fail(error, "write", folder.path_of(path));
  return {};
}

std::string holder_file(const RunId& run_id) { return run_folder(run_id) + "/holder"; }

std::unexpected<Error> run_not_found(const RunId& run_id) {
  return fail(RuntimeErrorCode::run_not_found, "there is no run " + run_id.str(), run_id.str());
}

}  // namespace orchestrator::harness::journal
