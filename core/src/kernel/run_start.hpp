// SPDX-License-Identifier: Apache-2.0
#pragma once

// Accepting a run: its limits, its history, its model. What a fork has in common with other runs. Pure.

#include <optional>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// The reason why a run of this spec cannot be accepted at all, or nothing.
[[nodiscard]] std::optional<RuntimeError> reason_to_refuse(const events::RunStarted& spec);
/// Why a run has no model: names each model of the plan with what speaks against it.
[[nodiscard]] RuntimeError no_model_error(const events::NegotiationFailed& failed);

}  // namespace orchestrator::harness::kernel
