// SPDX-License-Identifier: Apache-2.0
#include "kernel/history_trim.hpp"

#include <algorithm>
#include <span>

namespace orchestrator::harness::kernel {
namespace {

using Entries = std::span<const event::ContextEntry>;

struct Size {
  std::uint64_t turns = 0;
  std::uint64_t tokens = 0;
  std::uint64_t bytes = 0;
};

Size size_of(Entries entries) {
  Size size;
  for (const event::ContextEntry& entry : entries) {
    size.turns += entry.opens_turn ? 1 : 0;
    size.tokens += entry.tokens;
    size.bytes += entry.bytes;
  }
  return size;
}

// How many entries the oldest exchange has: up to the next one that opens a turn.
std::size_t first_exchange(Entries entries) {
  std::size_t count = 1;
  while (count < entries.size() && !entries[count].opens_turn) ++count;
  return count;
}

Entries history_of(Entries context) {
  const auto is_history = [](const event::ContextEntry& entry) {
    return entry.source == event::ContextSource::history;
  };
  const auto begin = std::ranges::find_if(context, is_history);
  return {begin, std::find_if_not(begin, context.end(), is_history)};
}

void drop(events::ContextTrimmed& event, Entries entries) {
  for (const event::ContextEntry& entry : entries) event.dropped.push_back(entry.hash);
}

template <class Fits>
void trim_until(Fits fits, const char* policy, Entries& history, std::vector<events::ContextTrimmed>& trimmed) {
  if (history.empty() || fits(size_of(history))) return;
  events::ContextTrimmed event;
  event.policy = policy;
  event.tokens_before = size_of(history).tokens;
  while (!history.empty() && !fits(size_of(history))) {
    const std::size_t count = first_exchange(history);
    drop(event, history.first(count));
    history = history.subspan(count);
  }
  event.tokens_after = size_of(history).tokens;
  trimmed.push_back(std::move(event));
}

}  // namespace

std::uint64_t total_tokens(const std::vector<event::ContextEntry>& context) { return size_of(context).tokens; }

std::vector<events::ContextTrimmed> trim_history(const std::vector<event::ContextEntry>& context,
                                                 const HistoryLimits& limits) {
  std::vector<events::ContextTrimmed> trimmed;
  Entries history = history_of(context);
  trim_until([&](const Size& size) { return size.turns <= limits.turns; }, "history_turns", history, trimmed);
  trim_until([&](const Size& size) { return size.tokens <= limits.tokens; }, "history_tokens", history, trimmed);
  trim_until([&](const Size& size) { return size.bytes <= limits.bytes; }, "history_bytes", history, trimmed);
  return trimmed;
}

}  // namespace orchestrator::harness::kernel
