// SPDX-License-Identifier: Apache-2.0
#include "tools/files/path_restore.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>

#include "tools/files/file_placement.hpp"
#include "tools/files/paths_ahead.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::uint32_t kNewFileMode = 0600;    // until it has its own
constexpr std::uint32_t kSpecialModes = 07000;  // which a write may take away
constexpr std::size_t kKeyDigits = 16;

// A name that a step uses beside a path: the same in every attempt, so that each finds what the last one left.
std::string name_beside(const std::string& key, const std::string& path, const std::string& use) {
  return std::string(kTemporaryPrefix) + sha256(key + "\n" + path + "\n" + use).str().substr(0, kKeyDigits);
}

std::optional<Hash> hash_of(const FileState& state) {
  return state.kind == FileKind::link ? std::optional(sha256(state.target)) : state.content;
}

// Somebody has changed the path since it was looked at, a moment ago.
UndoConflict meddled(const PathEntry& entry, const FileState& found) {
  UndoConflict conflict;
  conflict.target = entry.path;
  if (entry.after) conflict.expected = entry.after->content;
  conflict.found = found.content;
  conflict.reason = "it was changed in the moment of its restoring";
  return conflict;
}

std::expected<OpenPath, ToolError> open_entry(const Workspace& workspace, const std::string& path) {
  auto opened = open_path(workspace, path);
  if (opened && opened->path != path) {
    return std::unexpected(
        ToolError{ToolErrorCode::stale_file, "a folder on the way to '" + path + "' has become a link", "/path", {}});
  }
  return opened;
}

std::expected<FileState, ToolError> state_at(const OpenPath& path) {
  auto read = read_state(path, FileWish::hash);
  if (!read) return std::unexpected(read.error());
  return std::move(read->state);
}

int remove_name(const OpenPath& path, const std::string& name, FileKind kind) {
  return ::unlinkat(path.folder.get(), name.c_str(), kind == FileKind::folder ? AT_REMOVEDIR : 0);
}

// What the path shall have, ready under another name.
Done make_beside(const OpenPath& path, const std::string& name, const FileState& wanted, const SharedBytes* content) {
  const int folder = path.folder.get();
  const auto failed = [&] { return std::unexpected(file_error(errno, path.path)); };
  switch (wanted.kind) {
    case FileKind::file: {
      if (content == nullptr || !content->is_loaded()) {
        return std::unexpected(
            ToolError{ToolErrorCode::not_found, "what '" + path.path + "' held was not kept", "/path", {}});
      }
      const Descriptor file(
          ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kNewFileMode));
      if (!file.is_open() || ::fchmod(file.get(), wanted.mode) != 0) return failed();
      if (auto written = write_all(file.get(), content->view(), path.path); !written) return written;
      const bool is_special = (wanted.mode & kSpecialModes) != 0;
      if (is_special && (::fchmod(file.get(), wanted.mode) != 0 || ::fsync(file.get()) != 0)) return failed();
      return {};
    }
    case FileKind::folder: {
      if (::mkdirat(folder, name.c_str(), 0700) != 0) return failed();
      const Descriptor made(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!made.is_open() || ::fchmod(made.get(), wanted.mode) != 0) return failed();
      return {};
    }
    case FileKind::link:
      if (::symlinkat(wanted.target.c_str(), folder, name.c_str()) != 0) return failed();
      return {};
    case FileKind::absent:
    case FileKind::other:
      break;
  }
  return std::unexpected(
      ToolError{ToolErrorCode::not_a_regular_file, "'" + path.path + "' was no file, folder or link", "/path", {}});
}

// What stands against a step at one path, or nothing.
using Ended = std::expected<std::optional<UndoConflict>, ToolError>;

// One path of a step. It uses two names beside it: what lies under `made_` may be half made and is never anybody's;
// under `aside_` lies what the path had, or what it shall have, whole, in the moment before the two are exchanged.
class PathStep {
 public:
  PathStep(const OpenPath& path, const PathEntry& entry, const PathRecord& record, const std::string& key)
      : path_(path),
        entry_(entry),
        record_(record),
        made_(name_beside(key, entry.path, "made")),
        aside_(name_beside(key, entry.path, "aside")) {}

  // Ends what an earlier attempt left in the middle. What was taken aside goes if it is what may go, else back into its
  // place; where somebody has put something else there it stays, and is what stands against the step.
  Ended clear(const std::vector<UndoConflict>& agreed) {
    if (!remove_made()) return failed();
    const auto left = state_at(sibling(path_, aside_));
    if (!left) return std::unexpected(left.error());
    if (left->kind == FileKind::absent) return std::nullopt;
    if (is_as(*left, entry_.before) || may_go(*left, agreed)) {
      if (remove_name(path_, aside_, left->kind) == 0) return synced();
      if (errno != ENOTEMPTY && errno != EEXIST) return failed();
    }
    const auto found = state_at(path_);
    if (!found) return std::unexpected(found.error());
    if (found->kind == FileKind::absent || is_as(*found, entry_.before)) return put_back(*found);
    return stays_aside();
  }

  // Gives the path what it had. `found` is what a look has just found there.
  Ended restore(const FileState& found) {
    if (entry_.before.kind == FileKind::absent) return take_out(found);
    const bool is_same_kind = found.kind == entry_.before.kind;
    const bool has_mode = found.kind == FileKind::file || found.kind == FileKind::folder;
    if (is_same_kind && has_mode && found.content == entry_.before.content) return set_mode();
    return put_in(found);
  }

 private:
  std::unexpected<ToolError> failed() const { return std::unexpected(file_error(errno, path_.path)); }

  [[nodiscard]] bool may_go(const FileState& left, const std::vector<UndoConflict>& agreed) const {
    if (entry_.after && is_as(left, *entry_.after, entry_.is_mode_known)) return true;
    const auto hash = hash_of(left);
    if (!hash && left.kind != FileKind::folder) return false;
    return std::ranges::any_of(
        agreed, [&](const UndoConflict& conflict) { return conflict.target == entry_.path && conflict.found == hash; });
  }

  [[nodiscard]] bool remove_made() const {
    if (remove_name(path_, made_, FileKind::file) == 0 || errno == ENOENT) return true;
    return errno == EISDIR && remove_name(path_, made_, FileKind::folder) == 0;
  }

  Ended stays_aside() const {
    const auto left = state_at(sibling(path_, aside_));
    UndoConflict conflict;
    conflict.target = entry_.path.substr(0, entry_.path.rfind('/') + 1) + aside_;
    if (entry_.after) conflict.expected = hash_of(*entry_.after);
    if (left) conflict.found = hash_of(*left);
    conflict.reason = "it was taken away from " + entry_.path + ", where something else is now";
    return conflict;
  }

  // `placed`: nothing, or what this step has put at the path.
  Ended put_back(const FileState& placed) {
    const bool is_free = placed.kind == FileKind::absent;
    if (rename_at(path_, aside_, path_, path_.name, is_free ? RENAME_NOREPLACE : RENAME_EXCHANGE) != 0) {
      if (errno == EEXIST || errno == ENOENT) return stays_aside();
      return failed();
    }
    if (is_free) return synced();
    const auto replaced = state_at(sibling(path_, aside_));
    const bool is_own = replaced && is_as(*replaced, entry_.before);
    if (is_own && remove_name(path_, aside_, replaced->kind) == 0) return synced();
    if (rename_at(path_, aside_, path_, path_.name, RENAME_EXCHANGE) != 0) return failed();
    return stays_aside();
  }

  Ended put_back_meddled(const FileState& placed, const std::expected<FileState, ToolError>& taken) {
    auto back = put_back(placed);
    if (!back || *back) return back;
    return meddled(entry_, taken ? *taken : FileState{});
  }

  // Taken aside first: what is removed is then what was looked at.
  Ended take_out(const FileState& found) {
    if (found.kind == FileKind::folder) {
      if (remove_name(path_, path_.name, FileKind::folder) == 0) return synced();
      if (errno == ENOTEMPTY || errno == EEXIST) return meddled(entry_, found);
      return failed();
    }
    if (rename_at(path_, path_.name, path_, aside_, RENAME_NOREPLACE) != 0) {
      const bool is_plain = errno == EINVAL;  // a file system without that way of renaming (NFS)
      if (!is_plain || rename_at(path_, path_.name, path_, aside_, 0) != 0) {
        if (errno == ENOENT) return meddled(entry_, FileState{});
        return failed();
      }
    }
    const auto taken = state_at(sibling(path_, aside_));
    if (!taken || !is_same(*taken, found)) return put_back_meddled(FileState{}, taken);
    if (remove_name(path_, aside_, taken->kind) != 0) return failed();
    return synced();
  }

  Ended put_in(const FileState& found) {
    const SharedBytes* content = entry_.before.content ? record_.content(*entry_.before.content) : nullptr;
    if (auto made = make_beside(path_, made_, entry_.before, content); !made) {
      (void)remove_made();
      return std::unexpected(made.error());
    }
    const bool is_free = found.kind == FileKind::absent;
    if (!is_free && rename_at(path_, made_, path_, aside_, RENAME_NOREPLACE) != 0) {
      const int error = errno;
      (void)remove_made();
      return std::unexpected(file_error(error, path_.path));
    }
    const std::string& ready = is_free ? made_ : aside_;
    if (rename_at(path_, ready, path_, path_.name, is_free ? RENAME_NOREPLACE : RENAME_EXCHANGE) != 0) {
      const int error = errno;
      remove_name(path_, ready, entry_.before.kind);
      const auto now = state_at(path_);
      if ((error == EEXIST || error == ENOENT) && now) return meddled(entry_, *now);
      return std::unexpected(file_error(error, path_.path));
    }
    if (is_free) return synced();
    const auto taken = state_at(sibling(path_, aside_));
    const bool is_expected = taken && is_same(*taken, found);
    if (is_expected && remove_name(path_, aside_, found.kind) == 0) return synced();
    if (is_expected && errno != ENOTEMPTY && errno != EEXIST) return failed();
    return put_back_meddled(entry_.before, taken);
  }

  // Where nothing else differs the thing itself stays, with its other names.
  Ended set_mode() {
    const Descriptor file(::openat(path_.folder.get(), path_.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!file.is_open()) return failed();
    const std::string itself = "/proc/self/fd/" + std::to_string(file.get());
    if (::chmod(itself.c_str(), entry_.before.mode) != 0) return failed();
    return synced();
  }

  Ended synced() {
    if (auto done = sync_folder(path_); !done) return std::unexpected(done.error());
    return std::nullopt;
  }

  const OpenPath& path_;
  const PathEntry& entry_;
  const PathRecord& record_;
  const std::string made_;
  const std::string aside_;
};

CompensationResult failure(ToolError error) { return {CompensationOutcome::failed, {}, std::move(error)}; }

CompensationResult conflict_with(UndoConflict conflict) {
  return {CompensationOutcome::conflict, {std::move(conflict)}, {}};
}

CompensationResult restore_move(const Workspace& workspace, const PathRecord& record) {
  const auto from = open_entry(workspace, record.entries.front().path);
  if (!from) return failure(from.error());
  const auto to = open_entry(workspace, record.entries.back().path);
  if (!to) return failure(to.error());
  const FileState& wanted = record.entries.front().before;
  if (rename_at(*to, to->name, *from, from->name, RENAME_NOREPLACE) != 0) {
    const bool is_plain = errno == EINVAL;  // a file system without that way of renaming (NFS)
    if (!is_plain || rename_at(*to, to->name, *from, from->name, 0) != 0) {
      return failure(file_error(errno, errno == EEXIST ? from->path : to->path));
    }
  }
  const auto found = state_at(*from);
  if (!found || !is_as(*found, wanted)) {
    if (rename_at(*from, from->name, *to, to->name, RENAME_NOREPLACE) != 0) {
      return failure(file_error(errno, to->path));
    }
    return conflict_with(meddled(record.entries.back(), found ? *found : FileState{}));
  }
  for (const OpenPath* path : {&*from, &*to}) {
    if (auto synced = sync_folder(*path); !synced) return failure(synced.error());
  }
  return {};
}

// What is there now, as the record of a step that is about to replace it by what was there before.
Done keep_present(const Workspace& workspace, const PathRecord& record, CompensationLook& look) {
  PathRecord kept;
  for (auto entry = record.entries.rbegin(); entry != record.entries.rend(); ++entry) {
    FileRead present;
    const auto opened = open_entry(workspace, entry->path);
    const bool is_gone = !opened && (opened.error().code == ToolErrorCode::not_found ||
                                     opened.error().code == ToolErrorCode::not_a_directory);
    if (!opened && !is_gone) return std::unexpected(opened.error());
    if (opened) {
      auto read = read_state(*opened, record.is_move ? FileWish::hash : FileWish::content);
      if (!read) return std::unexpected(read.error());
      present = *std::move(read);
    }
    look.targets.push_back({entry->path, present.state.content});
    if (!record.is_move && is_as(present.state, entry->before)) continue;
    if (!record.is_move && present.state.kind == FileKind::file) {
      kept.contents.emplace_back(std::move(present.content));
    }
    kept.entries.push_back({entry->path, present.state, entry->before, true});
  }
  kept.is_move = record.is_move;
  look.undo = write_record(kept);
  return {};
}

}  // namespace

std::string reason_against(const Workspace& workspace, const PathRecord& record) {
  std::vector<std::string> more;
  if (auto repository = git_folder(workspace)) more.push_back(*std::move(repository));
  for (const PathEntry& entry : record.entries) {
    if (is_protected(entry.path, more)) return "'" + entry.path + "' is protected: it is never changed";
  }
  return {};
}

std::expected<CompensationLook, ToolError> look_at_record(const Workspace& workspace, const PathRecord& record) {
  PathsAhead present(workspace);
  CompensationLook look = present.take_back(record, {});
  const bool acts =
      look.verdict == UndoVerdict::restorable || (look.verdict == UndoVerdict::conflict && look.can_overwrite);
  if (!acts) return look;
  if (auto kept = keep_present(workspace, record, look); !kept) return std::unexpected(kept.error());
  return look;
}

CompensationResult restore_record(const Workspace& workspace, const PathRecord& record,
                                  const std::vector<UndoConflict>& agreed, const std::string& key) {
  std::vector<UndoConflict> aside;
  for (const PathEntry& entry : record.entries) {
    auto open = open_entry(workspace, entry.path);
    if (open && !record.is_move) {
      PathStep step(*open, entry, record, key);
      auto cleared = step.clear(agreed);
      if (!cleared) return failure(cleared.error());
      if (*cleared) aside.push_back(**std::move(cleared));
    }
  }
  PathsAhead present(workspace);
  CompensationLook look = present.take_back(record, {});
  if (!aside.empty()) {
    std::ranges::move(look.conflicts, std::back_inserter(aside));
    return {CompensationOutcome::conflict, std::move(aside), {}};
  }
  if (look.verdict == UndoVerdict::nothing_to_do) return {};
  // A second attempt finds some of what was agreed on done already.
  const bool is_agreed = look.can_overwrite && std::ranges::all_of(look.conflicts, [&](const UndoConflict& conflict) {
                           return std::ranges::find(agreed, conflict) != agreed.end();
                         });
  if (look.verdict == UndoVerdict::conflict && !is_agreed) {
    return {CompensationOutcome::conflict, std::move(look.conflicts), {}};
  }
  if (record.is_move) return restore_move(workspace, record);
  for (auto entry = record.entries.rbegin(); entry != record.entries.rend(); ++entry) {
    auto open = open_entry(workspace, entry->path);
    if (!open) {
      // A folder that is not there takes what shall not be there with it.
      const bool is_gone = open.error().code == ToolErrorCode::not_found && entry->before.kind == FileKind::absent;
      if (is_gone) continue;
      return failure(open.error());
    }
    const auto found = state_at(*open);
    if (!found) return failure(found.error());
    if (is_as(*found, entry->before)) continue;
    PathStep step(*open, *entry, record, key);
    auto restored = step.restore(*found);
    if (!restored) return failure(restored.error());
    if (*restored) return conflict_with(**std::move(restored));
  }
  return {};
}

}  // namespace orchestrator::harness::tools
