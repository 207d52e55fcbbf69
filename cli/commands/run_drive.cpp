// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run_drive.hpp"

#include <memory>
#include <optional>

#include "cli/commands/run_view.hpp"
#include "cli/control/control_socket.hpp"

namespace orchestrator::cli {
namespace {

ExitStatus read_to_end(CommandContext& context, harness::RunHandle& run, bool in_chat) {
  RunView view(context, in_chat);
  ExitStatus status = ExitStatus::failed;
  while (true) {
    auto event = run.next_blocking();
    if (!event) {
      return report(context, event.error());
    }
    if (!*event) {
      return status;
    }
    view.show(**event);
    if ((*event)->is_terminal()) {
      status = exit_status_of(**event);
    }
  }
}

}  // namespace

ExitStatus drive_run(CommandContext& context, const harness::RunBuilder& builder, StopSignals& signals,
                     const DriveOptions& options) {
  auto run = builder.start();
  if (!run) {
    return report(context, run.error());
  }
  signals.watch(run->id(), run->control());
  auto socket = ControlSocket::open(options.executor, options.folders, run->id(), run->control());
  if (!socket) {
    context.notes.note("this run cannot be controlled by other processes: " + socket.error().message);
  }
  const ExitStatus status = read_to_end(context, *run, options.in_chat);
  signals.release();
  return status;
}

}  // namespace orchestrator::cli
