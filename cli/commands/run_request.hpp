// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the flags of `run` and `chat` say about a run, checked and read. A value.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line/invocation.hpp"
#include "cli/commands/tool_choice.hpp"
#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/run.hpp"
#include "orchestrator/harness/session.hpp"

namespace orchestrator::cli {

struct RunRequest {
  std::optional<std::string> model;  // empty: the harness's default
  std::string system;
  std::vector<std::string> hints;
  std::vector<harness::ContentPart> files;
  harness::GenerationSettings settings;
  harness::Budgets budgets;
  harness::TimeoutPolicy timeouts;
  harness::RetryPolicy retries;
  harness::ContextPolicy context;
  harness::MemoryPolicy memory;
  std::vector<std::pair<std::string, std::string>> pins;
  std::vector<std::string> unpins;
  std::vector<std::string> fallbacks;
  harness::Limits limits;
  std::vector<std::pair<std::string, std::string>> labels;
  bool remember = true;
  harness::OnUnsupported on_unsupported = harness::OnUnsupported::refuse;
  ToolChoice tools;
};

/// Reads the flags and the files that they name. Errors: `invalid_argument` naming the flag.
[[nodiscard]] harness::Result<RunRequest> make_run_request(const Invocation& invocation,
                                                           const Configuration& configuration);

/// What the flags and the configuration say of memory. Errors: `invalid_argument` naming the flag.
[[nodiscard]] harness::Result<harness::MemoryPolicy> memory_policy(const Invocation& invocation,
                                                                   const Configuration& configuration);

/// A run of `session` with `prompt` as the message, after the files.
[[nodiscard]] harness::RunBuilder build_run(const RunRequest& request, const harness::Session& session,
                                            std::string prompt);

}  // namespace orchestrator::cli
