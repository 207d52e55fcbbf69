// SPDX-License-Identifier: Apache-2.0
#include "tools/command/run_command.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "tools/command/command_arguments.hpp"
#include "tools/command/command_result.hpp"
#include "tools/command/terminal_text.hpp"

namespace orchestrator::harness::tools {

namespace {

constexpr std::size_t kHashedBytesMax = std::size_t{16} << 20;

constexpr const char* kDescription =
    "Runs a program in the workspace, confined: the system is read-only, there is no network unless network is true "
    "and "
    "allowed, standard input is empty, /tmp and HOME are private and gone afterwards, and nothing keeps running after "
    "the command has ended. Give argv, the program and its arguments; or, for pipes and the like, command with "
    "shell: true.";

constexpr const char* kSchema = R"json({
  "type": "object",
  "properties": {
    "argv": {"type": "array", "items": {"type": "string"}, "description": "the program and its arguments; no shell"},
    "command": {"type": "string", "description": "one text for /bin/sh -c; needs shell: true"},
    "shell": {"type": "boolean", "description": "true: run command with /bin/sh"},
    "cwd": {"type": "string", "description": "folder relative to the workspace; default: the workspace"},
    "timeout_ms": {"type": "integer", "description": "1 to 600000; default 120000"},
    "network": {"type": "boolean", "description": "true: the command needs the network"}
  },
  "additionalProperties": false
})json";

ToolResult failed(ToolError error) {
  ToolResult result;
  result.error = std::move(error);
  result.outcome = ToolOutcome::error;
  return result;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The content of a program that the workspace may change between approval and start; nothing for a large one.
std::optional<Hash> content_of(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string bytes;
  std::array<char, std::size_t{64} << 10> buffer{};
  for (ssize_t size = 0; (size = ::read(file.get(), buffer.data(), buffer.size())) > 0;) {
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
    if (bytes.size() > kHashedBytesMax) return std::nullopt;
  }
  return sha256(bytes);
}

class RunCommand final : public Tool {
 public:
  RunCommand(const BuiltInToolsConfig& config, const SandboxLimits& limits)
      : network_granted_(config.command_network),
        sandbox_({.protected_paths = config.protected_paths,
                  .limits = limits,
                  .language = variable("LANG"),
                  .out = {},
                  .err = {.head_bytes = std::size_t{8} << 10, .tail_bytes = std::size_t{8} << 10}}) {
    spec_.name = "run_command";
    spec_.description = kDescription;
    spec_.input_schema = RawJson{kSchema};
    spec_.effect_class = EffectClass::irreversible;
    spec_.approval = ApprovalNeed::ask;
    // Longer than the longest `timeout_ms` and the end of the tree after it.
    spec_.timeout_ms = 610'000;
    spec_.output_bytes_max = std::uint64_t{80} << 10;
    spec_.reach = ToolReach::outside;
  }

  const ToolSpec& spec() const override { return spec_; }
  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall call, ToolContext context) override;
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation preparation, ToolContext context) override;

 private:
  // The call as it would run now.
  struct Command {
    CommandArguments arguments;
    std::string program;
    std::string workspace;
  };
  std::expected<Command, ToolError> read(const ToolCall& call, const ToolContext& context) const;

  ToolSpec spec_;
  bool network_granted_;
  Sandbox sandbox_;
};

std::expected<RunCommand::Command, ToolError> RunCommand::read(const ToolCall& call, const ToolContext& context) const {
  if (context.workspace == nullptr) {
    return std::unexpected(ToolError{ToolErrorCode::sandbox_unavailable, "commands need a workspace", "workspace"});
  }
  auto arguments = CommandArguments::read(call.arguments);
  if (!arguments) return std::unexpected(std::move(arguments.error()));
  auto folder = open_folder(*context.workspace, arguments->folder);
  if (!folder) return std::unexpected(std::move(folder.error()));
  std::string workspace = path_of(context.workspace->root());
  const std::string path = path_of(folder->get());
  if (path.empty() || workspace.empty()) {
    return std::unexpected(
        ToolError{ToolErrorCode::cwd_missing, "the folder, or the workspace, has been removed", arguments->folder});
  }
  auto program = resolve_program(arguments->argv[0], path, workspace, sandbox_.system());
  if (!program) return std::unexpected(std::move(program.error()));
  return Command{std::move(*arguments), std::move(*program), std::move(workspace)};
}

Awaitable<std::expected<ToolPreparation, ToolError>> RunCommand::prepare(ToolCall call, ToolContext context) {
  const auto command = read(call, context);
  if (!command) co_return std::unexpected(command.error());
  if (find_bubblewrap().empty()) {
    co_return std::unexpected(ToolError{
        ToolErrorCode::sandbox_unavailable,
        "commands run only inside bubblewrap, which is not installed: install the package bubblewrap", "bwrap"});
  }
  const CommandArguments& arguments = command->arguments;
  ToolPreparation preparation;
  const bool is_of_workspace = is_beneath(command->program, command->workspace);
  preparation.targets.push_back(
      {command->program, is_of_workspace ? content_of(command->program) : std::optional<Hash>()});
  if (arguments.network && !network_granted_) preparation.approval = ApprovalNeed::require;
  if (!arguments.network) preparation.reach = ToolReach::secrets;  // it may read all that is in its view
  for (const std::string& argument : arguments.argv) preparation.preview += shell_quoted(argument) + "\n";
  preparation.preview += "in " + shell_quoted(arguments.folder.empty() ? "." : arguments.folder) + ", " +
                         (arguments.network ? "with the network" : "without network") + ", at most " +
                         std::to_string(arguments.timeout.count()) + " ms\n";
  co_return preparation;
}

Awaitable<ToolResult> RunCommand::execute(ToolCall call, ToolPreparation preparation, ToolContext context) {
  (void)preparation;
  auto command = read(call, context);
  if (!command) co_return failed(std::move(command.error()));
  SandboxedCommand sandboxed;
  sandboxed.argv = std::move(command->arguments.argv);
  sandboxed.argv[0] = std::move(command->program);
  sandboxed.workspace = context.workspace;
  sandboxed.folder = command->arguments.folder;
  sandboxed.network = command->arguments.network;
  sandboxed.deadline = std::min(context.deadline, std::chrono::steady_clock::now() + command->arguments.timeout);
  auto outcome = co_await sandbox_.run(std::move(sandboxed), context.cancellation);
  if (!outcome) co_return failed(std::move(outcome.error()));
  co_return command_result(*outcome);
}

}  // namespace

std::shared_ptr<Tool> make_run_command(const BuiltInToolsConfig& config) { return make_run_command(config, {}); }

std::shared_ptr<Tool> make_run_command(const BuiltInToolsConfig& config, const SandboxLimits& limits) {
  return std::make_shared<RunCommand>(config, limits);
}

}  // namespace orchestrator::harness::tools
