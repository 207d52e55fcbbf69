// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which model of the plan takes what the run asks for.
// Pure functions on values.

#include <variant>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// The first model of the plan that fits, with what it will not get where the plan allows dropping; else why each
/// does not. A plan's model without an offer is taken as it is: unknown models are passed on to their provider.
[[nodiscard]] std::variant<events::ModelSelected, events::NegotiationFailed> negotiate(const events::RunStarted& spec);

/// The names of the settings and input kinds that this run uses, as `ModelOffer::unsupported` names them.
[[nodiscard]] std::vector<std::string> used_features(const events::RunStarted& spec);

}  // namespace orchestrator::harness::kernel
