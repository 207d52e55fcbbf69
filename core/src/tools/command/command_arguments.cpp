// SPDX-License-Identifier: Apache-2.0
#include "tools/command/command_arguments.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "codec/json_document.hpp"
#include "tools/process/spawn.hpp"
#include "tools/sandbox/bubblewrap_arguments.hpp"

namespace orchestrator::harness::tools {

namespace {

// Of the kernel: one argument, and of all of them what fits beside the sandbox's own.
constexpr std::size_t kArgumentBytesMax = (std::size_t{128} << 10) - 1;
constexpr std::size_t kArgumentsBytesMax = std::size_t{1} << 20;
constexpr double kTimeoutMsMax = 600'000;

std::unexpected<ToolError> refuse(ToolErrorCode code, std::string message, std::string at) {
  return std::unexpected(ToolError{code, std::move(message), std::move(at)});
}

std::unexpected<ToolError> not_spawned(int error, const std::string& message) {
  return refuse(ToolErrorCode::spawn_failed, message + " (" + errno_name(error) + ")", errno_name(error));
}

std::expected<void, ToolError> check_argv(const std::vector<std::string>& argv) {
  if (argv.empty() || argv[0].empty()) return not_spawned(ENOENT, "the command is empty");
  std::size_t bytes = 0;
  for (const std::string& argument : argv) {
    if (argument.contains('\0')) return not_spawned(EINVAL, "an argument holds a zero byte");
    if (argument.size() > kArgumentBytesMax) return not_spawned(E2BIG, "an argument has more than 131071 bytes");
    bytes += argument.size() + 1 + sizeof(char*);
  }
  if (bytes > kArgumentsBytesMax) return not_spawned(E2BIG, "the arguments have more than 1 MiB");
  return {};
}

// What running `path` would give: 0, or an errno.
int executability(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  // Root may execute what anyone may; the sandbox has no more rights than that.
  return (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0 && ::access(path.c_str(), X_OK) == 0 ? 0 : EACCES;
}

}  // namespace

std::expected<CommandArguments, ToolError> CommandArguments::read(const RawJson& arguments) {
  codec::JsonDocument document;
  const auto object = document.parse_object(arguments.text);
  if (!object) return refuse(ToolErrorCode::tool_args_invalid, object.error().message, "");
  const boost::json::object& given = **object;
  CommandArguments read;
  const boost::json::array* const argv = codec::find_array(given, "argv");
  const auto line = codec::find_string(given, "command");
  if ((argv != nullptr) == line.has_value()) {
    return refuse(ToolErrorCode::tool_args_invalid, "give either argv, a list of texts, or command with shell: true",
                  "/argv");
  }
  if (line && !codec::bool_or(given, "shell", false)) {
    return refuse(ToolErrorCode::tool_args_invalid,
                  "a command line needs shell: true; without a shell, give argv as a list of texts", "/shell");
  }
  if (line && line->empty()) return not_spawned(ENOENT, "the command is empty");
  if (line) read.argv = {"/bin/sh", "-c", std::string(*line)};
  for (std::size_t i = 0; argv != nullptr && i < argv->size(); ++i) {
    const auto* text = (*argv)[i].if_string();
    if (text == nullptr) {
      return refuse(ToolErrorCode::tool_args_invalid, "an argument is not a text", "/argv/" + std::to_string(i));
    }
    read.argv.emplace_back(*text);
  }
  if (auto checked = check_argv(read.argv); !checked) return std::unexpected(std::move(checked.error()));
  read.folder = codec::string_or(given, "cwd");
  read.network = codec::bool_or(given, "network", false);
  if (const boost::json::value* timeout = codec::find_member(given, "timeout_ms")) {
    const double value = timeout->is_number() ? timeout->to_number<double>() : 0;
    if (!(value >= 1 && value <= kTimeoutMsMax)) {
      return refuse(ToolErrorCode::out_of_range, "timeout_ms must be from 1 to 600000", "/timeout_ms");
    }
    read.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(value));
  }
  return read;
}

std::expected<std::string, ToolError> resolve_program(const std::string& argv0, const std::string& folder,
                                                      const std::string& workspace, const SystemView& system) {
  if (argv0.contains('/')) {
    const std::string path = argv0.starts_with('/') ? argv0 : folder + "/" + argv0;
    if (!is_beneath(path, workspace) && !system.shows(path)) {
      return not_spawned(ENOENT, argv0 + " is not among what a command sees: the workspace and the system's folders");
    }
    if (const int error = executability(path); error != 0) return not_spawned(error, argv0 + " cannot be executed");
    return path;
  }
  int error = ENOENT;
  const std::string_view folders = kSandboxPath;
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    const std::string path = std::string(folders.substr(at, end - at)) + "/" + argv0;
    const int present = executability(path);
    if (present == 0) return path;
    if (present == EACCES) error = EACCES;
    at = end + 1;
  }
  return not_spawned(error, "there is no program " + argv0 + " in " + kSandboxPath);
}

}  // namespace orchestrator::harness::tools
