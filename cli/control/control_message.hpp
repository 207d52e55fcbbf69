// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of the control socket: one request of one JSON line, one answer of one JSON line. Values and pure
// functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

enum class ControlVerb : std::uint8_t { abort, hint, pause, resume, checkpoint, approve, deny };

struct ControlRequest {
  ControlVerb verb = ControlVerb::abort;
  harness::RunId run_id;
  bool after_turn = false;  // of abort and hint
  std::string text;         // of hint; the label of checkpoint; the reason of deny
  std::string by;           // who asks
  std::optional<harness::InterruptId> interrupt_id = std::nullopt;  // of approve and deny
  bool for_run = false;                                             // of approve
  bool trust_imported = false;  // of resume by a daemon; a process that has the run needs no such word
  bool operator==(const ControlRequest&) const = default;
};

/// What the run's process answered, when it was not a refusal.
struct ControlAnswer {
  std::string hint_id;  // of hint
  bool is_held = true;  // false where the daemon recorded it for a run that no process holds
  bool operator==(const ControlAnswer&) const = default;
};

/// A line is at most this long: a hint of 64 KiB fits even if each byte is escaped.
inline constexpr std::size_t kControlLineBytesMax = 512U << 10U;

[[nodiscard]] std::string_view name_of(ControlVerb verb);

/// One line with its end.
[[nodiscard]] std::string encode_request(const ControlRequest& request);
[[nodiscard]] std::string encode_answer(const harness::Result<ControlAnswer>& answer);

/// The inverse, for a line with or without its end. Error: `invalid_argument` for what is no such line.
[[nodiscard]] harness::Result<ControlRequest> parse_request(std::string_view line);
/// The answer, or the refusal that it carries. Error: `invalid_argument` for what is no such line.
[[nodiscard]] harness::Result<ControlAnswer> parse_answer(std::string_view line);

}  // namespace orchestrator::cli
