// SPDX-License-Identifier: Apache-2.0
#include "cli/control/control_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace orchestrator::cli {
namespace {

constexpr std::string_view kEnding = ".sock";
constexpr int kSocketsLookedAt = 1'000;

/// Makes the folder and, where `parents`, those above it; an existing one stays as it is.
bool make_folders(const std::string& path, bool parents) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) {
    return true;
  }
  const std::size_t slash = path.rfind('/');
  if (errno != ENOENT || !parents || slash == 0 || slash == std::string::npos) {
    return false;
  }
  return make_folders(path.substr(0, slash), true) && (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST);
}

bool nobody_listens(int folder, const std::string& name) {
  const int number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (number < 0) {
    return false;
  }
  const sockaddr_un address = socket_address(folder, name);
  const int done = ::connect(number, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool refused = done != 0 && errno == ECONNREFUSED;
  ::close(number);
  return refused;
}

}  // namespace

std::vector<std::string> control_folders(const UserFolders& folders) {
  std::vector<std::string> found;
  if (folders.runtime) {
    found.push_back(*folders.runtime);
  }
  if (folders.state) {
    found.push_back(*folders.state + "/control");
  }
  return found;
}

harness::Result<std::string> make_control_folder(const UserFolders& folders) {
  std::string reason = "neither XDG_RUNTIME_DIR, XDG_STATE_HOME nor HOME is set";
  for (const std::string& folder : control_folders(folders)) {
    // The runtime folder itself is the system's to make.
    if (!make_folders(folder, folder != folders.runtime)) {
      reason = folder + ": " + std::strerror(errno);
      continue;
    }
    const int number = open_control_folder(folder);
    if (number < 0) {
      reason = folder + " is not a folder of this user with mode 0700";
      continue;
    }
    ::close(number);
    return folder;
  }
  return harness::fail(harness::RuntimeErrorCode::storage_failed, "no folder for control sockets: " + reason);
}

int open_control_folder(const std::string& folder) {
  const int number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (number < 0) {
    return -1;
  }
  struct stat facts{};
  const bool ours = ::fstat(number, &facts) == 0 && facts.st_uid == ::geteuid();
  if (!ours || ((facts.st_mode & 0777U) != 0700U && ::fchmod(number, 0700) != 0)) {
    ::close(number);
    return -1;
  }
  return number;
}

std::string socket_name(const harness::RunId& run_id) { return run_id.str().append(kEnding); }

sockaddr_un socket_address(int folder_descriptor, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(folder_descriptor) + "/" + name;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

void remove_stale_sockets(const std::string& folder) {
  const int number = open_control_folder(folder);
  if (number < 0) {
    return;
  }
  DIR* entries = ::fdopendir(number);
  if (entries == nullptr) {
    ::close(number);
    return;
  }
  int seen = 0;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    if (name.ends_with(kEnding) && ++seen <= kSocketsLookedAt && nobody_listens(number, name)) {
      ::unlinkat(number, name.c_str(), 0);
    }
  }
  ::closedir(entries);
}

}  // namespace orchestrator::cli
