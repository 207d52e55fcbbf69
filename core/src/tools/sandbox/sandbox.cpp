// SPDX-License-Identifier: Apache-2.0
#include "tools/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <optional>
#include <string_view>
#include <utility>

#include "tools/process/spawn.hpp"
#include "tools/sandbox/bubblewrap_arguments.hpp"
#include "tools/sandbox/command_cgroup.hpp"
#include "tools/sandbox/seccomp_filter.hpp"

namespace orchestrator::harness::tools {

namespace {

std::unexpected<ToolError> refuse(ToolErrorCode code, std::string message, std::string at = {}) {
  return std::unexpected(ToolError{code, std::move(message), std::move(at)});
}

std::vector<ResourceLimit> limits_of(const SandboxLimits& limits, const CommandCgroup& groups) {
  std::vector<ResourceLimit> all{{RLIMIT_CORE, 0},
                                 {RLIMIT_FSIZE, limits.file_bytes},
                                 {RLIMIT_NOFILE, limits.open_files},
                                 {RLIMIT_CPU, limits.cpu_s}};
  // Counts memory that is reserved, so it is taken only where the better bound is not to be had.
  if (!groups.bounds_memory()) all.push_back({RLIMIT_DATA, limits.memory_bytes});
  return all;
}

// bubblewrap gave up before the script inside began: the words of its own error.
std::unexpected<ToolError> not_confined(const ChildOutcome& outcome) {
  std::string why(outcome.err.head().substr(0, 300));
  while (!why.empty() && why.back() == '\n') why.pop_back();
  return refuse(ToolErrorCode::sandbox_unavailable,
                "commands cannot be confined here, so none are run: " + (why.empty() ? "bubblewrap failed" : why) +
                    ". bubblewrap 0.8 or newer must be installed and user namespaces must be permitted "
                    "(kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)",
                "bwrap");
}

std::optional<int> number_after(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  int number = 0;
  if (at == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
  return error == std::errc() && number >= 0 ? std::optional(number) : std::nullopt;
}

std::expected<SandboxOutcome, ToolError> judge(std::shared_ptr<ChildOutcome> child, const std::string& folder) {
  SandboxOutcome outcome{.child = std::move(child)};
  const std::string_view report = outcome.child->report;
  if (report.starts_with("moved")) {
    return refuse(ToolErrorCode::cwd_missing, "the folder was replaced by another while the command was started",
                  folder);
  }
  if (!report.starts_with("started")) {
    if (outcome.child->end == ChildEnd::by_itself) return not_confined(*outcome.child);
    outcome.child->started = false;
  }
  if (const auto code = number_after(report, "\ncode ")) outcome.child->exit_code = *code;
  const auto left = number_after(report, "\nleft ");
  // Without a count the script could not even fork: what the command has left took all there was.
  const bool is_by_itself = outcome.child->end == ChildEnd::by_itself;
  outcome.left_running = static_cast<std::size_t>(left.value_or(is_by_itself ? 1 : 0));
  if (outcome.child->left_running) outcome.left_running = std::max<std::size_t>(outcome.left_running, 1);
  return outcome;
}

}  // namespace

std::string path_of(int descriptor) {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  std::array<char, PATH_MAX> name{};
  const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
  if (size <= 0 || name[0] != '/') return {};
  std::string path(name.data(), static_cast<std::size_t>(size));
  struct stat by_path{};
  struct stat by_descriptor{};
  const bool is_same = ::lstat(path.c_str(), &by_path) == 0 && ::fstat(descriptor, &by_descriptor) == 0 &&
                       by_path.st_dev == by_descriptor.st_dev && by_path.st_ino == by_descriptor.st_ino;
  return is_same ? path : std::string();
}

std::expected<Descriptor, ToolError> open_folder(const Workspace& workspace, const std::string& folder) {
  if (folder.contains('\0') || folder.size() >= PATH_MAX) {
    return refuse(ToolErrorCode::path_invalid, "the folder is no path: it holds a zero byte or is too long", "cwd");
  }
  if (folder.starts_with('/')) {
    return refuse(ToolErrorCode::path_outside_workspace, "the folder must be relative to the workspace", folder);
  }
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const std::string& name = folder.empty() ? std::string(".") : folder;
  const long opened = ::syscall(SYS_openat2, workspace.root(), name.c_str(), &how, sizeof(how));
  if (opened >= 0) return Descriptor(static_cast<int>(opened));
  switch (errno) {
    case EXDEV:
      return refuse(ToolErrorCode::path_outside_workspace, "the folder leads out of the workspace", folder);
    case ENOENT:
      return refuse(ToolErrorCode::cwd_missing, "there is no such folder in the workspace", folder);
    case ENOTDIR:
      return refuse(ToolErrorCode::not_a_directory, "this is not a folder", folder);
    default:
      break;
  }
  return refuse(ToolErrorCode::path_invalid, "the folder cannot be opened: " + errno_name(errno), folder);
}

Sandbox::Sandbox(SandboxSettings settings) : settings_(std::move(settings)) {
  std::vector<std::string> paths = built_in_protected_paths();
  paths.insert(paths.end(), settings_.protected_paths.begin(), settings_.protected_paths.end());
  settings_.protected_paths = std::move(paths);
}

const SystemView& Sandbox::system() const {
  std::call_once(looked_, [this] {
    system_ = SystemView::look();
    CommandCgroup::remove_abandoned();
  });
  return system_;
}

std::expected<void, ToolError> Sandbox::check_workspace(const std::string& path) const {
  const bool is_system =
      path == "/" || std::ranges::any_of(system().folders, [&](const auto& folder) { return folder.path == path; });
  const bool is_kernel = is_beneath(path, "/proc") || is_beneath(path, "/sys") || is_beneath(path, "/dev");
  if (!is_system && !is_kernel) return {};
  return refuse(ToolErrorCode::sandbox_unavailable,
                "no command runs in the workspace " + path + ": it is a folder of the system", "workspace");
}

Awaitable<std::expected<SandboxOutcome, ToolError>> Sandbox::run(SandboxedCommand command, std::stop_token stop) {
  const std::string bubblewrap = find_bubblewrap();
  if (bubblewrap.empty()) {
    co_return refuse(ToolErrorCode::sandbox_unavailable,
                     "commands run only inside bubblewrap, which is not installed: install the package bubblewrap",
                     "bwrap");
  }
  auto folder = open_folder(*command.workspace, command.folder);
  if (!folder) co_return std::unexpected(std::move(folder.error()));
  const SystemView& seen = system();
  SandboxPlan plan{.system = seen.folders,
                   .masked = seen.masked,
                   .kernel_read_only = seen.kernel_read_only,
                   .kernel_masked = seen.kernel_masked,
                   .workspace = path_of(command.workspace->root()),
                   .folder = path_of(folder->get()),
                   .network = command.network,
                   .limits = settings_.limits};
  if (plan.workspace.empty() || !is_beneath(plan.folder, plan.workspace)) {
    co_return refuse(ToolErrorCode::cwd_missing, "the folder, or the workspace, has been removed", command.folder);
  }
  if (auto checked = check_workspace(plan.workspace); !checked) co_return std::unexpected(std::move(checked.error()));
  if (command.network && !seen.name_servers.empty()) plan.system.push_back({seen.name_servers, {}});
  auto protected_paths = ProtectedPaths::hold(command.workspace->root(), settings_.protected_paths, counts_);
  if (!protected_paths) co_return std::unexpected(std::move(protected_paths.error()));
  plan.read_only = protected_paths->existing();
  auto filter = seccomp_filter();
  if (!filter) co_return refuse(ToolErrorCode::sandbox_unavailable, std::move(filter.error()), "seccomp");

  const CommandCgroup groups(settings_.limits);
  ChildRequest request{.kind = ChildKind::bubblewrap,
                       .program = bubblewrap,
                       .arguments = bubblewrap_arguments(plan, command.argv),
                       .environment = sandbox_environment(settings_.language),
                       .descriptors = {filter->get(), command.workspace->root(), folder->get()},
                       .limits = limits_of(settings_.limits, groups),
                       .cgroups = groups.entrances(),
                       .out = settings_.out,
                       .err = settings_.err,
                       .deadline = command.deadline,
                       .grace = settings_.grace};
  auto child = co_await run_child(std::move(request), std::move(stop));
  if (!child) {
    const SpawnError& error = child.error();
    const bool is_too_long = error.error == E2BIG;
    co_return refuse(is_too_long ? ToolErrorCode::spawn_failed : ToolErrorCode::sandbox_unavailable,
                     "the command cannot be started: " + error.step + " failed with " + errno_name(error.error),
                     errno_name(error.error));
  }
  co_return judge(std::move(*child), command.folder);
}

}  // namespace orchestrator::harness::tools
