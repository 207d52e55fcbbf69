// SPDX-License-Identifier: Apache-2.0
#include "cli/display/new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "cli/display/quoted_text.hpp"
#include "journal/file_bytes.hpp"

namespace orchestrator::cli {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// 0, or the errno. Never replaces anything.
int move(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // A file system that does not know it.
  if (::link(from.c_str(), to.c_str()) != 0) {
    return errno;
  }
  ::unlink(from.c_str());
  return 0;
}

int sync_folder(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int error = folder < 0 || (::fsync(folder) != 0 && errno != EINVAL) ? errno : 0;
  if (folder >= 0) {
    ::close(folder);
  }
  return error;
}

}  // namespace

NewFile::NewFile(std::string path) : path_(std::move(path)), draft_(path_ + ".partial-" + std::to_string(::getpid())) {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) == 0) {
    error_ = EEXIST;  // told before all the work
    return;
  }
  file_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  error_ = file_ < 0 ? errno : 0;
}

NewFile::~NewFile() {
  if (file_ >= 0) {
    ::close(file_);
    ::unlink(draft_.c_str());
  }
}

harness::Result<void> NewFile::write(std::string_view bytes) {
  if (error_ == 0) {
    error_ = harness::journal::write_all(file_, bytes);
  }
  if (error_ == 0) {
    return {};
  }
  return harness::fail(harness::RuntimeErrorCode::output_failed,
                       "cannot write " + quoted_text(path_) + ": " + std::strerror(error_), path_);
}

harness::Result<void> NewFile::keep() {
  if (error_ == 0 && ::fsync(file_) != 0 && errno != EINVAL) {
    error_ = errno;
  }
  if (error_ == 0) {
    error_ = move(draft_, path_);
  }
  if (error_ == 0) {
    ::close(std::exchange(file_, -1));
    error_ = sync_folder(path_);
  }
  return write({});
}

}  // namespace orchestrator::cli
