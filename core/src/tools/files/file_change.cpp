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

#include "tools/files/file_placement.hpp"

namespace orchestrator::harness::tools {
namespace {

namespace json = boost::json;

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

std::string temporary_name() {
  std::array<unsigned char, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) bytes.fill(0x5a);
  std::string name(kTemporaryPrefix);
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const unsigned char byte : bytes) {
    name += kHex[byte >> 4U];
    name += kHex[byte & 15U];
  }
  return name;
}

// Where the file system has neither way of renaming (NFS): a link never replaces, and what is replaced is looked at
// right before. Another writer in that moment loses.
Done replace_plainly(const OpenPath& path, const std::string& temporary, const FileState& before) {
  const int folder = path.folder.get();
  const auto found = read_state(path, FileWish::hash);
  const bool is_as_before = found && is_same(found->state, before);
  const bool is_new = before.kind == FileKind::absent;
  const int result = !is_as_before ? -1
                     : is_new      ? ::linkat(folder, temporary.c_str(), folder, path.name.c_str(), 0)
                                   : ::renameat(folder, temporary.c_str(), folder, path.name.c_str());
  const int error = result == 0 ? 0 : errno;
  if (is_new || result != 0) ::unlinkat(folder, temporary.c_str(), 0);
  if (result == 0) return sync_folder(path);
  if (!is_as_before) return std::unexpected(stale(path.path, before, found ? found->state : FileState{}));
  return std::unexpected(file_error(error, path.path));
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
  const auto refuse = [&] {
    const auto found = read_state(path, FileWish::hash);
    return give_up(stale(path.path, before, found ? found->state : FileState{}));
  };
  if (rename_at(path, temporary, path, path.name, is_new ? RENAME_NOREPLACE : RENAME_EXCHANGE) != 0) {
    if (errno == EEXIST || errno == ENOENT) return refuse();
    if (errno == EINVAL) return replace_plainly(path, temporary, before);
    return give_up(file_error(errno, path.path));
  }
  if (is_new) return sync_folder(path);
  const auto found = read_state(sibling(path, temporary), FileWish::hash);
  if (!found || !is_same(found->state, before)) {
    if (rename_at(path, temporary, path, path.name, RENAME_EXCHANGE) != 0) {
      return std::unexpected(file_error(errno, path.path));
    }
    return give_up(stale(path.path, before, found ? found->state : FileState{}));
  }
  if (::unlinkat(path.folder.get(), temporary.c_str(), 0) != 0) return std::unexpected(file_error(errno, path.path));
  return sync_folder(path);
}

// A path that may have been swapped between the look and the rename is looked at once more in its new place.
Done move_path(const OpenPath& from, const OpenPath& to, const FileState& before) {
  int result = rename_at(from, from.name, to, to.name, RENAME_NOREPLACE);
  // A file system without that way of renaming (NFS): nothing was there a moment ago.
  if (result != 0 && errno == EINVAL) result = rename_at(from, from.name, to, to.name, 0);
  if (result != 0) {
    if (errno == EXDEV) {
      return std::unexpected(
          ToolError{ToolErrorCode::io_error,
                    "'" + from.path + "' and '" + to.path + "' are on different file systems (EXDEV): copy it instead",
                    "/to",
                    {}});
    }
    return std::unexpected(file_error(errno, errno == EEXIST ? to.path : from.path));
  }
  const auto found = read_state(to, FileWish::hash);
  if (!found || !is_same(found->state, before)) {
    if (rename_at(to, to.name, from, from.name, RENAME_NOREPLACE) != 0)
      return std::unexpected(file_error(errno, to.path));
    return std::unexpected(stale(from.path, before, found ? found->state : FileState{}));
  }
  if (auto synced = sync_folder(from); !synced) return synced;
  return sync_folder(to);
}

Done remove_folder(const OpenPath& path) {
  if (::unlinkat(path.folder.get(), path.name.c_str(), AT_REMOVEDIR) == 0) return sync_folder(path);
  if (errno != ENOTEMPTY && errno != EEXIST) return std::unexpected(file_error(errno, path.path));
  return std::unexpected(ToolError{ToolErrorCode::not_a_regular_file,
                                   "'" + path.path + "' is a folder with something in it; empty it first",
                                   "/path",
                                   {}});
}

// Taken aside first: what is deleted is then what was looked at, and nobody else's new file of that name.
Done remove_file(const OpenPath& path, const FileState& before) {
  const std::string aside = temporary_name();
  if (rename_at(path, path.name, path, aside, 0) != 0) return std::unexpected(file_error(errno, path.path));
  const auto found = read_state(sibling(path, aside), FileWish::hash);
  if (!found || !is_same(found->state, before)) {
    if (rename_at(path, aside, path, path.name, RENAME_NOREPLACE) != 0) {
      ToolError error = file_error(errno, path.path);
      error.message += "; the file lies beside it as " + aside;
      return std::unexpected(std::move(error));
    }
    return std::unexpected(stale(path.path, before, found ? found->state : FileState{}));
  }
  if (::unlinkat(path.folder.get(), aside.c_str(), 0) != 0) return std::unexpected(file_error(errno, path.path));
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

std::optional<ToolError> planned_otherwise(const UndoRecord& undo, const FileChange& now) {
  json::error_code error;
  const json::value record = json::parse(undo.data.text, error);
  const json::value* paths = error || !record.is_object() ? nullptr : record.get_object().if_contains("paths");
  if (paths == nullptr || !paths->is_array() || paths->get_array().size() != now.paths.size()) {
    return ToolError{ToolErrorCode::stale_file, "the call is another than the one that was prepared", {}, {}};
  }
  for (std::size_t i = 0; i < now.paths.size(); ++i) {
    const json::object& entry = paths->get_array()[i].as_object();
    const PathChange& path = now.paths[i];
    const FileState before = from_json(entry.at("before").as_object());
    if (entry.at("path").as_string() != path.path || !is_same(before, path.before.state) ||
        !is_same(from_json(entry.at("after").as_object()), path.after)) {
      return stale(path.path, before, path.before.state);
    }
  }
  return std::nullopt;
}

Done carry_out(const Workspace& workspace, const FileChange& change) {
  std::vector<OpenPath> opened;
  for (const PathChange& path : change.paths) {
    auto open = open_path(workspace, path.path);
    if (!open) return std::unexpected(open.error());
    // A folder on the way may have become a link since: the place that was approved is the one that counts.
    if (open->path != path.path) return std::unexpected(stale(path.path, path.before.state, FileState{}));
    const auto found = read_state(*open, FileWish::hash);
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
      return move_path(opened.front(), opened.back(), change.paths.front().before.state);
    case FileChange::Action::remove:
      return change.paths.front().before.state.kind == FileKind::folder
                 ? remove_folder(opened.front())
                 : remove_file(opened.front(), change.paths.front().before.state);
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
    const auto found =
        open ? read_state(*open, FileWish::hash) : std::expected<FileRead, ToolError>(std::unexpected(open.error()));
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
