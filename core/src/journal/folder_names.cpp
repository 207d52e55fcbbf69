// SPDX-License-Identifier: Apache-2.0
#include "journal/folder_names.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>

namespace orchestrator::harness::journal {

int visit_names(FileDescriptor folder, const std::function<bool(std::string_view)>& visit) {
  // fdopendir takes the descriptor it is given, and keeps a position in it.
  const int own = ::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);
  if (own < 0) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), &::closedir);
  if (!stream) {
    const int error = errno;
    ::close(own);
    return error;
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) return errno;
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !visit(name)) return 0;
  }
}

}  // namespace orchestrator::harness::journal
