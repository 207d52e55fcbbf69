// SPDX-License-Identifier: Apache-2.0
#include "tools/files/file_change.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace orchestrator::harness::tools {
namespace {

namespace json = boost::json;
using Done = std::expected<void, ToolError>;

constexpr mode_t kNewFileMode = 0666;  // less the process's mask
constexpr mode_t kNewFolderMode = 0777;

std::string_view name_of_action(FileChange::Action action) {
  switch (action) {
    case FileChange::Action::write:
      return "write";
    case FileChange::Action::move:
      return "move";
    case FileChange::Action::remove:
      return "remove";
    case FileChange::Action::make_folder:
      return "make_folder";
  }
  return "write";
}

std::string hash_text(const FileState& state) {
  return state.content ? state.content->str() : std::string(name_of(state.kind));
}

ToolError stale(const std::string& path, const FileState& expected, const FileState& found) {
  return {ToolErrorCode::stale_file,
          "'" + path + "' is not what it was: expected " + hash_text(expected) + ", found " + hash_text(found) +
              "; nothing was done",
          "/path",
          {}};
}

// Hard links may come and go without anything being another.
bool is_same(FileState left, FileState right) {
  left.links = right.links = 0;
  return left == right;
}

std::string temporary_name() {
  std::array<unsigned char, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) bytes.fill(0x5a);
  std::string name = ".orchestrator-";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    name += kHex[byte >> 4U];
    name += kHex[byte & 15U];
  }
  return name;
}

Done sync_folder(const OpenPath& path) {
  const Descriptor folder(::openat(path.folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return std::unexpected(file_error(errno, path.path));
  return {};
}

Done write_all(int number, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(number, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(file_error(errno, path));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(number) != 0) return std::unexpected(file_error(errno, path));
  return {};
}

// The new content under a name of its own, then in one step under the real one. A file that was there is taken out by
// exchange and looked at: one that somebody else has just written is put back.
Done write_file(const OpenPath& path, const PathChange& change, std::string_view content) {
  const FileState& before = change.before.state;
  const bool is_new = before.kind == FileKind::absent;
  const std::string temporary = temporary_name();
  const Descriptor file(::openat(path.folder.get(), temporary.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kNewFileMode));
  if (!file.is_open()) return std::unexpected(file_error(errno, path.path));
  const auto give_up = [&](ToolError error) -> Done {
    ::unlinkat(path.folder.get(), temporary.c_str(), 0);
    return std::unexpected(std::move(error));
  };
  if (!is_new && ::fchmod(file.get(), before.mode) != 0) return give_up(file_error(errno, path.path));
  if (auto written = write_all(file.get(), content, path.path); !written) return give_up(written.error());
  const unsigned how = is_new ? RENAME_NOREPLACE : RENAME_EXCHANGE;
  if (::renameat2(path.folder.get(), temporary.c_str(), path.folder.get(), path.name.c_str(), how) != 0) {
    if (errno == EEXIST || errno == ENOENT) {
      const auto found = read_state(path);
      return give_up(stale(path.path, before, found ? found->state : FileState{}));
    }
    return give_up(file_error(errno, path.path));
  }
  if (is_new) return sync_folder(path);
  OpenPath taken_out{Descriptor(::openat(path.folder.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC)), temporary,
                     temporary};
  const auto found = read_state(taken_out);
  if (!found || !is_same(found->state, before)) {
    const bool is_back =
        ::renameat2(path.folder.get(), temporary.c_str(), path.folder.get(), path.name.c_str(), RENAME_EXCHANGE) == 0;
    if (!is_back) return std::unexpected(file_error(errno, path.path));
    return give_up(stale(path.path, before, found ? found->state : FileState{}));
  }
  if (::unlinkat(path.folder.get(), temporary.c_str(), 0) != 0) return std::unexpected(file_error(errno, path.path));
  return sync_folder(path);
}

Done move_path(const OpenPath& from, const OpenPath& to) {
  if (::renameat2(from.folder.get(), from.name.c_str(), to.folder.get(), to.name.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EXDEV) {
      return std::unexpected(
          ToolError{ToolErrorCode::io_error,
                    "'" + from.path + "' and '" + to.path + "' are on different file systems (EXDEV): copy it instead",
                    "/to",
                    {}});
    }
    return std::unexpected(file_error(errno, errno == EEXIST ? to.path : from.path));
  }
  if (auto synced = sync_folder(from); !synced) return synced;
  return sync_folder(to);
}

Done remove_path(const OpenPath& path, const PathChange& change) {
  const int flags = change.before.state.kind == FileKind::folder ? AT_REMOVEDIR : 0;
  if (::unlinkat(path.folder.get(), path.name.c_str(), flags) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) {
      return std::unexpected(ToolError{ToolErrorCode::not_a_regular_file,
                                       "'" + path.path + "' is a folder with something in it; empty it first",
                                       "/path",
                                       {}});
    }
    return std::unexpected(file_error(errno, path.path));
  }
  return sync_folder(path);
}

Done make_folder(const OpenPath& path) {
  if (::mkdirat(path.folder.get(), path.name.c_str(), kNewFolderMode) != 0) {
    return std::unexpected(file_error(errno, path.path));
  }
  return sync_folder(path);
}

}  // namespace

UndoRecord undo_record(const FileChange& change) {
  json::array paths;
  UndoRecord record;
  for (const PathChange& path : change.paths) {
    paths.push_back(
        json::object{{"path", path.path}, {"before", to_json(path.before.state)}, {"after", to_json(path.after)}});
    const bool is_replaced = path.before.state.kind == FileKind::file && change.action != FileChange::Action::move;
    if (is_replaced) record.blobs.emplace_back(path.before.content);
  }
  record.data.text = json::serialize(json::object{{"action", name_of_action(change.action)}, {"paths", paths}});
  return record;
}

std::vector<ToolTarget> targets_of(const FileChange& change) {
  std::vector<ToolTarget> targets;
  for (const PathChange& path : change.paths) {
    std::optional<Hash> content = path.before.state.content;
    if (path.before.state.kind == FileKind::link) content = sha256(path.before.state.target);
    targets.push_back({path.path, content});
  }
  return targets;
}

Done carry_out(const Workspace& workspace, const FileChange& change) {
  std::vector<OpenPath> opened;
  for (const PathChange& path : change.paths) {
    auto open = open_path(workspace, path.path);
    if (!open) return std::unexpected(open.error());
    // A folder on the way may have become a link since: the place that was approved is the one that counts.
    if (open->path != path.path) return std::unexpected(stale(path.path, path.before.state, FileState{}));
    const auto found = read_state(*open);
    if (!found) return std::unexpected(found.error());
    if (!is_same(found->state, path.before.state)) {
      return std::unexpected(stale(path.path, path.before.state, found->state));
    }
    opened.push_back(*std::move(open));
  }
  switch (change.action) {
    case FileChange::Action::write:
      return write_file(opened.front(), change.paths.front(), change.content);
    case FileChange::Action::move:
      return move_path(opened.front(), opened.back());
    case FileChange::Action::remove:
      return remove_path(opened.front(), change.paths.front());
    case FileChange::Action::make_folder:
      return make_folder(opened.front());
  }
  return {};
}

ToolVerdict verify_change(const Workspace& workspace, const UndoRecord& undo) {
  ToolVerdict verdict;
  json::error_code error;
  const json::value record = json::parse(undo.data.text, error);
  const json::value* paths = error || !record.is_object() ? nullptr : record.get_object().if_contains("paths");
  if (paths == nullptr || !paths->is_array() || paths->get_array().empty()) {
    verdict.detail = "the undo record does not read";
    return verdict;
  }
  bool is_before = true;
  bool is_after = true;
  for (const json::value& entry : paths->get_array()) {
    const std::string path(entry.at("path").as_string());
    const auto open = open_path(workspace, path);
    const auto found = open ? read_state(*open) : std::expected<FileRead, ToolError>(std::unexpected(open.error()));
    if (!found) {
      verdict.detail = found.error().message;
      return verdict;
    }
    is_before = is_before && is_same(found->state, from_json(entry.at("before").as_object()));
    // The mode of something new follows the process's mask, and is not planned.
    FileState after = from_json(entry.at("after").as_object());
    const bool was_absent = from_json(entry.at("before").as_object()).kind == FileKind::absent;
    if (was_absent) after.mode = found->state.mode;
    is_after = is_after && is_same(found->state, after);
    if (!is_before && !is_after) verdict.detail = "'" + path + "' is neither as before nor as it should be after";
  }
  if (is_after) {
    verdict.state = VerifiedState::happened;
  } else if (is_before) {
    verdict.state = VerifiedState::not_happened;
  }
  return verdict;
}

}  // namespace orchestrator::harness::tools
