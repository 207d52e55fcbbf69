// SPDX-License-Identifier: Apache-2.0
// Tools that change what is where, and no content: move, delete, make a folder.
#include <cerrno>
#include <utility>

#include "tools/built_in.hpp"
#include "tools/files/changing_tool.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr const char* kMoveSchema = R"json({
  "type": "object",
  "properties": {
    "from": {"type": "string", "description": "the file, folder or link, from the workspace"},
    "to": {"type": "string", "description": "its new path; nothing may be there"}
  },
  "required": ["from", "to"],
  "additionalProperties": false
})json";

constexpr const char* kPathSchema = R"json({
  "type": "object",
  "properties": {"path": {"type": "string", "description": "the path, from the workspace"}},
  "required": ["path"],
  "additionalProperties": false
})json";

class MoveFile final : public ChangingTool {
 public:
  explicit MoveFile(const BuiltInToolsConfig& config)
      : ChangingTool("move_file", "Moves or renames a file, a folder or a link. Nothing is overwritten.", kMoveSchema,
                     config.protected_paths) {}

 protected:
  std::expected<FileChange, ToolError> plan(const boost::json::object& arguments,
                                            const Workspace& workspace) const override {
    auto from = open_moving(workspace, text_of(arguments, "from"));
    if (!from) return std::unexpected(from.error());
    auto to = open_changing(workspace, text_of(arguments, "to"));
    if (!to) return std::unexpected(to.error());
    auto source = read_state(*from, FileWish::hash);
    if (!source) return std::unexpected(source.error());
    if (source->state.kind == FileKind::absent) return std::unexpected(file_error(ENOENT, from->path));
    if (source->state.kind == FileKind::other) {
      return std::unexpected(
          ToolError{ToolErrorCode::not_a_regular_file, "'" + from->path + "' is no file, folder or link", "/from", {}});
    }
    auto target = read_state(*to, FileWish::hash);
    if (!target) return std::unexpected(target.error());
    if (target->state.kind != FileKind::absent) return std::unexpected(file_error(EEXIST, to->path));
    FileChange change;
    change.action = FileChange::Action::move;
    change.preview = "move " + from->path + "\n  to " + to->path;
    change.done = "moved " + from->path + " to " + to->path;
    FileState moved = source->state;
    change.paths.push_back({from->path, *std::move(source), FileState{}});
    change.paths.push_back({to->path, *std::move(target), std::move(moved)});
    return change;
  }
};

class DeleteFile final : public ChangingTool {
 public:
  explicit DeleteFile(const BuiltInToolsConfig& config)
      : ChangingTool("delete_file", "Deletes a file, a link or an empty folder.", kPathSchema, config.protected_paths) {
  }

 protected:
  std::expected<FileChange, ToolError> plan(const boost::json::object& arguments,
                                            const Workspace& workspace) const override {
    auto path = open_changing(workspace, text_of(arguments, "path"));
    if (!path) return std::unexpected(path.error());
    auto before = read_state(*path);
    if (!before) return std::unexpected(before.error());
    if (before->state.kind == FileKind::absent) return std::unexpected(file_error(ENOENT, path->path));
    if (before->state.kind == FileKind::other) {
      return std::unexpected(
          ToolError{ToolErrorCode::not_a_regular_file, "'" + path->path + "' is no file, folder or link", "/path", {}});
    }
    FileChange change;
    change.action = FileChange::Action::remove;
    const std::string kind(name_of(before->state.kind));
    change.preview = "delete the " + kind + " " + path->path;
    if (before->state.kind == FileKind::file) {
      change.preview += ", " + std::to_string(before->state.size_bytes) + " bytes";
    }
    change.done = "deleted " + path->path;
    change.paths.push_back({path->path, *std::move(before), FileState{}});
    return change;
  }
};

class MakeDirectory final : public ChangingTool {
 public:
  explicit MakeDirectory(const BuiltInToolsConfig& config)
      : ChangingTool("make_directory", "Makes a folder. The folder that it is in must be there.", kPathSchema,
                     config.protected_paths) {}

 protected:
  std::expected<FileChange, ToolError> plan(const boost::json::object& arguments,
                                            const Workspace& workspace) const override {
    auto path = open_changing(workspace, text_of(arguments, "path"));
    if (!path) return std::unexpected(path.error());
    auto before = read_state(*path);
    if (!before) return std::unexpected(before.error());
    if (before->state.kind != FileKind::absent) return std::unexpected(file_error(EEXIST, path->path));
    FileChange change;
    change.action = FileChange::Action::make_folder;
    change.preview = "make the folder " + path->path;
    change.done = "made " + path->path;
    FileState after;
    after.kind = FileKind::folder;
    change.paths.push_back({path->path, *std::move(before), std::move(after)});
    return change;
  }
};

}  // namespace

std::shared_ptr<Tool> make_move_file(const BuiltInToolsConfig& config) { return std::make_shared<MoveFile>(config); }
std::shared_ptr<Tool> make_delete_file(const BuiltInToolsConfig& config) {
  return std::make_shared<DeleteFile>(config);
}
std::shared_ptr<Tool> make_make_directory(const BuiltInToolsConfig& config) {
  return std::make_shared<MakeDirectory>(config);
}

}  // namespace orchestrator::harness::tools
