// SPDX-License-Identifier: Apache-2.0
// Tools that look through folders: what is there, and where a text is.
#include <boost/asio/awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "codec/text_filter.hpp"
#include "event/json_writer.hpp"
#include "tools/built_in.hpp"
#include "tools/files/changing_tool.hpp"
#include "tools/files/folder_walk.hpp"
#include "tools/files/ignore_rules.hpp"
#include "tools/files/off_thread.hpp"
#include "tools/sandbox/secret_paths.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::size_t kListedMax = 2'000;
constexpr std::size_t kHitsMax = 200;
constexpr std::size_t kPatternBytesMax = 1'000;
constexpr std::size_t kLineBytesMax = 300;
constexpr std::int64_t kPatternMemoryBytes = 8 << 20;
constexpr std::uint32_t kDepthMost = 64;

constexpr const char* kListSchema = R"json({
  "type": "object",
  "properties": {
    "path": {"type": "string", "description": "the folder, from the workspace; default: all of it"},
    "depth": {"type": "integer", "minimum": 1, "maximum": 64, "description": "levels of folders; default 3"},
    "glob": {"type": "string", "description": "only paths like this: * and ? within a name, ** over folders"},
    "ignored": {"type": "boolean", "description": "also what git ignores"}
  },
  "additionalProperties": false
})json";

constexpr const char* kSearchSchema = R"json({
  "type": "object",
  "properties": {
    "pattern": {"type": "string", "description": "a regular expression (RE2)"},
    "path": {"type": "string", "description": "the folder, from the workspace; default: all of it"},
    "glob": {"type": "string", "description": "only files like this: * and ? within a name, ** over folders"},
    "ignore_case": {"type": "boolean"}
  },
  "required": ["pattern"],
  "additionalProperties": false
})json";

ToolResult failure(const ToolError& error) { return ToolResult::failure(error.code, error.message, error.at); }

bool truth_of(const boost::json::object& arguments, std::string_view name) {
  const boost::json::value* value = arguments.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string folder_of(const boost::json::object& arguments) {
  std::string path = text_of(arguments, "path");
  return path.empty() ? std::string(".") : path;
}

// Without a slash a glob is about the name alone.
class Glob {
 public:
  explicit Glob(const std::string& text)
      : of_name_(text.find('/') == std::string::npos), expression_(text.empty() ? nullptr : compile_glob(text)) {}
  [[nodiscard]] bool takes(std::string_view path) const {
    if (!expression_) return true;
    if (of_name_) path = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
    return re2::RE2::FullMatch(re2::StringPiece(path.data(), path.size()), *expression_);
  }

 private:
  bool of_name_;
  std::shared_ptr<const re2::RE2> expression_;  // empty: everything
};

ToolResult list(const ToolCall& call, const ToolContext& context) {
  if (!context.workspace) return failure(no_workspace());
  const auto arguments = object_of(call);
  if (!arguments) return failure(arguments.error());
  const boost::json::value* depth = arguments->if_contains("depth");
  const std::uint32_t levels = depth != nullptr && depth->is_number() ? depth->to_number<std::uint32_t>() : 3;
  const WalkOptions options{levels - 1, !truth_of(*arguments, "ignored"), context.cancellation};
  const Glob glob(text_of(*arguments, "glob"));
  std::string text;
  std::size_t listed = 0;
  const auto whole = walk(*context.workspace, folder_of(*arguments), options, [&](const WalkedEntry& entry) {
    if (!glob.takes(entry.path)) return true;
    if (++listed > kListedMax) return false;
    text += codec::one_line(entry.path, 4'096);
    if (entry.kind == FileKind::folder) text += "/";
    if (entry.kind == FileKind::file) text += "  " + std::to_string(entry.size_bytes);
    if (entry.kind == FileKind::link) text += "  (link)";
    if (entry.kind == FileKind::other) text += "  (no regular file)";
    text += "\n";
    return true;
  });
  if (!whole) return failure(whole.error());
  if (listed > kListedMax || !*whole) text += "[scan_limit: there is more that is not listed]\n";
  return ToolResult::text(text.empty() ? "nothing is there\n" : std::move(text));
}

class Search {
 public:
  Search(const ToolContext& context, const re2::RE2& pattern) : context_(context), pattern_(pattern) {}

  // False once there are enough hits.
  bool file(const std::string& path) {
    const auto opened = open_beneath(*context_.workspace, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!opened) return true;
    std::string content = content_of(opened->get());
    if (content.find('\0') != std::string::npos) return true;
    if (content.size() > kFileBytesMax) {
      ++partly_searched_;
      const std::size_t end = content.rfind('\n', kFileBytesMax - 1);
      content.resize(end == content.npos ? 0 : end + 1);  // whole lines
    }
    if (!event::is_valid_utf8(content)) return true;
    std::size_t line = 1;
    for (std::size_t begin = 0; begin < content.size(); ++line) {
      const std::size_t end = std::min(content.find('\n', begin), content.size());
      const std::string_view text(content.data() + begin, end - begin);
      begin = end + 1;
      if (!re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern_)) continue;
      if (++hits_ > kHitsMax) return false;
      found_ += path + ":" + std::to_string(line) + ": " + codec::one_line(text, kLineBytesMax) + "\n";
    }
    return true;
  }
  std::string take() { return std::move(found_); }
  [[nodiscard]] bool is_full() const { return hits_ > kHitsMax; }
  [[nodiscard]] std::size_t partly_searched() const { return partly_searched_; }

 private:
  // A byte more than what is searched of a file, to tell a longer one.
  static std::string content_of(int number) {
    std::string content;
    std::array<char, 64 << 10> buffer;
    while (content.size() <= kFileBytesMax) {
      const ssize_t got = ::read(number, buffer.data(), buffer.size());
      if (got <= 0) break;
      content.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return content;
  }

  const ToolContext& context_;
  const re2::RE2& pattern_;
  std::string found_;
  std::size_t hits_ = 0;
  std::size_t partly_searched_ = 0;
};

ToolResult search(const ToolCall& call, const ToolContext& context) {
  if (!context.workspace) return failure(no_workspace());
  const auto arguments = object_of(call);
  if (!arguments) return failure(arguments.error());
  const std::string text = text_of(*arguments, "pattern");
  if (text.size() > kPatternBytesMax) {
    return ToolResult::failure(ToolErrorCode::pattern_too_long,
                               "the pattern has " + std::to_string(text.size()) + " bytes, the limit is 1000",
                               "/pattern");
  }
  re2::RE2::Options settings;
  settings.set_log_errors(false);
  settings.set_max_mem(kPatternMemoryBytes);
  settings.set_case_sensitive(!truth_of(*arguments, "ignore_case"));
  const re2::RE2 pattern(text, settings);
  if (!pattern.ok()) {
    const std::size_t position = text.find(pattern.error_arg());
    return ToolResult::failure(ToolErrorCode::bad_pattern,
                               "the pattern does not read near byte " +
                                   std::to_string(position == std::string::npos ? 0 : position) + ": " +
                                   pattern.error(),
                               "/pattern");
  }
  const WalkOptions options{kDepthMost, true, context.cancellation};
  const Glob glob(text_of(*arguments, "glob"));
  Search searching(context, pattern);
  const auto whole = walk(*context.workspace, folder_of(*arguments), options, [&](const WalkedEntry& entry) {
    if (entry.kind != FileKind::file || !glob.takes(entry.path)) return true;
    return searching.file(entry.path);
  });
  if (!whole) return failure(whole.error());
  std::string found = searching.take();
  if (searching.is_full()) found += "[scan_limit: more than 200 lines match; narrow the search]\n";
  if (searching.partly_searched() > 0) {
    found += "[scan_limit: files that are searched in their first 10 MiB alone: " +
             std::to_string(searching.partly_searched()) + "]\n";
  }
  if (!*whole) found += "[scan_limit: the workspace has more entries than are looked at]\n";
  return ToolResult::text(found.empty() ? "nothing matches\n" : std::move(found));
}

// Names alone tell little, but for those of a folder of keys.
bool lists_secrets(const ToolCall& call, const ToolContext& context) {
  const auto arguments = object_of(call);
  return context.workspace && arguments && leads_to_secrets(*context.workspace, folder_of(*arguments));
}

// Whether a file that looks as if it held secrets is among those that would be searched.
bool may_search_secrets(const ToolCall& call, const ToolContext& context) {
  const auto arguments = object_of(call);
  if (!context.workspace || !arguments) return false;
  if (leads_to_secrets(*context.workspace, folder_of(*arguments))) return true;
  const Glob glob(text_of(*arguments, "glob"));
  bool has_found = false;
  const WalkOptions options{kDepthMost, true, context.cancellation};
  const auto whole = walk(*context.workspace, folder_of(*arguments), options, [&](const WalkedEntry& entry) {
    has_found = entry.kind == FileKind::file && glob.takes(entry.path) && may_hold_secrets(entry.path);
    return !has_found;
  });
  return whole && (has_found || !*whole);
}

class LookingTool final : public Tool {
 public:
  using Look = ToolResult (*)(const ToolCall&, const ToolContext&);
  using Judge = bool (*)(const ToolCall&, const ToolContext&);
  LookingTool(const char* name, const char* description, const char* schema, Look look, Judge may_find_secrets)
      : look_(look), may_find_secrets_(may_find_secrets) {
    spec_.name = name;
    spec_.description = description;
    spec_.input_schema = {schema};
    spec_.effect_class = EffectClass::pure;
    spec_.reach = ToolReach::inside;
  }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall call, ToolContext context) override {
    std::function<ToolPreparation()> judge = [may_find_secrets = may_find_secrets_, call, context] {
      ToolPreparation preparation;
      if (may_find_secrets(call, context)) preparation.reach = ToolReach::secrets;
      const auto arguments = object_of(call);
      if (!context.workspace || !arguments) return preparation;
      if (auto place = place_behind(*context.workspace, folder_of(*arguments))) {
        preparation.targets.push_back({*std::move(place), std::nullopt});
      }
      return preparation;
    };
    ToolPreparation preparation = co_await off_thread(std::move(judge));
    co_return preparation;
  }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation, ToolContext context) override {
    std::function<ToolResult()> work = [look = look_, call, context] { return look(call, context); };
    co_return co_await off_thread(std::move(work));
  }

 private:
  ToolSpec spec_;
  Look look_;
  Judge may_find_secrets_;
};

}  // namespace

std::shared_ptr<Tool> make_list_files(const BuiltInToolsConfig&) {
  return std::make_shared<LookingTool>("list_files", "Lists what is in a folder of the workspace, with sizes in bytes.",
                                       kListSchema, list, lists_secrets);
}

std::shared_ptr<Tool> make_search_files(const BuiltInToolsConfig&) {
  return std::make_shared<LookingTool>(
      "search_files", "Finds lines that match a regular expression, in files that git does not ignore.", kSearchSchema,
      search, may_search_secrets);
}

}  // namespace orchestrator::harness::tools
