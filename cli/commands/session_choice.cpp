// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/session_choice.hpp"

#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {

harness::Result<harness::Session> choose_session(const CommandContext& context, const Configuration& configuration,
                                                 harness::Harness& harness) {
  harness::SessionConfig config;
  config.history = configuration.history();
  const auto wanted = context.invocation.value("--session");
  if (!wanted) {
    return harness.session(config);
  }
  StoreReader reader(harness.store());
  auto id = find_session(reader, *wanted);
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  return harness.open_session(*id, config);
}

}  // namespace orchestrator::cli
