// SPDX-License-Identifier: Apache-2.0
#pragma once

// A script of the scripted provider: what it answers, turn by turn, and what goes wrong on the way. Format:
// docs/harness/scripted-provider.md. Plain values; parsing is pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::providers {

enum class FaultKind : std::uint8_t {
  none,
  http,         // an HTTP failure: `status`, `body`, `retry_after`
  unreachable,  // no connection
  cut,          // the stream ends after `after_bytes`
  error_event,  // an error event in the stream after `after_bytes`: `code`, `message`
  bad_json,     // an event whose data does not parse
  stall,        // nothing more after `after_bytes`, until the deadline
  html,         // a 200 that is a page
  duplicate,    // one event comes twice
  empty         // a proper end with nothing in it
};

struct Fault {
  FaultKind kind = FaultKind::none;
  std::uint64_t after_bytes = 0;
  unsigned status = 500;
  std::string body;
  std::string retry_after;
  std::string code = "server_error";
  std::string message = "scripted failure";
};

struct ScriptedCall {
  std::string call_id;  // made up where the script names none
  std::string name;
  std::string arguments;  // JSON text
};

/// One answer.
struct ScriptedTurn {
  std::string reasoning;
  std::string text;
  std::string refusal;
  std::vector<ScriptedCall> tool_calls;
  std::string finish = "stop";  // stop, length, content_filter
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> reasoning_tokens;
  std::uint32_t delta_chars = 0;     // characters a delta; 0: words, cut by the seed
  std::uint64_t first_delay_ms = 0;  // before the first event
  std::uint64_t delay_ms = 0;        // between deltas
  std::vector<Fault> faults;         // of the first, second, ... attempt at this turn; then none
};

struct Script {
  std::uint64_t seed = 1;
  std::vector<ScriptedTurn> turns;  // at least one; after the last one it is repeated
};

/// Reads a script. Unknown members, wrong types and values out of range are `script_invalid` errors that name the place
/// and what is allowed; `name` is the script's, for the messages. At most 1 MiB and 1,000 turns.
[[nodiscard]] Result<Script> parse_script(std::string_view text, std::string_view name);

}  // namespace orchestrator::harness::providers
