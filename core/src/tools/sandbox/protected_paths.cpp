// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/protected_paths.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <utility>

namespace orchestrator::harness::tools {

namespace {

constexpr int kLook = O_PATH | O_NOFOLLOW | O_CLOEXEC;

std::string key_of(int parent, const std::string& name) {
  struct stat status{};
  ::fstat(parent, &status);
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + "/" + name;
}

std::unexpected<ToolError> refuse(const std::string& path, const std::string& why) {
  return std::unexpected(ToolError{ToolErrorCode::protected_path, "the protected path " + path + " " + why, path});
}

}  // namespace

bool PlaceholderCounts::take(int parent, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (::mkdirat(parent, name.c_str(), 0755) != 0) return false;
  ++uses_[key_of(parent, name)];
  return true;
}

bool PlaceholderCounts::take_again(int parent, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto at = uses_.find(key_of(parent, name));
  if (at == uses_.end()) return false;
  ++at->second;
  return true;
}

void PlaceholderCounts::give_back(int parent, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto at = uses_.find(key_of(parent, name));
  if (at == uses_.end() || --at->second > 0) return;
  uses_.erase(at);
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

std::expected<ProtectedPaths, ToolError> ProtectedPaths::hold(int workspace, const std::vector<std::string>& paths,
                                                              std::shared_ptr<PlaceholderCounts> counts) {
  ProtectedPaths held;
  held.counts_ = std::move(counts);
  for (const std::string& path : paths) {
    if (auto added = held.add(workspace, path, Missing::hold); !added) return std::unexpected(std::move(added.error()));
  }
  for (const std::string& path : start_files()) {
    if (auto added = held.add(workspace, path, Missing::ignore); !added)
      return std::unexpected(std::move(added.error()));
  }
  return held;
}

ProtectedPaths::~ProtectedPaths() {
  for (const Placeholder& placeholder : placeholders_) counts_->give_back(placeholder.parent.get(), placeholder.name);
}

std::expected<void, ToolError> ProtectedPaths::add(int workspace, const std::string& named, Missing missing) {
  std::string path = std::filesystem::path(named).lexically_normal().generic_string();
  if (path.ends_with('/')) path.pop_back();
  Descriptor folder(::openat(workspace, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  while (folder.is_open()) {
    const std::size_t end = path.find('/', begin);
    const std::string name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == ".." || name.contains('\0')) {
      return refuse(path, "is not a plain path below the workspace");
    }
    const bool is_last = end == std::string::npos;
    Descriptor next(::openat(folder.get(), name.c_str(), kLook));
    struct stat status{};
    if (next.is_open() && ::fstat(next.get(), &status) == 0) {
      if (S_ISLNK(status.st_mode)) return refuse(path, "leads through a symbolic link, which cannot be held read-only");
      if (is_last) {
        // A folder of ours, made for another command that runs now, must outlast this one too.
        if (counts_->take_again(folder.get(), name)) placeholders_.push_back({std::move(folder), name});
        existing_.push_back(path);
        return {};
      }
      if (!S_ISDIR(status.st_mode)) return {};
    } else {
      if (is_last && missing == Missing::hold && errno == ENOENT && counts_->take(folder.get(), name)) {
        placeholders_.push_back({std::move(folder), name});
        existing_.push_back(path);
      }
      return {};
    }
    folder = std::move(next);
    begin = end + 1;
  }
  return {};
}

std::vector<std::string> start_files() {
  return {".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc",
          ".zshenv", ".zprofile",     ".zlogin",     ".npmrc",       ".ssh",     ".gitconfig"};
}

std::vector<std::string> built_in_protected_paths() { return {".git", ".orchestrator", "orchestrator.toml", ".envrc"}; }

}  // namespace orchestrator::harness::tools
