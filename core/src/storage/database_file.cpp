// SPDX-License-Identifier: Apache-2.0
#include "storage/database_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "runtime/private_folder.hpp"
#include "runtime/storage_error.hpp"

namespace orchestrator::harness::storage {
namespace {

constexpr mode_t kFileMode = 0600;

std::unexpected<Error> no_file(const std::string& path, const std::string& noun, std::string_view why) {
  return fail(RuntimeErrorCode::storage_failed, path + " cannot be a " + noun + ": " + std::string(why), path);
}

}  // namespace

Result<std::string> make_database_file(const std::string& path, const std::string& noun) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the " + noun + " sqlite:" + path.substr(0, path.find('\0')) + " names no file; expected sqlite:PATH",
                noun);
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") return no_file(path, noun, "it is a folder");

  if (folder != "/") {
    if (const int error = runtime::make_private_folders(folder); error != 0) {
      return runtime::storage_fail(error, "make the folder", folder);
    }
  }
  // An absolute path, so that a later chdir does not matter and no name means something else to SQLite.
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(folder.c_str(), nullptr), &std::free);
  if (!real) return runtime::storage_fail(errno, "open the folder", folder);
  const std::string absolute = std::string(real.get() == std::string_view("/") ? "" : real.get()) + "/" + name;

  // Made without being opened: closing a descriptor would give up the locks that another store of this process holds
  // on the same file.
  if (::mknod(absolute.c_str(), S_IFREG | kFileMode, 0) != 0 && errno != EEXIST) {
    // Where nothing can be made there may still be something.
    const int error = errno;
    struct stat found{};
    if (::stat(absolute.c_str(), &found) != 0) return runtime::storage_fail(error, "make", absolute);
  }
  struct stat status{};
  if (::stat(absolute.c_str(), &status) != 0) return runtime::storage_fail(errno, "open", absolute);
  if (S_ISDIR(status.st_mode)) return no_file(absolute, noun, "it is a folder");
  if (!S_ISREG(status.st_mode)) return no_file(absolute, noun, "it is no regular file");
  return absolute;
}

}  // namespace orchestrator::harness::storage
