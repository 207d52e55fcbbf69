// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <new>
#include <utility>

#include "cli/command_line/help_text.hpp"
#include "cli/command_line/parser.hpp"
#include "cli/commands/commands.hpp"

namespace orchestrator::cli {
namespace {

using Command = ExitStatus (*)(CommandContext& context);

constexpr auto kCommands = std::to_array<std::pair<std::string_view, Command>>({
    {"run", run_command},
    {"chat", chat_command},
    {"abort", abort_command},
    {"hint", hint_command},
    {"pause", pause_command},
    {"resume", resume_command},
    {"fork", fork_command},
    {"approve", approve_command},
    {"deny", deny_command},
    {"checkpoint", checkpoint_command},
    {"undo", undo_command},
    {"runs list", runs_list_command},
    {"runs show", runs_show_command},
    {"runs events", runs_events_command},
    {"runs verify", runs_verify_command},
    {"runs salvage", runs_salvage_command},
    {"runs export", runs_export_command},
    {"runs import", runs_import_command},
    {"runs search", runs_search_command},
    {"runs delete", runs_delete_command},
    {"runs prune", runs_prune_command},
    {"runs diff", runs_diff_command},
    {"runs timeline", runs_timeline_command},
    {"sessions list", sessions_list_command},
    {"sessions show", sessions_show_command},
    {"sessions delete", sessions_delete_command},
    {"memory list", memory_list_command},
    {"memory search", memory_search_command},
    {"memory add", memory_add_command},
    {"memory forget", memory_forget_command},
    {"memory export", memory_export_command},
    {"gates list", gates_list_command},
    {"gates try", gates_try_command},
    {"gates validate", gates_validate_command},
    {"eval run", eval_run_command},
    {"eval report", eval_report_command},
    {"eval compare", eval_compare_command},
    {"tools list", tools_list_command},
    {"tools show", tools_show_command},
    {"models list", models_list_command},
    {"models show", models_show_command},
    {"daemon start", daemon_start_command},
    {"daemon stop", daemon_stop_command},
    {"daemon status", daemon_status_command},
    {"daemon token", daemon_token_command},
    {"daemon logs", daemon_logs_command},
    {"doctor", doctor_command},
    {"completion", completion_command},
    {"version", version_command},
    {"replay", replay_command},
    {"runs token", runs_token_command},
});

/// Descriptors 0, 1 and 2 must be taken, or a journal could get the number of stdout and be written into.
void keep_standard_descriptors() {
  int opened = ::open("/dev/null", O_RDWR);
  while (opened >= 0 && opened <= STDERR_FILENO) {
    opened = ::open("/dev/null", O_RDWR);
  }
  if (opened > STDERR_FILENO) {
    ::close(opened);
  }
}

ExitStatus carry_out(const std::vector<std::string>& words) {
  const Environment environment = process_environment();
  const Terminal terminal = find_terminal(environment);
  Output out(STDOUT_FILENO);
  Notes notes(STDERR_FILENO, terminal);
  auto parsed = parse_command_line(words);
  if (!parsed) {
    notes.error(parsed.error().message);
    if (parsed.error().command != nullptr) {
      notes.note(usage_line(*parsed.error().command));
    }
    return ExitStatus::usage;
  }
  const Invocation none;
  const auto* invocation = std::get_if<Invocation>(&*parsed);
  CommandContext context{invocation == nullptr ? none : *invocation, environment, terminal, out, notes};
  if (invocation == nullptr) {
    out.write(help_text(std::get<HelpWanted>(*parsed)));
    return finish_output(context, ExitStatus::done);
  }
  const auto found =
      std::ranges::find(kCommands, invocation->command->name, &std::pair<std::string_view, Command>::first);
  if (found == kCommands.end()) {
    notes.error("orchestrator " + std::string(invocation->command->name) + " is not there");
    return ExitStatus::usage;
  }
  return finish_output(context, found->second(context));
}

void last_words(const char* what) {
  Notes(STDERR_FILENO, Terminal{}).error(std::string("an internal error, please report it: ") + what);
}

}  // namespace

int run_program(const std::vector<std::string>& words) noexcept {
  keep_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return static_cast<int>(carry_out(words));
  } catch (const std::bad_alloc&) {
    ::_exit(static_cast<int>(ExitStatus::failed));
  } catch (const std::exception& error) {
    last_words(error.what());
  } catch (...) {
    last_words("unknown");
  }
  return static_cast<int>(ExitStatus::failed);
}

}  // namespace orchestrator::cli
