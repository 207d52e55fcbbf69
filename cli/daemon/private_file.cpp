// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "journal/file_bytes.hpp"
#include "journal/file_descriptor.hpp"
#include "runtime/private_folder.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

std::unexpected<harness::Error> failed(const std::string& path, int number) {
  return fail(RuntimeErrorCode::storage_failed, path + ": " + std::strerror(number), path);
}

}  // namespace

Result<std::optional<std::string>> read_private_file(const std::string& path, std::size_t bytes_max) {
  const harness::journal::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return failed(path, errno);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed(path, errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 0077U) != 0) {
    return fail(RuntimeErrorCode::configuration_invalid, path + " must be a regular file of your own with mode 0600",
                path);
  }
  if (static_cast<std::size_t>(status.st_size) > bytes_max) {
    return fail(RuntimeErrorCode::configuration_invalid, path + " is longer than what is written there", path);
  }
  return harness::journal::read_small_file(file.get(), bytes_max);
}

Result<void> replace_private_file(const std::string& path, const std::string& text) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (const int number = harness::runtime::make_private_folders(folder); number != 0) return failed(folder, number);
  const std::string draft = path + "." + std::to_string(::getpid());
  ::unlink(draft.c_str());
  const harness::journal::FileDescriptor file(
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed(draft, errno);
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  int number = written < 0 ? errno : 0;
  if (number == 0 && static_cast<std::size_t>(written) != text.size()) number = ENOSPC;
  if (number == 0 && ::rename(draft.c_str(), path.c_str()) != 0) number = errno;
  if (number == 0) return {};
  ::unlink(draft.c_str());
  return failed(path, number);
}

}  // namespace orchestrator::cli
