// SPDX-License-Identifier: Apache-2.0
#include "tools/files/paths_ahead.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness::tools {
namespace {

bool means_absent(ToolErrorCode code) {
  return code == ToolErrorCode::not_found || code == ToolErrorCode::not_a_directory;
}

std::string octal(std::uint32_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

std::string name_in(const FileState& state) {
  switch (state.kind) {
    case FileKind::absent:
      return "nothing";
    case FileKind::file:
      return "a file";
    case FileKind::folder:
      return "a folder";
    case FileKind::link:
      return "a link";
    case FileKind::other:
      return "something else";
  }
  return "something else";
}

std::optional<Hash> hash_of(const FileState& state) {
  return state.kind == FileKind::link ? std::optional(sha256(state.target)) : state.content;
}

UndoConflict conflict_of(const PathEntry& entry, const FileState& found) {
  UndoConflict conflict;
  conflict.target = entry.path;
  conflict.found = hash_of(found);
  if (!entry.after) {
    conflict.reason = "what the call left is not known, and " + name_in(found) + " is there";
    return conflict;
  }
  conflict.expected = hash_of(*entry.after);
  if (found.kind != entry.after->kind) {
    conflict.reason = "the call left " + name_in(*entry.after) + ", " + name_in(found) + " is there";
  } else if (conflict.expected != conflict.found) {
    conflict.reason = "its content is another";
  } else {
    conflict.reason = "its mode is " + octal(found.mode) + ", the call left " + octal(entry.after->mode);
  }
  return conflict;
}

std::string plan_of(const PathEntry& entry) {
  switch (entry.before.kind) {
    case FileKind::absent:
      return "removes " + entry.path;
    case FileKind::file:
      return "restores " + entry.path + ", " + std::to_string(entry.before.size_bytes) + " bytes";
    case FileKind::folder:
      return "restores the folder " + entry.path;
    case FileKind::link:
      return "restores the link " + entry.path;
    case FileKind::other:
      break;
  }
  return "restores " + entry.path;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

void add_reason(std::string& reason, const std::string& more) { reason += (reason.empty() ? "" : "; ") + more; }

}  // namespace

// From the last thing that was taken back to the first: the state that one of them gives the path, or where the path
// lies in the workspace as it is.
std::optional<FileState> PathsAhead::above_world(std::string& path) const {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    if (!layer->moved_to.empty()) {
      if (path == layer->path || is_below(path, layer->path)) {
        path = layer->moved_to + path.substr(layer->path.size());
      } else if (path == layer->moved_to || is_below(path, layer->moved_to)) {
        return FileState{};
      }
    } else if (path == layer->path) {
      return layer->before;
    } else if (is_below(path, layer->path) && layer->before.kind != FileKind::folder) {
      return FileState{};
    }
  }
  return std::nullopt;
}

// Where a folder lies in the workspace as it is, whatever became of its own mode or existence; empty: nowhere.
std::string PathsAhead::place_in_world(std::string path) const {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    if (layer->moved_to.empty()) continue;
    if (path == layer->path || is_below(path, layer->path)) {
      path = layer->moved_to + path.substr(layer->path.size());
    } else if (path == layer->moved_to || is_below(path, layer->moved_to)) {
      return {};
    }
  }
  return path;
}

std::expected<FileState, ToolError> PathsAhead::read(const std::string& path) const {
  std::string place = path;
  if (const auto above = above_world(place)) return *above;
  const auto opened = open_path(workspace_, place);
  if (!opened) {
    if (means_absent(opened.error().code)) return FileState{};
    return std::unexpected(opened.error());
  }
  if (opened->path != place) {
    return std::unexpected(
        ToolError{ToolErrorCode::stale_file, "a folder on the way to '" + place + "' has become a link", "/path", {}});
  }
  auto read = read_state(*opened, FileWish::hash);
  if (!read) return std::unexpected(read.error());
  return std::move(read->state);
}

std::expected<bool, ToolError> PathsAhead::is_there(const std::string& path) const {
  std::string place = path;
  if (const auto above = above_world(place)) return above->kind != FileKind::absent;
  const auto opened = open_path(workspace_, place);
  if (!opened) {
    if (means_absent(opened.error().code)) return false;
    return std::unexpected(opened.error());
  }
  struct stat found{};
  if (::fstatat(opened->folder.get(), opened->name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno == ENOENT) return false;
  return std::unexpected(file_error(errno, place));
}

// The path of something in the folder, or empty.
std::expected<std::string, ToolError> PathsAhead::something_in(const std::string& folder) const {
  std::vector<std::string> candidates;
  for (const Layer& layer : layers_) {
    if (parent_of(layer.path) == folder) candidates.push_back(layer.path);
  }
  if (const std::string place = place_in_world(folder); !place.empty()) {
    auto opened = open_beneath(workspace_, place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!opened && !means_absent(opened.error().code)) return std::unexpected(opened.error());
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opened ? ::fdopendir(opened->get()) : nullptr, ::closedir);
    if (entries) (void)opened->release();
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
      const std::string name(static_cast<const char*>(entry->d_name));
      if (name == "." || name == "..") continue;
      auto there = is_there(folder + "/" + name);
      if (!there) return std::unexpected(there.error());
      if (*there) return folder + "/" + name;
    }
  }
  for (const std::string& path : candidates) {
    auto there = is_there(path);
    if (!there) return std::unexpected(there.error());
    if (*there) return path;
  }
  return std::string();
}

std::expected<CompensationLook, ToolError> PathsAhead::judge_move(const PathRecord& record) const {
  const PathEntry& from = record.entries.front();
  const PathEntry& to = record.entries.back();
  CompensationLook look;
  look.can_overwrite = false;
  const auto at_from = read(from.path);
  if (!at_from) return std::unexpected(at_from.error());
  const auto at_to = read(to.path);
  if (!at_to) return std::unexpected(at_to.error());
  if (is_as(*at_from, from.before) && at_to->kind == FileKind::absent) {
    look.verdict = UndoVerdict::nothing_to_do;
    look.reason = from.path + " is in its place";
    return look;
  }
  if (at_from->kind != FileKind::absent) look.conflicts.push_back(conflict_of(from, *at_from));
  if (!to.after || !is_as(*at_to, *to.after)) look.conflicts.push_back(conflict_of(to, *at_to));
  for (UndoConflict& conflict : look.conflicts) {
    conflict.reason += "; a move goes back only where nothing has changed, and cannot be overwritten";
  }
  look.verdict = look.conflicts.empty() ? UndoVerdict::restorable : UndoVerdict::conflict;
  look.reason = "moves " + to.path + " back to " + from.path;
  return look;
}

std::expected<void, ToolError> PathsAhead::judge_entry(const PathEntry& entry, CompensationLook& look,
                                                       bool& is_changed) {
  const auto found = read(entry.path);
  if (!found) return std::unexpected(found.error());
  if (is_as(*found, entry.before)) return {};
  is_changed = true;
  const bool is_as_left = entry.after && is_as(*found, *entry.after, entry.is_mode_known);
  if (!is_as_left) {
    look.conflicts.push_back(conflict_of(entry, *found));
    if (found->kind == FileKind::other) {
      look.conflicts.back().reason += "; it cannot be overwritten";
      look.can_overwrite = false;
    }
  }
  if (found->kind == FileKind::folder && entry.before.kind != FileKind::folder) {
    const auto inside = something_in(entry.path);
    if (!inside) return std::unexpected(inside.error());
    if (!inside->empty()) {
      // What lies in it is nobody's to lose: consent is about the folder that the call left.
      const auto state = read(*inside);
      UndoConflict conflict;
      conflict.target = *inside;
      if (state) conflict.found = hash_of(*state);
      conflict.reason = "it lies in the folder " + entry.path +
                        ", which goes only when it is empty; it cannot be overwritten: take it out of there first";
      look.conflicts.push_back(std::move(conflict));
      look.can_overwrite = false;
    }
  }
  add_reason(look.reason, plan_of(entry));
  layers_.push_back({entry.path, entry.before, {}});
  return {};
}

CompensationLook PathsAhead::take_back(const PathRecord& record, const UndoConsent& consent) {
  const std::size_t layers_before = layers_.size();
  auto look = judge(record, consent);
  if (look) return *std::move(look);
  layers_.resize(layers_before);
  CompensationLook unseen;
  unseen.verdict = UndoVerdict::conflict;
  unseen.can_overwrite = false;
  unseen.conflicts.push_back({record.entries.front().path, {}, {}, look.error().message});
  return unseen;
}

std::expected<CompensationLook, ToolError> PathsAhead::judge(const PathRecord& record, const UndoConsent& consent) {
  if (record.is_move) {
    auto look = judge_move(record);
    if (look && look->verdict == UndoVerdict::restorable) {
      layers_.push_back({record.entries.front().path, {}, record.entries.back().path});
    }
    return look;
  }
  const std::size_t layers_before = layers_.size();
  CompensationLook look;
  bool is_changed = false;
  for (auto entry = record.entries.rbegin(); entry != record.entries.rend(); ++entry) {
    if (auto judged = judge_entry(*entry, look, is_changed); !judged) return std::unexpected(judged.error());
  }
  if (!is_changed) {
    look.verdict = UndoVerdict::nothing_to_do;
    look.reason = "everything is as it was before";
  } else if (look.conflicts.empty()) {
    look.verdict = UndoVerdict::restorable;
  } else {
    look.verdict = UndoVerdict::conflict;
    if (!look.can_overwrite || !covers(consent, look.conflicts)) layers_.resize(layers_before);
  }
  return look;
}

}  // namespace orchestrator::harness::tools
