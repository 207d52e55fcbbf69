// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of a decoded answer, as the content of `ProviderChunk`: the public types of provider.hpp under the names
// that event, codec and kernel use. Values without behaviour.

#include <vector>

#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::event {

using harness::AnswerFailed;
using harness::AnswerFinished;
using harness::ItemDone;
using harness::ProviderPart;
using harness::ReasoningPiece;
using harness::TextPiece;
using harness::ToolArgumentsPiece;
using harness::UsageSeen;

/// Appends `part`, joined with the last one where it continues the same item, so that how an answer was cut into
/// reads does not show.
void append_joined(std::vector<ProviderPart>& parts, ProviderPart part);

}  // namespace orchestrator::harness::event
