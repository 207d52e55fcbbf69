// SPDX-License-Identifier: Apache-2.0
#include "event/step.hpp"

#include <array>
#include <utility>

#include "event/canonical_event.hpp"
#include "event/field_encoder.hpp"
#include "event/json_slices.hpp"
#include "event/line_check.hpp"

namespace orchestrator::harness::event {
namespace {

// {"step":N,"input":{...},"events":[...],"head":"<64 hex>","check":"<16 hex>"}

std::unexpected<Error> damaged(const JournalHead& before, std::string message) {
  return fail(RuntimeErrorCode::journal_damaged, "step " + std::to_string(before.steps + 1) + " (after event " +
                                                     std::to_string(before.seq) + "): " + std::move(message));
}

struct LineSlices {
  std::string_view step;
  std::string_view input;
  std::string_view events;
  std::string_view head;
};

std::optional<LineSlices> slices_of(std::string_view line) {
  const auto members = object_slices(line);
  if (!members || members->size() != 5) return std::nullopt;
  constexpr std::array<std::string_view, 5> kKeys{"step", "input", "events", "head", "check"};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if ((*members)[i].first != kKeys[i]) return std::nullopt;
  }
  return LineSlices{(*members)[0].second, (*members)[1].second, (*members)[2].second, (*members)[3].second};
}

// `error` with the place in front, and its own code.
std::unexpected<Error> located(const JournalHead& before, std::uint64_t seq, Error error) {
  error.message = "step " + std::to_string(before.steps + 1) + ", event " + std::to_string(seq) + ": " + error.message;
  return std::unexpected(std::move(error));
}

}  // namespace

EncodedStep encode_step(const Step& step, const JournalHead& before) {
  EncodedStep result;
  std::string& line = result.line;
  result.head = before;
  result.head.steps += 1;
  line.reserve(768);
  line += "{\"step\":";
  append_value(line, result.head.steps);
  line += ",\"input\":";
  line += encode_input(step.input, step.events);
  line += ",\"events\":[";
  for (const StreamEvent& event : step.events) {
    if (&event != &step.events.front()) line.push_back(',');
    CanonicalEvent canonical = encode_event(event, result.head.hash);
    line += canonical.bytes;
    result.head.hash = canonical.hash;
    result.head.seq = event.meta.seq;
  }
  line += "],\"head\":";
  append_value(line, result.head.hash);
  seal_line(line);
  return result;
}

Result<StoredStep> decode_step(std::string_view line, const JournalHead& before) {
  const auto slices = slices_of(line);
  if (!slices) return damaged(before, "the line is not a step");
  if (!line_check_holds(line)) return damaged(before, "checksum mismatch");
  if (slices->step != std::to_string(before.steps + 1)) {
    return damaged(before, "found step " + std::string(slices->step) + " in its place");
  }
  const auto events = array_slices(slices->events);
  if (!events || events->empty()) return damaged(before, "no events");

  StoredStep step;
  step.head = before;
  step.head.steps += 1;
  step.input_bytes = std::string(slices->input);
  for (const std::string_view bytes : *events) {
    step.head.seq += 1;
    auto event = decode_event(bytes);
    if (!event) return located(before, step.head.seq, event.error());
    if (event->meta.seq != step.head.seq) {
      return damaged(before, "event " + std::to_string(event->meta.seq) + " where " + std::to_string(step.head.seq) +
                                 " should be");
    }
    auto hash = chain_hash_of_bytes(step.head.hash, bytes);
    if (!hash) return located(before, step.head.seq, hash.error());
    step.head.hash = *hash;
    step.events.push_back(*std::move(event));
    step.event_bytes.emplace_back(bytes);
  }
  if (slices->head != "\"" + step.head.hash.str() + "\"") {
    return damaged(before, "the hash chain is broken at event " + std::to_string(step.head.seq));
  }
  return step;
}

}  // namespace orchestrator::harness::event
