// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which model of the plan takes what the run asks for.
// Pure functions on values.

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// Where a negotiation stands: at the start of a run, or after a model was given up.
struct NegotiationBase {
  std::size_t first = 0;                        // index in the plan, 0 is the primary
  std::uint64_t request_tokens = 0;             // of the next request, by estimate
  std::uint64_t spent_micro_usd = 0;            // so far
  std::vector<events::RejectedModel> rejected;  // already
};

/// The first model of the plan, from `base.first` on, that fits, with what it will not get where the plan allows
/// dropping; else why each does not. A plan's model without an offer is taken as it is: unknown models are passed on to
/// their provider, unless the plan's needs or the budget ask for what is not known.
[[nodiscard]] std::variant<events::ModelSelected, events::NegotiationFailed> negotiate(const events::RunStarted& spec,
                                                                                       NegotiationBase base = {});

/// What is known of a model of the run, or null. Valid as long as `spec`.
[[nodiscard]] const ModelOffer* offer_of(const events::RunStarted& spec, const ModelRef& model);
/// Its place in the plan: 0 is the primary; the number of models where it is none of them.
[[nodiscard]] std::size_t plan_index(const events::RunStarted& spec, const ModelRef& model);

/// The names of the settings and input kinds that this run uses, as `ModelOffer::unsupported` names them.
[[nodiscard]] std::vector<std::string> used_features(const events::RunStarted& spec);

}  // namespace orchestrator::harness::kernel
