// SPDX-License-Identifier: Apache-2.0
// Lines of a journal as they might be found on a disk: decoding ends with a step or a located error, and a step that
// decodes holds what the line says. The first byte of the input chooses whether the line gets a right check, so that
// the parts behind the check are reached.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "event/canonical_event.hpp"
#include "event/json_slices.hpp"
#include "event/line_check.hpp"
#include "event/step.hpp"

namespace {

namespace harness = orchestrator::harness;
namespace event = orchestrator::harness::event;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_step(const event::StoredStep& step, const std::string& line) {
  require(!step.events.empty() && step.events.size() == step.event_bytes.size());
  require(step.head.steps == 1 && step.head.seq == step.events.size());
  for (std::size_t i = 0; i < step.events.size(); ++i) {
    require(step.events[i].meta.seq == i + 1);
    require(line.find(step.event_bytes[i]) != std::string::npos);
    // What this build writes of an event that it read reads back equal.
    const auto again = event::decode_event(step.events[i].json());
    require(again.has_value() && *again == step.events[i]);
  }
  if (const auto input = event::input_of(step, {})) {
    const auto stored = event::encode_input(*input, step.events);
    event::StoredStep same;
    same.events = step.events;
    same.input_bytes = stored;
    const auto again = event::input_of(same, {});
    require(again.has_value() && *again == *input);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string line(text);
  if (data[0] % 2 == 1) {
    if (const std::size_t check = line.rfind(",\"check\":"); check != std::string::npos) line.resize(check);
    event::seal_line(line);
    require(event::line_check_holds(line));
  }
  const auto step = event::decode_step(line, {});
  if (step) check_step(*step, line);
  if (!step) require(step.error().code == "journal_damaged" || step.error().code == "version_too_new");
  static_cast<void>(event::read_step(line));
  static_cast<void>(event::decode_event(text));
  static_cast<void>(event::array_slices(text));
  static_cast<void>(event::member_slice(text, "events"));
  static_cast<void>(event::chain_hash_of_bytes(harness::Hash(), text));
  return 0;
}
