// SPDX-License-Identifier: Apache-2.0
#pragma once

// One function a command. Each does its work on the caller's thread, writes its result to stdout and all else to
// stderr, and gives the status to end with.

#include "cli/commands/command_context.hpp"
#include "cli/exit_status.hpp"

namespace orchestrator::cli {

ExitStatus run_command(CommandContext& context);
ExitStatus chat_command(CommandContext& context);
ExitStatus abort_command(CommandContext& context);
ExitStatus hint_command(CommandContext& context);
ExitStatus pause_command(CommandContext& context);
ExitStatus resume_command(CommandContext& context);
ExitStatus fork_command(CommandContext& context);
ExitStatus approve_command(CommandContext& context);
ExitStatus deny_command(CommandContext& context);
ExitStatus checkpoint_command(CommandContext& context);
ExitStatus undo_command(CommandContext& context);
ExitStatus runs_list_command(CommandContext& context);
ExitStatus runs_show_command(CommandContext& context);
ExitStatus runs_events_command(CommandContext& context);
ExitStatus runs_verify_command(CommandContext& context);
ExitStatus runs_salvage_command(CommandContext& context);
ExitStatus runs_export_command(CommandContext& context);
ExitStatus runs_import_command(CommandContext& context);
ExitStatus runs_search_command(CommandContext& context);
ExitStatus runs_delete_command(CommandContext& context);
ExitStatus runs_prune_command(CommandContext& context);
ExitStatus runs_diff_command(CommandContext& context);
ExitStatus runs_timeline_command(CommandContext& context);
ExitStatus sessions_list_command(CommandContext& context);
ExitStatus sessions_show_command(CommandContext& context);
ExitStatus sessions_delete_command(CommandContext& context);
ExitStatus memory_list_command(CommandContext& context);
ExitStatus memory_search_command(CommandContext& context);
ExitStatus memory_add_command(CommandContext& context);
ExitStatus memory_forget_command(CommandContext& context);
ExitStatus memory_export_command(CommandContext& context);
ExitStatus gates_list_command(CommandContext& context);
ExitStatus gates_try_command(CommandContext& context);
ExitStatus gates_validate_command(CommandContext& context);
ExitStatus eval_run_command(CommandContext& context);
ExitStatus eval_report_command(CommandContext& context);
ExitStatus eval_compare_command(CommandContext& context);
ExitStatus tools_list_command(CommandContext& context);
ExitStatus tools_show_command(CommandContext& context);
ExitStatus models_list_command(CommandContext& context);
ExitStatus models_show_command(CommandContext& context);
ExitStatus daemon_start_command(CommandContext& context);
ExitStatus daemon_stop_command(CommandContext& context);
ExitStatus daemon_status_command(CommandContext& context);
ExitStatus daemon_token_command(CommandContext& context);
ExitStatus daemon_logs_command(CommandContext& context);
ExitStatus doctor_command(CommandContext& context);
ExitStatus completion_command(CommandContext& context);
ExitStatus version_command(CommandContext& context);
ExitStatus replay_command(CommandContext& context);
ExitStatus runs_token_command(CommandContext& context);

}  // namespace orchestrator::cli
