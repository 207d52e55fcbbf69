// SPDX-License-Identifier: Apache-2.0
#include "kernel/tool_calls.hpp"

#include <algorithm>

#include "event/canonical_json.hpp"
#include "kernel/earlier_shapes.hpp"

namespace orchestrator::harness::kernel {
namespace {

// Half of a SHA-256: as many bits as a UUID has, and more.
constexpr std::size_t kKeyHexDigits = 32;

bool is_open(const ToolCallProgress& call) { return call.stage != CallStage::due && call.stage != CallStage::finished; }

template <class Calls>
auto* find_open(Calls& calls, std::string_view call_id) {
  const auto found = std::ranges::find_if(
      calls, [&](const ToolCallProgress& call) { return call.call_id == call_id && is_open(call); });
  return found == calls.end() ? nullptr : &*found;
}

}  // namespace

const ToolCallProgress* open_call(const std::vector<ToolCallProgress>& calls, std::string_view call_id) {
  return find_open(calls, call_id);
}
ToolCallProgress* open_call(std::vector<ToolCallProgress>& calls, std::string_view call_id) {
  return find_open(calls, call_id);
}

std::size_t count_at(const std::vector<ToolCallProgress>& calls, CallStage stage) {
  return static_cast<std::size_t>(std::ranges::count(calls, stage, &ToolCallProgress::stage));
}
std::size_t count_open(const std::vector<ToolCallProgress>& calls) {
  return static_cast<std::size_t>(std::ranges::count_if(calls, is_open));
}

const ToolSpec* spec_of(const events::RunStarted& run, std::string_view tool) {
  const auto found = std::ranges::find(run.tools, tool, &ToolSpec::name);
  return found == run.tools.end() ? nullptr : &*found;
}

bool may_run_twice(const events::RunStarted& run, std::string_view tool) {
  const ToolSpec* spec = spec_of(run, tool);
  return spec != nullptr && (spec->effect_class == EffectClass::pure || spec->effect_class == EffectClass::idempotent);
}

Hash tool_hash(const events::RunStarted& run, const ToolSpec& spec) {
  std::string bytes;
  append_hashed_tool(bytes, run, spec);
  return sha256(bytes);
}

Hash policy_hash(const events::RunStarted& run) {
  std::string bytes;
  append_hashed_policy(bytes, run);
  return sha256(bytes);
}

Hash argument_hash(std::string_view arguments) {
  const auto canonical = event::canonical_json(arguments);
  return sha256(canonical ? std::string_view(*canonical) : arguments);
}

std::string idempotency_key(const RunId& run_id, std::uint32_t turn, std::size_t index) {
  const std::string call = run_id.str() + "/" + std::to_string(turn) + "/" + std::to_string(index);
  return "call_" + sha256(call).str().substr(0, kKeyHexDigits);
}

}  // namespace orchestrator::harness::kernel
