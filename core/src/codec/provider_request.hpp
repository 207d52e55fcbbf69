// SPDX-License-Identifier: Apache-2.0
#pragma once

// One model call in a form that belongs to no provider: what every request encoder takes.

#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::codec {

using harness::ProviderRequest;

}  // namespace orchestrator::harness::codec
