// SPDX-License-Identifier: Apache-2.0
#pragma once

// Terms of an answer that change its price: what it costs then is not what the price table says. Pure.

#include <string_view>

#include "orchestrator/harness/usage.hpp"

namespace orchestrator::harness::codec {

/// Adds a term to what a price by tokens does not cover, once.
void add_unpriced(Usage& usage, std::string_view term);

/// Adds `service_tier:NAME` where a provider names a tier that is not its standard one (`default`, `auto`, `standard`,
/// `on_demand` and no name are, in any case of letters). A name of other characters than [a-z0-9_-], or of more than
/// 32, is `other`.
void add_service_tier(Usage& usage, std::string_view name);

}  // namespace orchestrator::harness::codec
