// SPDX-License-Identifier: Apache-2.0
// What goes into the context besides answers and results, and what leaves it.
#include <algorithm>
#include <utility>

#include "kernel/evolution.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;
using event::make_context_entry;

}  // namespace

void Evolution::operator()(const events::ContextTrimmed& event) {
  auto& context = facts_.context;
  // What goes stands in the order of the context: one pass over each of the two parts.
  std::uint64_t next_own = event.dropped.size() - std::min<std::uint64_t>(event.own_items, event.dropped.size());
  const std::uint64_t history_end = next_own;
  std::uint64_t next_history = 0;
  std::erase_if(context, [&](const event::ContextEntry& entry) {
    const bool is_history = entry.source == ContextSource::history;
    std::uint64_t& next = is_history ? next_history : next_own;
    const std::uint64_t end = is_history ? history_end : event.dropped.size();
    if (next == end || entry.hash != event.dropped[next]) return false;
    ++next;
    return true;
  });
  if (event.own_items > 0) facts_.loops.compacted();
  facts_.summary.reset();
  if (!event.summary) return;
  std::erase_if(context, [](const event::ContextEntry& entry) { return entry.source == ContextSource::summary; });
  const auto place = std::ranges::find_if_not(
      context, [](const event::ContextEntry& entry) { return entry.source == ContextSource::pinned; });
  context.insert(place, make_context_entry(user_text(*event.summary), ContextSource::summary));
}

void Evolution::operator()(const events::ContextAssembled& event) {
  for (event::ContextEntry& entry : facts_.context) entry.is_listed = true;
  facts_.loops.requested();
  facts_.assembled_tokens = event.tokens_estimate;
}

void Evolution::operator()(const events::ContextSummarised& event) {
  if (Attempt* attempt = current_attempt()) attempt->summary += event.text;
}

void Evolution::operator()(const events::MemoryRetrieved& event) {
  facts_.recalls = false;
  add_side_cost(event.cost_micro_usd);
  const auto input = std::ranges::find(facts_.context, ContextSource::input, &event::ContextEntry::source);
  std::vector<event::ContextEntry> notes;
  for (const events::RetrievedMemory& hit : event.hits) {
    notes.push_back(make_context_entry(memory_note(hit), ContextSource::memory));
  }
  facts_.context.insert(input, notes.begin(), notes.end());
  if (!event.hits.empty()) note_untrusted(kFromMemory);
}

void Evolution::operator()(const events::GateEvaluated& event) {
  add_side_cost(event.cost_micro_usd);
  if (event.phase == GatePhase::input) facts_.judges_input = false;
}

void Evolution::operator()(const events::MemoryStored& event) {
  facts_.kept.insert(event.id);
  add_side_cost(event.cost_micro_usd);
}

void Evolution::add_side_cost(const std::optional<std::uint64_t>& micro_usd) {
  if (micro_usd == 0) return;
  facts_.cost.add(micro_usd);
  if (micro_usd) spend(*micro_usd);
}

}  // namespace orchestrator::harness::kernel
