// SPDX-License-Identifier: Apache-2.0
#pragma once

// The call that asks the run's model to sum up what is about to leave the context, and what becomes of its answer. It
// is an attempt of its own, with its own usage and cost; where it fails, the summary is in extracts, and the run goes
// on. Pure.

#include <cstdint>
#include <optional>
#include <vector>

#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {

/// What the next request has no room for, where a model is to sum that up; with the hints that wait.
[[nodiscard]] std::vector<event::ContextEntry> going_to_summary(const Facts& facts);

/// True where the next request has to wait for a summary: something must go, the policy wants a model to sum it up, it
/// was not asked for this turn, no attempt of the turn has failed, and the budget pays for it and for a short answer
/// to `answer_tokens` of input.
[[nodiscard]] bool wants_summary(const Facts& facts, const Waiting& waiting, std::uint64_t answer_tokens);

/// The call of such an attempt: without system text and tools, the items that go as one message.
[[nodiscard]] event::effects::CallProvider summary_call(const Facts& facts, const Attempt& attempt);

/// The most output tokens that are asked for: thoughts count as output on some hosts, so more than the summary takes.
/// Empty where the model takes no such limit.
[[nodiscard]] std::optional<std::uint32_t> summary_output_tokens(const Facts& facts);

/// What the model answered.
void take_summary(Decider& decider, const Attempt& attempt, const event::inputs::ProviderChunk& input);
/// The attempt has come to nothing.
void fail_summary(Decider& decider, const Attempt& attempt, const Error& error, const Usage& usage);

}  // namespace orchestrator::harness::kernel
