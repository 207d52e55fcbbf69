// SPDX-License-Identifier: Apache-2.0
#pragma once

// A scripted answer as the bytes that a Responses server would send, event by event. Pure: the same turn and seed give
// the same bytes, cut at the same places.

#include <cstdint>
#include <string>
#include <vector>

#include "providers/scripted/script.hpp"

namespace orchestrator::harness::providers {

/// One write of the scripted server. Writes end anywhere, also inside an event or a character.
struct ScriptedWrite {
  std::string bytes;
  std::uint64_t delay_ms = 0;  // before it
};

/// The writes of a turn, with a fault of the stream (cut, error_event, bad_json, stall, duplicate, empty) applied.
/// `salt` tells apart the answers of one script: the turn's number.
[[nodiscard]] std::vector<ScriptedWrite> scripted_writes(const ScriptedTurn& turn, const Fault& fault,
                                                         std::uint64_t seed, std::uint64_t salt);

}  // namespace orchestrator::harness::providers
