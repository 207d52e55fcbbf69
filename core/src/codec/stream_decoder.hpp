// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one interface of every provider's stream decoder: body bytes in, provider parts out. The public types of
// provider.hpp under the names that codecs use.

#include "event/provider_part.hpp"
#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::codec {

using harness::DecoderLimits;
using harness::StreamDecoder;

}  // namespace orchestrator::harness::codec
