// SPDX-License-Identifier: Apache-2.0
#include "tools/files/workspace_path.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>
#include <utility>

#include "event/json_writer.hpp"
#include "tools/sandbox/protected_paths.hpp"
#include "tools/sandbox/secret_paths.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::size_t kPathBytesMax = 4'096;
constexpr std::size_t kNameBytesMax = 255;
constexpr int kBusyTries = 16;
constexpr std::size_t kGitFileBytesMax = 4'096;

ToolError invalid(const std::string& why) {
  return {ToolErrorCode::path_invalid, "the path cannot be used: " + why, "/path", {}};
}
ToolError outside(const std::string& path) {
  return {ToolErrorCode::path_outside_workspace, "'" + path + "' is not inside of the workspace", "/path", {}};
}

// The path relative to the workspace, its text checked.
std::expected<std::string, ToolError> checked(const Workspace& workspace, const std::string& path) {
  if (path.empty()) return std::unexpected(invalid("it is empty"));
  if (path.size() > kPathBytesMax) return std::unexpected(invalid("it is longer than 4096 bytes"));
  if (path.find('\0') != std::string::npos) return std::unexpected(invalid("it holds a zero byte"));
  if (path.find('\n') != std::string::npos) return std::unexpected(invalid("it holds a line end"));
  if (!event::is_valid_utf8(path)) return std::unexpected(invalid("it is not UTF-8"));
  if (path.front() == '~') return std::unexpected(invalid("'~' means nothing here: name it from the workspace"));
  std::string relative = path;
  if (path.front() == '/') {
    const std::string& root = workspace.directory();
    if (path == root) return std::string(".");
    if (!path.starts_with(root + "/")) return std::unexpected(outside(path));
    relative = path.substr(root.size() + 1);
  }
  for (std::size_t begin = 0; begin <= relative.size();) {
    const std::size_t end = std::min(relative.find('/', begin), relative.size());
    if (end - begin > kNameBytesMax) return std::unexpected(invalid("a name in it is longer than 255 bytes"));
    begin = end + 1;
  }
  while (relative.size() > 1 && relative.ends_with('/')) relative.pop_back();
  return relative.empty() ? std::string(".") : relative;
}

int open_at(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < kBusyTries; ++tries) {
    const long number = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    // EAGAIN: something moved on the way, and the kernel could not be sure.
    if (number >= 0 || errno != EAGAIN) return static_cast<int>(number);
  }
  return -1;
}

// Where an open folder is now, relative to the workspace.
std::expected<std::string, ToolError> place_of(const Workspace& workspace, int folder, const std::string& path) {
  const auto name_of = [](int number) {
    std::array<char, PATH_MAX> name{};
    const std::string link = "/proc/self/fd/" + std::to_string(number);
    const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
    return size <= 0 ? std::string() : std::string(name.data(), static_cast<std::size_t>(size));
  };
  const std::string root = name_of(workspace.root());
  const std::string here = name_of(folder);
  if (root.empty() || here.empty()) return std::unexpected(file_error(EIO, path));
  if (here == root) return std::string();
  const std::string above = root == "/" ? root : root + "/";
  if (!here.starts_with(above)) return std::unexpected(outside(path));
  return here.substr(above.size());
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// A protected path in the one form that paths are compared in: "./Deploy/" is "deploy".
std::string as_compared(const std::string& path) {
  std::string text = lower(std::filesystem::path(path).lexically_normal().generic_string());
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

ToolError file_error(int error, const std::string& path) {
  const std::string quoted = "'" + path + "'";
  switch (error) {
    case ENOENT:
      return {ToolErrorCode::not_found, quoted + " is not there", "/path", {}};
    case EEXIST:
      return {ToolErrorCode::already_exists, quoted + " is there already", "/path", {}};
    case ENOTDIR:
      return {ToolErrorCode::not_a_directory, "a part of " + quoted + " is no folder", "/path", {}};
    case EXDEV:
      return outside(path);
    case ENXIO:
      return {ToolErrorCode::not_a_regular_file, quoted + " is no regular file", "/path", {}};
    case ELOOP:
      return {ToolErrorCode::path_invalid, quoted + " goes round in symbolic links", "/path", {}};
    default:
      return {ToolErrorCode::io_error, quoted + ": " + std::generic_category().message(error), "/path", {}};
  }
}

std::expected<OpenPath, ToolError> open_path(const Workspace& workspace, const std::string& path) {
  auto relative = checked(workspace, path);
  if (!relative) return std::unexpected(relative.error());
  const std::size_t slash = relative->rfind('/');
  OpenPath opened;
  opened.name = slash == std::string::npos ? *relative : relative->substr(slash + 1);
  std::string folder = slash == std::string::npos ? std::string(".") : relative->substr(0, slash);
  if (opened.name == "..") return std::unexpected(invalid("it ends in '..'"));
  if (opened.name == ".") folder = *relative;
  const int number = open_at(workspace.root(), folder, O_PATH | O_DIRECTORY);
  if (number < 0) return std::unexpected(file_error(errno, path));
  opened.folder = Descriptor(number);
  auto place = place_of(workspace, number, path);
  if (!place) return std::unexpected(place.error());
  opened.path = opened.name == "." ? *place : place->empty() ? opened.name : *place + "/" + opened.name;
  if (opened.path.empty()) opened.path = ".";
  return opened;
}

std::expected<Descriptor, ToolError> open_beneath(const Workspace& workspace, const std::string& path, int flags) {
  auto relative = checked(workspace, path);
  if (!relative) return std::unexpected(relative.error());
  const int number = open_at(workspace.root(), *relative, flags);
  if (number < 0) return std::unexpected(file_error(errno, path));
  return Descriptor(number);
}

std::optional<std::string> place_behind(const Workspace& workspace, const std::string& path) {
  const auto relative = checked(workspace, path);
  if (!relative) return std::nullopt;
  const Descriptor target(open_at(workspace.root(), *relative, O_PATH));
  if (!target.is_open()) return std::nullopt;
  auto place = place_of(workspace, target.get(), path);
  if (!place) return std::nullopt;
  return place->empty() ? "." : *std::move(place);
}

bool leads_to_secrets(const Workspace& workspace, const std::string& path) {
  const auto relative = checked(workspace, path);
  if (!relative) return false;  // nothing can be opened by it
  if (may_hold_secrets(std::filesystem::path(*relative).lexically_normal().generic_string())) return true;
  const auto place = place_behind(workspace, path);
  return place && may_hold_secrets(*place);
}

bool is_protected(std::string_view path, const std::vector<std::string>& more) {
  const std::string name = lower(path);
  const auto is_in = [&](const std::string& one) {
    const std::string other = as_compared(one);
    return name == other || name.starts_with(other + "/");
  };
  // A repository below the workspace runs its hooks as well as the workspace's own.
  const bool is_git = ("/" + name + "/").find("/.git/") != std::string::npos;
  return is_git || std::ranges::any_of(built_in_protected_paths(), is_in) ||
         std::ranges::any_of(start_files(), is_in) || std::ranges::any_of(more, is_in);
}

bool holds_protected(std::string_view path, const std::vector<std::string>& more) {
  const std::string folder = lower(path) + "/";
  return std::ranges::any_of(more, [&](const std::string& one) { return as_compared(one).starts_with(folder); });
}

std::optional<std::string> git_folder(const Workspace& workspace) {
  std::string named = ".git";
  const Descriptor file(open_at(workspace.root(), named, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) {
    // A link to what is not there yet: who makes it makes the repository.
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(workspace.root(), named.c_str(), target.data(), target.size());
    const auto path = length <= 0 ? std::filesystem::path()
                                  : std::filesystem::path(std::string(target.data(), static_cast<std::size_t>(length)));
    if (path.empty() || path.is_absolute() || *path.lexically_normal().begin() == "..") return std::nullopt;
    return path.lexically_normal().generic_string();
  }
  // gitrepository-layout(5): a plain file holds "gitdir: " and the way to the folder.
  std::string text(kGitFileBytesMax, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  constexpr std::string_view kWay = "gitdir: ";
  if (size > 0 && text.starts_with(kWay)) {
    named = text.substr(0, static_cast<std::size_t>(size));
    named = named.substr(kWay.size(), named.find_last_not_of("\r\n") + 1 - kWay.size());
  }
  const auto relative = checked(workspace, named);
  if (!relative) return std::nullopt;
  const Descriptor folder(open_at(workspace.root(), *relative, O_PATH | O_DIRECTORY));
  if (!folder.is_open()) return std::nullopt;
  auto place = place_of(workspace, folder.get(), named);
  if (!place || place->empty() || *place == ".git") return std::nullopt;
  return *std::move(place);
}

}  // namespace orchestrator::harness::tools
