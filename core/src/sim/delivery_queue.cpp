// SPDX-License-Identifier: Apache-2.0
#include "sim/delivery_queue.hpp"

#include <variant>

namespace orchestrator::harness::sim {
namespace {

// The attempt that an arrival of the provider belongs to; nothing for other arrivals.
std::optional<std::uint32_t> attempt_of(const event::Input::Value& input) {
  if (const auto* headers = std::get_if<event::inputs::ProviderHeaders>(&input)) return headers->attempt;
  if (const auto* chunk = std::get_if<event::inputs::ProviderChunk>(&input)) return chunk->attempt;
  if (const auto* ended = std::get_if<event::inputs::ProviderEnded>(&input)) return ended->attempt;
  return std::nullopt;
}

}  // namespace

void DeliveryQueue::send(std::uint64_t at_us, event::Input::Value input) {
  arrivals_.emplace(std::pair(at_us, sent_++), std::move(input));
}

std::optional<std::pair<std::uint64_t, event::Input::Value>> DeliveryQueue::next() {
  if (arrivals_.empty()) return std::nullopt;
  auto node = arrivals_.extract(arrivals_.begin());
  return std::pair(node.key().first, std::move(node.mapped()));
}

void DeliveryQueue::call_back_slots() {
  std::erase_if(arrivals_,
                [](const auto& arrival) { return std::holds_alternative<event::inputs::SlotGranted>(arrival.second); });
}

void DeliveryQueue::call_back_call(std::uint32_t attempt, bool but_one) {
  std::erase_if(arrivals_, [&](const auto& arrival) {
    if (attempt_of(arrival.second) != attempt) return false;
    return !std::exchange(but_one, false);
  });
}

void DeliveryQueue::call_back_tool(const std::string& call_id) {
  std::erase_if(arrivals_, [&](const auto& arrival) {
    const auto& value = arrival.second;
    const auto* prepared = std::get_if<event::inputs::ToolPrepared>(&value);
    const auto* returned = std::get_if<event::inputs::ToolReturned>(&value);
    const auto* verified = std::get_if<event::inputs::ToolVerified>(&value);
    return (prepared && prepared->call_id == call_id) || (returned && returned->call_id == call_id) ||
           (verified && verified->call_id == call_id);
  });
}

void DeliveryQueue::call_back_timer(TimerKind timer) {
  std::erase_if(arrivals_, [&](const auto& arrival) {
    const auto* fired = std::get_if<event::inputs::TimerFired>(&arrival.second);
    return fired != nullptr && fired->timer == timer;
  });
}

}  // namespace orchestrator::harness::sim
