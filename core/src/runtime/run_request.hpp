// SPDX-License-Identifier: Apache-2.0
#pragma once

// From what a caller put into a `RunBuilder` to the `Start` input of a run: checks, defaults, identity, offers.
// Functions without state; harness's thread.

#include <vector>

#include "event/input.hpp"
#include "orchestrator/harness/run.hpp"
#include "orchestrator/harness/session.hpp"
#include "runtime/engine.hpp"
#include "runtime/session_history.hpp"

namespace orchestrator::harness::runtime {

class RunRequest {
 public:
  /// The input of a new run. Errors: those of `RunBuilder::async_start` that need no store.
  static Result<event::inputs::Start> make_start(const RunBuilder& builder, const Engine& engine,
                                                 const SessionId& session_id, const SessionConfig& config,
                                                 SessionHistory history, const ToolRegistry& tools,
                                                 const Workspace* workspace);
  /// What is wrong with the input, the texts, the settings, the bounds or the plan of a run, or nothing.
  static Result<void> check(const events::RunStarted& spec);
  /// Puts into a spec what this harness has to say: offers for its plan, rules, redaction, behaviours, a new seed.
  /// Errors: `unknown_provider`, and what an adapter says against a model.
  static Result<void> complete(events::RunStarted& spec, const Engine& engine);
  /// The hints that are to be queued with the start.
  static std::vector<event::inputs::Hint> first_hints(const RunBuilder& builder);
  /// The run whose history and place this one takes, where it names one.
  static const std::optional<RunId>& parent_of(const RunBuilder& builder) { return builder.draft_.parent; }
  static bool only_if_idle(const RunBuilder& builder) { return builder.draft_.only_if_idle; }
  /// The tools that the run may call: its own, and those of the harness that it names. Errors as of `async_start`.
  static Result<ToolRegistry> tools_of(const RunBuilder& builder, const Engine& engine);
  /// The folder that they work in, or null. Error: `configuration_invalid`.
  static Result<std::shared_ptr<const Workspace>> workspace_of(const RunBuilder& builder);
  /// The contents that parts carry with them.
  static std::vector<SharedBytes> inline_media(const std::vector<ContentPart>& parts);

 private:
  static Result<ModelPlan> plan_of(const RunBuilder& builder, const Engine& engine);
  static Result<ContextPolicy> context_of(const RunBuilder& builder, const Engine& engine, const SessionConfig& config,
                                          const SessionHistory& history);
};

}  // namespace orchestrator::harness::runtime
