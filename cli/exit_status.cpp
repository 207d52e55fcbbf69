// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_status.hpp"

namespace orchestrator::cli {

ExitStatus exit_status_of(const harness::Error& error) {
  if (error.code == kDaemonUnreachable) {
    return ExitStatus::unreachable;
  }
  const auto runtime = harness::as_runtime_error(error);
  if (!runtime) {
    return ExitStatus::failed;
  }
  using enum harness::RuntimeErrorCode;
  switch (runtime->code) {
    case invalid_argument:
    case configuration_invalid:
    case budget_unpriced:
    case unknown_provider:
    case key_missing:
    case script_invalid:
      return ExitStatus::usage;
    case run_not_found:
    case session_not_found:
      return ExitStatus::not_found;
    case approval_denied:
    case gate_blocked:
      return ExitStatus::denied;
    case journal_damaged:
    case replay_diverged:
      return ExitStatus::damaged;
    case run_timeout:
    case budget_exceeded:
      return ExitStatus::used_up;
    case undo_incomplete:
      return ExitStatus::undo_incomplete;
    default:
      return ExitStatus::failed;
  }
}

ExitStatus exit_status_of(const harness::StreamEvent& terminal) {
  if (terminal.get_if<harness::StreamEvent::Completed>() != nullptr) {
    return ExitStatus::done;
  }
  if (terminal.get_if<harness::StreamEvent::Aborted>() != nullptr) {
    return ExitStatus::aborted;
  }
  const auto* error = terminal.get_if<harness::StreamEvent::Error>();
  return error == nullptr ? ExitStatus::failed : exit_status_of(error->error);
}

}  // namespace orchestrator::cli
