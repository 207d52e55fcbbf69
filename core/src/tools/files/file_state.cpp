// SPDX-License-Identifier: Apache-2.0
#include "tools/files/file_state.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "event/hash_chain.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::uint32_t kPermissions = 07777;

ToolError too_large(const std::string& path, std::uint64_t size_bytes, std::uint64_t limit_bytes) {
  return {ToolErrorCode::file_too_large,
          "'" + path + "' has " + std::to_string(size_bytes) + " bytes, the limit is " + std::to_string(limit_bytes),
          "/path",
          {}};
}

std::expected<FileRead, ToolError> read_file(const OpenPath& path, FileState state, FileWish wish) {
  const std::uint64_t limit_bytes = wish == FileWish::content ? kFileBytesMax : kHashedBytesMax;
  if (state.size_bytes > limit_bytes) return std::unexpected(too_large(path.path, state.size_bytes, limit_bytes));
  // Should it have become something that blocks, O_NONBLOCK keeps that from happening.
  const Descriptor file(
      ::openat(path.folder.get(), path.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat found{};
  if (!file.is_open() || ::fstat(file.get(), &found) != 0) return std::unexpected(file_error(errno, path.path));
  if (!S_ISREG(found.st_mode)) {
    return std::unexpected(
        ToolError{ToolErrorCode::stale_file, "'" + path.path + "' is a file no longer", "/path", {}});
  }
  state.mode = found.st_mode & kPermissions;
  state.links = found.st_nlink;
  state.size_bytes = 0;
  FileRead out;
  event::Digest digest;
  std::array<char, 64 << 10> buffer;
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(file_error(errno, path.path));
    if (got == 0) break;
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    state.size_bytes += piece.size();
    if (state.size_bytes > limit_bytes) return std::unexpected(too_large(path.path, state.size_bytes, limit_bytes));
    digest.add(piece);
    if (wish == FileWish::content) out.content += piece;
  }
  state.content = digest.finish();
  out.state = std::move(state);
  return out;
}

}  // namespace

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::absent:
      return "absent";
    case FileKind::file:
      return "file";
    case FileKind::folder:
      return "folder";
    case FileKind::link:
      return "link";
    case FileKind::other:
      return "other";
  }
  return "other";
}

std::expected<FileRead, ToolError> read_state(const OpenPath& path, FileWish wish) {
  struct stat found{};
  if (::fstatat(path.folder.get(), path.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return FileRead{};
    return std::unexpected(file_error(errno, path.path));
  }
  FileState state;
  state.mode = found.st_mode & kPermissions;
  if (S_ISREG(found.st_mode)) {
    state.kind = FileKind::file;
    state.size_bytes = static_cast<std::uint64_t>(found.st_size);
    return read_file(path, std::move(state), wish);
  }
  if (S_ISDIR(found.st_mode)) {
    state.kind = FileKind::folder;
  } else if (S_ISLNK(found.st_mode)) {
    state.kind = FileKind::link;
    state.mode = 0;
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlinkat(path.folder.get(), path.name.c_str(), target.data(), target.size());
    if (size < 0) return std::unexpected(file_error(errno, path.path));
    state.target.assign(target.data(), static_cast<std::size_t>(size));
  } else {
    state.kind = FileKind::other;
  }
  return FileRead{std::move(state), {}};
}

boost::json::object to_json(const FileState& state) {
  boost::json::object json{{"kind", name_of(state.kind)}};
  if (state.kind == FileKind::file || state.kind == FileKind::folder) json["mode"] = state.mode;
  if (state.kind == FileKind::file) {
    json["size_bytes"] = state.size_bytes;
    json["links"] = state.links;
    if (state.content) json["content"] = state.content->str();
  }
  if (state.kind == FileKind::link) json["target"] = state.target;
  return json;
}

FileState from_json(const boost::json::object& json) {
  FileState state;
  const auto text = [&](const char* name) {
    const boost::json::value* value = json.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  const auto number = [&](const char* name) -> std::uint64_t {
    const boost::json::value* value = json.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
  };
  const std::string kind = text("kind");
  for (const FileKind one : {FileKind::absent, FileKind::file, FileKind::folder, FileKind::link, FileKind::other}) {
    if (name_of(one) == kind) state.kind = one;
  }
  state.mode = static_cast<std::uint32_t>(number("mode"));
  state.size_bytes = number("size_bytes");
  state.links = number("links");
  state.content = Hash::parse(text("content"));
  state.target = text("target");
  return state;
}

}  // namespace orchestrator::harness::tools
