// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/control_target.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "cli/commands/detached_run.hpp"
#include "cli/control/control_client.hpp"
#include "cli/daemon/daemon_control.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {

using harness::Result;
using harness::RunStatus;
using harness::RuntimeErrorCode;

namespace {

// A run that has just started opens its socket a moment after its first event.
constexpr int kSocketTries = 25;
constexpr std::chrono::milliseconds kSocketTryTime{20};

}  // namespace

Result<ControlTarget> find_control_target(const CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return std::unexpected(std::move(configuration.error()));
  }
  auto opened = open_configured_store(context, *configuration);
  if (!opened) {
    return std::unexpected(std::move(opened.error()));
  }
  std::optional store(StoreReader(*std::move(opened)));
  auto id = find_run(*store, context.invocation.arguments.front());
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  auto run = store->summary(*id);
  if (!run) {
    return std::unexpected(std::move(run.error()));
  }
  std::optional<DaemonClient> daemon;
  if (!context.invocation.has("--no-daemon")) {
    if (auto found = daemon_of_store(*configuration); found) {
      daemon = *std::move(found);
    }
  }
  return ControlTarget{*std::move(configuration), *std::move(store), *std::move(run), std::move(daemon)};
}

Result<ControlAnswer> send_to(ControlTarget& target, const ControlRequest& request) {
  for (int tries = 0;; ++tries) {
    auto answer = send_control(target.configuration.folders(), request);
    if (!answer && target.daemon && answer.error().code == harness::name_of(RuntimeErrorCode::run_not_active)) {
      auto said = send_to_daemon(*target.daemon, request);
      // Held by a process whose socket is still to come.
      if (said || said.error().code != harness::name_of(RuntimeErrorCode::run_locked)) {
        return said;
      }
    }
    if (answer || answer.error().code != harness::name_of(RuntimeErrorCode::run_not_active) || tries >= kSocketTries) {
      return answer;
    }
    auto now = target.store.summary(request.run_id);
    if (!now || !now->held || now->status != RunStatus::active) {
      return answer;
    }
    std::this_thread::sleep_for(kSocketTryTime);
  }
}

std::string control_by() { return "cli"; }

}  // namespace orchestrator::cli
