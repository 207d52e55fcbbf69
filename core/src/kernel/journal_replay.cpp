// SPDX-License-Identifier: Apache-2.0
#include "kernel/journal_replay.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "event/canonical_event.hpp"
#include "event/event_difference.hpp"
#include "event/json_slices.hpp"
#include "kernel/decide.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::string_view kNothing = "nothing";

void encode(std::string& bytes, const StreamEvent& event) {
  bytes.clear();
  event::append_envelope(bytes, event.meta, event.type());
  bytes += ",\"data\":";
  event::append_data(bytes, event.payload);
  bytes.push_back('}');
}

// REQUIRES: an event that was decoded.
std::uint32_t version_of(std::string_view bytes) {
  std::uint32_t version = 0;
  const std::string_view digits = event::member_slice(bytes, "v").value_or("0");
  std::from_chars(digits.data(), digits.data() + digits.size(), version);
  return version;
}

// What no decision can be made of again.
Result<void> check_is_whole(const event::StoredStep& step) {
  for (const StreamEvent& event : step.events) {
    const auto* unknown = event.get_if<StreamEvent::Unknown>();
    if (unknown == nullptr) continue;
    const std::string place = "event " + std::to_string(event.meta.seq);
    if (unknown->data.text.starts_with("{\"erased\":")) {
      return fail(RuntimeErrorCode::not_supported, place + " was erased: the run cannot be replayed beyond it", place);
    }
    return fail(RuntimeErrorCode::version_too_new,
                place + " has the type " + unknown->type + ", which this build does not know", place);
  }
  return {};
}

}  // namespace

Result<std::optional<events::ReplayDiverged>> JournalReplay::take(std::string_view line) {
  const auto step = event::decode_step(line, head_);
  if (!step) return std::unexpected(step.error());
  return take(*step);
}

Result<std::optional<events::ReplayDiverged>> JournalReplay::take(const event::StoredStep& step) {
  if (auto whole = check_is_whole(step); !whole) return std::unexpected(whole.error());
  const auto input = event::input_of(step, history_);
  if (!input) return std::unexpected(input.error());
  const Decision decision = decide(state_, *input);
  if (auto diverged = difference(step, decision.events, decision.refusal)) return diverged;
  if (step.head.seq > to_seq_) {  // the head stays within the step
    event::JournalHead head{step.head.steps, head_.seq, head_.hash};
    for (const std::string& bytes : step.event_bytes) {
      if (head.seq == to_seq_) break;
      const auto hash = event::chain_hash_of_bytes(head.hash, bytes);
      if (!hash) return std::unexpected(hash.error());
      head.hash = *hash;
      head.seq += 1;
    }
    head_ = head;
    return std::nullopt;
  }
  for (const StreamEvent& event : decision.events) evolve(state_, event);
  head_ = step.head;
  return std::nullopt;
}

std::optional<events::ReplayDiverged> JournalReplay::difference(const event::StoredStep& stored,
                                                                const std::vector<StreamEvent>& decided,
                                                                const std::optional<Error>& refusal) {
  std::string expected;
  for (std::size_t i = 0; i < std::max(stored.events.size(), decided.size()); ++i) {
    const std::uint64_t seq = head_.seq + i + 1;
    if (seq > to_seq_) break;
    if (i >= decided.size()) {
      return events::ReplayDiverged{seq, "", std::string(stored.events[i].type()),
                                    refusal ? "refused: " + refusal->message : std::string(kNothing)};
    }
    if (i >= stored.events.size()) {
      return events::ReplayDiverged{seq, "", std::string(kNothing), std::string(decided[i].type())};
    }
    encode(bytes_, decided[i]);
    std::string_view stored_bytes = stored.event_bytes[i];
    const std::uint32_t version = version_of(stored_bytes);
    if (version < version_) {
      return events::ReplayDiverged{seq, "/v", std::to_string(version), std::to_string(event::kEventVersion)};
    }
    version_ = version;
    if (stored_bytes == bytes_) continue;
    if (version < event::kEventVersion) {
      encode(expected, stored.events[i]);
      stored_bytes = expected;
      if (stored_bytes == bytes_) continue;
    }
    event::EventDifference first = event::first_difference(stored_bytes, bytes_);
    return events::ReplayDiverged{seq, std::move(first.field), std::move(first.expected), std::move(first.found)};
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::kernel
