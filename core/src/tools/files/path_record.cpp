// SPDX-License-Identifier: Apache-2.0
#include "tools/files/path_record.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tools/files/workspace_path.hpp"

namespace orchestrator::harness {
namespace tools {
namespace {

namespace json = boost::json;

constexpr std::size_t kEntriesMax = 1'000;

const json::object* object_in(const json::object& holder, std::string_view name) {
  const json::value* value = holder.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

std::optional<PathEntry> read_entry(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const json::value* path = object->if_contains("path");
  const json::object* before = object_in(*object, "before");
  if (path == nullptr || !path->is_string() || before == nullptr) return std::nullopt;
  PathEntry entry;
  entry.path = std::string(path->get_string());
  entry.before = from_json(*before);
  if (const json::object* after = object_in(*object, "after")) {
    entry.after = from_json(*after);
    // The file tools do not plan the mode of something new.
    const bool is_unplanned = entry.before.kind == FileKind::absent && entry.after->mode == 0;
    entry.is_mode_known = after->contains("mode") && !is_unplanned;
  }
  return entry;
}

FileState as_state(const PathState& state) {
  FileState out;
  switch (state.kind) {
    case PathKind::absent:
      break;
    case PathKind::file:
      out.kind = FileKind::file;
      break;
    case PathKind::folder:
      out.kind = FileKind::folder;
      break;
    case PathKind::link:
      out.kind = FileKind::link;
      break;
  }
  out.mode = state.mode.value_or(0);
  out.content = state.content;
  out.target = state.target;
  return out;
}

// What is at a path that a call is about to change.
std::expected<std::pair<std::string, FileRead>, ToolError> read_path(const Workspace& workspace,
                                                                     const std::string& path, FileWish wish) {
  auto opened = open_path(workspace, path);
  if (!opened) return std::unexpected(opened.error());
  if (opened->path == ".") {
    return std::unexpected(ToolError{ToolErrorCode::path_invalid, "that is the workspace itself", "/path", {}});
  }
  std::vector<std::string> more;
  if (auto repository = git_folder(workspace)) more.push_back(*std::move(repository));
  if (is_protected(opened->path, more)) {
    return std::unexpected(ToolError{
        ToolErrorCode::protected_path, "'" + opened->path + "' is protected: tools never change it", "/path", {}});
  }
  auto read = read_state(*opened, wish);
  if (!read) return std::unexpected(read.error());
  if (read->state.kind == FileKind::other) {
    return std::unexpected(
        ToolError{ToolErrorCode::not_a_regular_file, "'" + opened->path + "' is no file, folder or link", "/path", {}});
  }
  return std::pair(opened->path, *std::move(read));
}

}  // namespace

const SharedBytes* PathRecord::content(const Hash& hash) const {
  const auto found = std::ranges::find(contents, hash, &SharedBytes::hash);
  return found == contents.end() ? nullptr : &*found;
}

std::optional<PathRecord> read_record(const UndoRecord& undo) {
  json::error_code failed;
  const json::value value = json::parse(undo.data.text, failed);
  if (failed || !value.is_object()) return std::nullopt;
  const json::value* action = value.get_object().if_contains("action");
  const json::value* paths = value.get_object().if_contains("paths");
  if (action == nullptr || !action->is_string() || paths == nullptr || !paths->is_array()) return std::nullopt;
  PathRecord record;
  record.is_move = action->get_string() == "move";
  record.contents = undo.blobs;
  for (const json::value& one : paths->get_array()) {
    auto entry = read_entry(one);
    if (!entry || record.entries.size() == kEntriesMax) return std::nullopt;
    record.entries.push_back(*std::move(entry));
  }
  const bool is_whole = record.is_move ? record.entries.size() == 2 : !record.entries.empty();
  if (!is_whole) return std::nullopt;
  return record;
}

UndoRecord write_record(const PathRecord& record) {
  json::array paths;
  for (const PathEntry& entry : record.entries) {
    json::object one{{"path", entry.path}, {"before", to_json(entry.before)}, {"after", nullptr}};
    if (entry.after) {
      json::object after = to_json(*entry.after);
      if (!entry.is_mode_known) after.erase("mode");
      one["after"] = std::move(after);
    }
    paths.emplace_back(std::move(one));
  }
  UndoRecord undo;
  undo.data.text =
      json::serialize(json::object{{"action", record.is_move ? "move" : "change"}, {"paths", std::move(paths)}});
  undo.blobs = record.contents;
  return undo;
}

bool is_as(const FileState& found, const FileState& wanted, bool is_mode_known) {
  if (found.kind != wanted.kind) return false;
  const bool has_mode = found.kind == FileKind::file || found.kind == FileKind::folder;
  if (has_mode && is_mode_known && found.mode != wanted.mode) return false;
  return found.content == wanted.content && found.target == wanted.target;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder);
}

}  // namespace tools

std::expected<UndoRecord, ToolError> record_paths(const Workspace& workspace,
                                                  const std::vector<PathChangePlan>& changes) {
  tools::PathRecord record;
  for (const PathChangePlan& change : changes) {
    auto read = tools::read_path(workspace, change.path, tools::FileWish::content);
    if (!read) return std::unexpected(read.error());
    auto& [path, found] = *read;
    const bool is_double = std::ranges::find(record.entries, path, &tools::PathEntry::path) != record.entries.end();
    if (is_double || record.entries.size() == tools::kEntriesMax) {
      return std::unexpected(ToolError{ToolErrorCode::path_invalid,
                                       is_double ? "'" + path + "' is named twice" : "more than 1000 paths",
                                       "/path",
                                       {}});
    }
    if (found.state.kind == tools::FileKind::file) record.contents.emplace_back(std::move(found.content));
    tools::PathEntry entry{path, found.state, std::nullopt, true};
    const bool is_told = change.after && (change.after->kind != PathKind::file || change.after->content);
    if (is_told) {
      entry.after = tools::as_state(*change.after);
      entry.is_mode_known = change.after->mode.has_value();
    }
    record.entries.push_back(std::move(entry));
  }
  if (record.entries.empty()) {
    return std::unexpected(ToolError{ToolErrorCode::path_invalid, "no path is named", "/path", {}});
  }
  return tools::write_record(record);
}

std::expected<UndoRecord, ToolError> record_move(const Workspace& workspace, const std::string& from,
                                                 const std::string& to) {
  auto source = tools::read_path(workspace, from, tools::FileWish::hash);
  if (!source) return std::unexpected(source.error());
  auto target = tools::read_path(workspace, to, tools::FileWish::hash);
  if (!target) return std::unexpected(target.error());
  if (source->second.state.kind == tools::FileKind::absent) {
    return std::unexpected(tools::file_error(ENOENT, source->first));
  }
  if (target->second.state.kind != tools::FileKind::absent) {
    return std::unexpected(tools::file_error(EEXIST, target->first));
  }
  tools::PathRecord record;
  record.is_move = true;
  record.entries.push_back({source->first, source->second.state, tools::FileState{}, true});
  record.entries.push_back({target->first, tools::FileState{}, source->second.state, true});
  return tools::write_record(record);
}

}  // namespace orchestrator::harness
