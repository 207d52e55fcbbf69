// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/detached_run.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "cli/daemon/detached_order.hpp"
#include "cli/display/run_json.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;

/// The session that --session names, out of the store.
Result<std::optional<harness::SessionId>> named_session(const CommandContext& context,
                                                        const Configuration& configuration) {
  const auto wanted = context.invocation.value("--session");
  if (!wanted) return std::nullopt;
  if (auto whole = harness::SessionId::parse(*wanted); whole) return whole;
  auto store = open_configured_store(context, configuration);
  if (!store) return std::unexpected(std::move(store.error()));
  StoreReader reader(*std::move(store));
  auto id = find_session(reader, *wanted);
  if (!id) return std::unexpected(std::move(id.error()));
  return *id;
}

}  // namespace

Result<DaemonClient> daemon_of_store(const Configuration& configuration) {
  auto folder = daemon_folder(configuration.folders());
  if (!folder) return std::unexpected(std::move(folder.error()));
  auto record = find_daemon(*folder);
  if (!record) return std::unexpected(std::move(record.error()));
  auto url = store_url(configuration);
  if (!url) return std::unexpected(std::move(url.error()));
  if (const std::string name = store_name(*url); name != record->store) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the daemon keeps its runs in " + record->store + ", and this command is about " + name, "store");
  }
  return DaemonClient::open(*folder, *std::move(record));
}

ExitStatus detach_run(CommandContext& context, const Configuration& configuration, const RunRequest& request,
                      const std::string& prompt) {
  auto daemon = daemon_of_store(configuration);
  if (!daemon) {
    return report(context, daemon.error());
  }
  auto session = named_session(context, configuration);
  if (!session) {
    return report(context, session.error());
  }
  auto order = detached_order(context.invocation, request, *session, prompt);
  if (!order) {
    return report(context, order.error());
  }
  auto run = daemon->ask("POST", "/v1/runs", *order);
  if (!run) {
    return report(context, run.error());
  }
  const auto* id = run->if_contains("run_id");
  const auto* session_id = run->if_contains("session_id");
  if (id == nullptr || !id->is_string() || session_id == nullptr) {
    context.notes.error("the daemon did not say which run it started");
    return ExitStatus::failed;
  }
  const std::string run_id(id->as_string());
  context.out.write(context.invocation.has("--json") ? json_line({{"run_id", run_id}, {"session_id", *session_id}})
                                                     : run_id + "\n");
  context.notes.note("follow it with: orchestrator runs events " + run_id + " --follow");
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
