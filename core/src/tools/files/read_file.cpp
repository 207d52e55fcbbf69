// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/awaitable.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "event/json_writer.hpp"
#include "tools/built_in.hpp"
#include "tools/files/changing_tool.hpp"
#include "tools/files/off_thread.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::uint64_t kLinesMost = 1'000'000'000;  // as in the schema
constexpr const char* kSchema = R"json({
  "type": "object",
  "properties": {
    "path": {"type": "string", "description": "the file, from the workspace"},
    "first_line": {"type": "integer", "minimum": 1, "maximum": 1000000000, "description": "where to begin; default 1"},
    "lines": {"type": "integer", "minimum": 1, "maximum": 1000000000, "description": "how many lines; default all"}
  },
  "required": ["path"],
  "additionalProperties": false
})json";

std::string image_type(std::string_view content) {
  if (content.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (content.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (content.starts_with("GIF8")) return "image/gif";
  if (content.size() > 12 && content.starts_with("RIFF") && content.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

// Links are followed as far as they stay inside.
std::expected<std::string, ToolError> content_of(const Workspace& workspace, const std::string& path) {
  auto file = open_beneath(workspace, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::unexpected(file.error());
  struct stat found{};
  if (::fstat(file->get(), &found) != 0) return std::unexpected(file_error(errno, path));
  if (!S_ISREG(found.st_mode)) {
    return std::unexpected(ToolError{ToolErrorCode::not_a_regular_file,
                                     "'" + path + "' is " + (S_ISDIR(found.st_mode) ? "a folder" : "no regular file"),
                                     "/path",
                                     {}});
  }
  if (static_cast<std::uint64_t>(found.st_size) > kFileBytesMax) {
    return std::unexpected(ToolError{
        ToolErrorCode::file_too_large,
        "'" + path + "' has " + std::to_string(found.st_size) + " bytes, the limit is " + std::to_string(kFileBytesMax),
        "/path",
        {}});
  }
  std::string content;
  std::array<char, 64 << 10> buffer;
  for (;;) {
    const ssize_t got = ::read(file->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(file_error(errno, path));
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > kFileBytesMax) {
      return std::unexpected(
          ToolError{ToolErrorCode::file_too_large, "'" + path + "' grew past 10485760 bytes", "/path", {}});
    }
  }
}

std::string some_lines(std::string_view content, std::uint64_t first, std::uint64_t count) {
  std::size_t begin = 0;
  for (std::uint64_t line = 1; line < first && begin < content.size(); ++line) {
    begin = std::min(content.find('\n', begin), content.size() - 1) + 1;
  }
  std::size_t end = begin;
  for (std::uint64_t line = 0; line < count && end < content.size(); ++line) {
    end = std::min(content.find('\n', end), content.size() - 1) + 1;
  }
  return std::string(content.substr(begin, end - begin));
}

ToolResult read(const ToolCall& call, const ToolContext& context) {
  if (!context.workspace) return ToolResult::failure(no_workspace().code, no_workspace().message);
  const auto arguments = object_of(call);
  if (!arguments) return ToolResult::failure(arguments.error().code, arguments.error().message);
  const std::string path = text_of(*arguments, "path");
  auto content = content_of(*context.workspace, path);
  if (!content) return ToolResult::failure(content.error().code, content.error().message, content.error().at);
  if (const std::string type = image_type(*content); !type.empty()) {
    return ToolResult::file(SharedBytes(*std::move(content)), type, path);
  }
  if (content->find('\0') != std::string::npos || !event::is_valid_utf8(*content)) {
    return ToolResult::text("'" + path + "' is not text: " + std::to_string(content->size()) + " bytes, SHA-256 " +
                            sha256(*content).str());
  }
  const auto number = [&](const char* name, std::uint64_t otherwise) {
    const boost::json::value* value = arguments->if_contains(name);
    boost::system::error_code not_whole;
    const auto found = value == nullptr ? otherwise : value->to_number<std::uint64_t>(not_whole);
    return not_whole ? otherwise : found;
  };
  return ToolResult::text(some_lines(*content, number("first_line", 1), number("lines", kLinesMost)));
}

class ReadFile final : public Tool {
 public:
  ReadFile() {
    spec_.name = "read_file";
    spec_.description = "Reads a text file of the workspace, all of it or some lines; an image is shown.";
    spec_.input_schema = {kSchema};
    spec_.effect_class = EffectClass::pure;
    spec_.reach = ToolReach::inside;
  }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall call, ToolContext context) override {
    std::function<ToolPreparation()> look = [call, context] {
      ToolPreparation preparation;
      const auto arguments = object_of(call);
      const bool is_secret =
          context.workspace && arguments && leads_to_secrets(*context.workspace, text_of(*arguments, "path"));
      if (is_secret) preparation.reach = ToolReach::secrets;
      if (!context.workspace || !arguments) return preparation;
      if (auto place = place_behind(*context.workspace, text_of(*arguments, "path"))) {
        preparation.targets.push_back({*std::move(place), std::nullopt});
      }
      return preparation;
    };
    ToolPreparation preparation = co_await off_thread(std::move(look));
    co_return preparation;
  }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation, ToolContext context) override {
    std::function<ToolResult()> work = [call, context] { return read(call, context); };
    co_return co_await off_thread(std::move(work));
  }

 private:
  ToolSpec spec_;
};

}  // namespace

std::shared_ptr<Tool> make_read_file(const BuiltInToolsConfig&) { return std::make_shared<ReadFile>(); }

}  // namespace orchestrator::harness::tools
