// SPDX-License-Identifier: Apache-2.0
#pragma once

// A step: one input and the events it produced, the unit that a journal stores whole or not at all.
// `encode_step` makes the stored line, `decode_step` reads and checks it, and the input comes back exactly.
// Values and pure functions. Format: docs/harness/journal-format.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/input.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

struct Step {
  Input input;
  std::vector<StreamEvent> events;
  bool operator==(const Step&) const = default;
};

/// Where a journal ends: how many steps and events it has, and the chain hash of the last event.
struct JournalHead {
  std::uint64_t steps = 0;
  std::uint64_t seq = 0;
  Hash hash;
  bool operator==(const JournalHead&) const = default;
};

/// The stored line of a step (without line end), and the head after it.
struct EncodedStep {
  std::string line;
  JournalHead head;
};

/// Encodes `step` as the successor of `before`. REQUIRES: at least one event, seqs dense from `before.seq + 1`.
[[nodiscard]] EncodedStep encode_step(const Step& step, const JournalHead& before);

/// A step as read: its events, their bytes as stored, and the head after it. The input is rebuilt on demand.
struct StoredStep {
  std::vector<StreamEvent> events;
  std::vector<std::string> event_bytes;
  std::string input_bytes;
  JournalHead head;
};

/// Reads the line of the step after `before`. Errors: `journal_damaged` (which check failed, at which step),
/// `version_too_new`.
[[nodiscard]] Result<StoredStep> decode_step(std::string_view line, const JournalHead& before);

/// Reads one line on its own, for showing its events from the middle of a journal: neither the line's check nor the
/// chain is verified, and of the head only `seq` is set. Errors as of `decode_step`.
[[nodiscard]] Result<StoredStep> read_step(std::string_view line);

/// The input of a stored step, exactly as `decide` got it. `history` is the session context that the `RunStarted`
/// of step 1 refers to, and is read for that step only. Error: `journal_damaged`.
[[nodiscard]] Result<Input> input_of(const StoredStep& step, const std::vector<ContextEntry>& history);

/// The stored form of an input: its type, and its fields only where the events do not already hold them.
[[nodiscard]] std::string encode_input(const Input& input, const std::vector<StreamEvent>& events);

}  // namespace orchestrator::harness::event
