// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "event/json_writer.hpp"
#include "tools/built_in.hpp"
#include "tools/files/changing_tool.hpp"
#include "tools/files/line_diff.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr const char* kSchema = R"json({
  "type": "object",
  "properties": {
    "path": {"type": "string", "description": "the file, from the workspace"},
    "content": {"type": "string", "description": "all of the new content"}
  },
  "required": ["path", "content"],
  "additionalProperties": false
})json";

ToolError too_large(std::size_t size_bytes, const char* at) {
  return {
      ToolErrorCode::file_too_large,
      "the content would have " + std::to_string(size_bytes) + " bytes, the limit is " + std::to_string(kFileBytesMax),
      at,
      {}};
}

class WriteFile final : public ChangingTool {
 public:
  explicit WriteFile(const BuiltInToolsConfig& config)
      : ChangingTool("write_file", "Writes a file: a new one, or all of one that is there. Its folder must be there.",
                     kSchema, config.protected_paths) {}

 protected:
  std::expected<FileChange, ToolError> plan(const boost::json::object& arguments,
                                            const Workspace& workspace) const override {
    auto path = open_changing(workspace, text_of(arguments, "path"));
    if (!path) return std::unexpected(path.error());
    return plan_write(*path, text_of(arguments, "content"));
  }

 public:
  static std::expected<FileChange, ToolError> plan_write(const OpenPath& path, std::string content) {
    if (content.size() > kFileBytesMax) return std::unexpected(too_large(content.size(), "/content"));
    auto before = read_state(path);
    if (!before) return std::unexpected(before.error());
    if (before->state.kind != FileKind::absent && before->state.kind != FileKind::file) {
      return std::unexpected(ToolError{ToolErrorCode::not_a_regular_file,
                                       "'" + path.path + "' is a " + std::string(name_of(before->state.kind)),
                                       "/path",
                                       {}});
    }
    FileChange change;
    change.action = FileChange::Action::write;
    FileState after = before->state;
    after.kind = FileKind::file;
    after.size_bytes = content.size();
    after.content = sha256(content);
    const bool is_text = event::is_valid_utf8(before->content) && event::is_valid_utf8(content);
    change.preview = is_text ? line_diff(path.path, before->content, content) : std::string();
    if (change.preview.empty()) {
      change.preview = "write " + path.path + ": " + std::to_string(content.size()) + " bytes" +
                       (before->content == content ? ", as they are already" : "");
    }
    if (before->state.links > 1) {
      change.preview +=
          "\n(the file has " + std::to_string(before->state.links) + " names: the others keep the old content)";
    }
    change.done = (before->state.kind == FileKind::absent ? "created " : "wrote ") + path.path + ": " +
                  std::to_string(content.size()) + " bytes";
    change.content = std::move(content);
    change.paths.push_back({path.path, *std::move(before), std::move(after)});
    return change;
  }
};

constexpr const char* kEditSchema = R"json({
  "type": "object",
  "properties": {
    "path": {"type": "string", "description": "the file, from the workspace"},
    "old": {"type": "string", "description": "the text that is there now, exactly"},
    "new": {"type": "string", "description": "what takes its place"},
    "all": {"type": "boolean", "description": "replace every place, not just the only one"}
  },
  "required": ["path", "old", "new"],
  "additionalProperties": false
})json";

class EditFile final : public ChangingTool {
 public:
  explicit EditFile(const BuiltInToolsConfig& config)
      : ChangingTool(
            "edit_file",
            "Replaces a text in a file by another. The old text must be there exactly once, unless all is true.",
            kEditSchema, config.protected_paths) {}

 protected:
  std::expected<FileChange, ToolError> plan(const boost::json::object& arguments,
                                            const Workspace& workspace) const override {
    auto path = open_changing(workspace, text_of(arguments, "path"));
    if (!path) return std::unexpected(path.error());
    auto before = read_state(*path);
    if (!before) return std::unexpected(before.error());
    if (before->state.kind == FileKind::absent) return std::unexpected(file_error(ENOENT, path->path));
    if (before->state.kind != FileKind::file) {
      return std::unexpected(ToolError{ToolErrorCode::not_a_regular_file,
                                       "'" + path->path + "' is a " + std::string(name_of(before->state.kind)),
                                       "/path",
                                       {}});
    }
    const boost::json::value* all = arguments.if_contains("all");
    auto edited = replaced(before->content, text_of(arguments, "old"), text_of(arguments, "new"),
                           all != nullptr && all->is_bool() && all->get_bool());
    if (!edited) return std::unexpected(edited.error());
    return WriteFile::plan_write(*path, *std::move(edited));
  }

 private:
  static std::expected<std::string, ToolError> replaced(const std::string& content, const std::string& old,
                                                        const std::string& replacement, bool all) {
    if (old.empty()) {
      return std::unexpected(ToolError{ToolErrorCode::edit_empty, "the old text is empty", "/old", {}});
    }
    // Places that overlap are as many choices; all of them can only be taken one after the other.
    const std::size_t step = all ? old.size() : 1;
    std::vector<std::size_t> places;
    for (std::size_t at = content.find(old); at != std::string::npos; at = content.find(old, at + step)) {
      places.push_back(at);
    }
    if (places.empty()) {
      return std::unexpected(
          ToolError{ToolErrorCode::edit_no_match, "the old text is not in the file, exactly as given", "/old", {}});
    }
    if (places.size() > 1 && !all) {
      std::string lines;
      for (std::size_t i = 0; i < places.size() && i < 10; ++i) {
        const auto line =
            1 + std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(places[i]), '\n');
        lines += (i == 0 ? "" : ", ") + std::to_string(line);
      }
      return std::unexpected(ToolError{ToolErrorCode::edit_ambiguous,
                                       "the old text is there " + std::to_string(places.size()) + " times, in lines " +
                                           lines + (places.size() > 10 ? ", ..." : "") + "; give more of it, or all",
                                       "/old",
                                       {}});
    }
    const std::size_t size = content.size() - places.size() * old.size() + places.size() * replacement.size();
    if (size > kFileBytesMax) return std::unexpected(too_large(size, "/new"));
    std::string edited;
    edited.reserve(size);
    std::size_t begin = 0;
    for (const std::size_t at : places) {
      edited.append(content, begin, at - begin);
      edited += replacement;
      begin = at + old.size();
    }
    edited.append(content, begin);
    return edited;
  }
};

}  // namespace

std::shared_ptr<Tool> make_write_file(const BuiltInToolsConfig& config) { return std::make_shared<WriteFile>(config); }
std::shared_ptr<Tool> make_edit_file(const BuiltInToolsConfig& config) { return std::make_shared<EditFile>(config); }

}  // namespace orchestrator::harness::tools
