// SPDX-License-Identifier: Apache-2.0
#pragma once

// The invariants that every provider demands of a request: what the scripted provider checks in place of a server, so
// that a history which a real one would refuse fails in tests. Pure.

#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::providers {

/// Errors: `provider_bad_request`, naming the item: no items, an empty message, a call without or with two results, a
/// result without or before its call, two calls of one id, an answer as the last item.
[[nodiscard]] Result<void> check_request(const ProviderRequest& request);

}  // namespace orchestrator::harness::providers
