// SPDX-License-Identifier: Apache-2.0
#include "kernel/compaction.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "kernel/history_trim.hpp"
#include "kernel/summary_extract.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;
using Entries = std::span<const event::ContextEntry>;

// Of what compaction leaves, a summary takes at most a quarter, but not less than it needs.
constexpr std::uint64_t kSummaryShare = 4;
constexpr std::uint64_t kSummaryTokensMin = 50;

// Entries that go together.
struct Group {
  std::size_t first = 0;
  std::size_t count = 0;
};

bool is_of_answer(const event::ContextEntry& entry) {
  return entry.source == ContextSource::output || entry.source == ContextSource::retry;
}

std::vector<Group> exchanges_of(Entries context) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < context.size(); ++i) {
    if (context[i].source != ContextSource::history) continue;
    const bool goes_on = !groups.empty() && groups.back().first + groups.back().count == i && !context[i].opens_turn;
    if (goes_on && !is_summary(context[groups.back().first])) {
      groups.back().count += 1;
    } else {
      groups.push_back({i, 1});
    }
  }
  return groups;
}

// An answer, what was kept of its broken attempts, its calls and their results.
std::vector<Group> turns_of(Entries context) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < context.size(); ++i) {
    const bool is_result = context[i].source == ContextSource::tool_result;
    if (!is_result && !is_of_answer(context[i])) continue;
    const bool is_next = !groups.empty() && groups.back().first + groups.back().count == i;
    if (is_next && (is_result || is_of_answer(context[i - 1]))) {
      groups.back().count += 1;
    } else {
      groups.push_back({i, 1});
    }
  }
  return groups;
}

void leave_out_newest(std::vector<Group>& turns, std::uint64_t count) {
  turns.resize(turns.size() - std::min<std::uint64_t>(turns.size(), std::max<std::uint64_t>(count, 1)));
}

std::vector<Group> groups_that_may_go(Entries context, const events::RunStarted& spec) {
  std::vector<Group> groups = exchanges_of(context);
  std::vector<Group> turns = turns_of(context);
  leave_out_newest(turns, spec.context.recent_turns);
  groups.insert(groups.end(), turns.begin(), turns.end());
  return groups;
}

std::uint64_t tokens_of(Entries entries) {
  std::uint64_t tokens = 0;
  for (const event::ContextEntry& entry : entries) tokens += entry.tokens;
  return tokens;
}

const event::ContextEntry* own_summary(Entries context) {
  const auto found = std::ranges::find(context, ContextSource::summary, &event::ContextEntry::source);
  return found == context.end() ? nullptr : &*found;
}

// That a run before has left, or null.
const event::ContextEntry* history_summary(Entries context) {
  const auto found = std::ranges::find(context, ContextSource::history, &event::ContextEntry::source);
  return found != context.end() && is_summary(*found) ? &*found : nullptr;
}

// What compaction leaves of a bound that was passed.
std::uint64_t filled(std::uint64_t bound, const ContextPolicy& policy) {
  return bound / 100 * policy.fill_percent + bound % 100 * policy.fill_percent / 100;
}

// An event that grows with every group that goes.
class Dropping {
 public:
  Dropping(Entries context, const events::RunStarted& spec, const char* policy) : context_(context), spec_(spec) {
    event_.policy = policy;
    event_.tokens_before = tokens_of(context);
    if (spec.context.when_full == WhenFull::trim) return;
    summary_tokens_ = summary_room(spec);
    if (const auto* old = own_summary(context)) {
      gone_.push_back(*old);
      gone_tokens_ = old_tokens_ = old->tokens;
    }
    // The one of an earlier run is taken into the new one, even where history may stay otherwise.
    if (const auto* old = history_summary(context)) {
      take({static_cast<std::size_t>(old - context.data()), 1});
      taken_in_ = old;
    }
    least_ = event_.dropped.size();
  }
  [[nodiscard]] bool has_taken() const { return event_.dropped.size() > least_; }
  // What the context will have at most.
  [[nodiscard]] std::uint64_t tokens_after() const { return event_.tokens_before - gone_tokens_ + summary_tokens_; }
  void take(const Group& group) {
    for (const event::ContextEntry& entry : context_.subspan(group.first, group.count)) {
      if (&entry == taken_in_) continue;
      event_.dropped.push_back(entry.hash);
      event_.own_items += entry.source == ContextSource::history ? 0 : 1;
      gone_tokens_ += entry.tokens;
      gone_.push_back(entry);
    }
  }
  [[nodiscard]] std::vector<event::ContextEntry> gone() && {
    return has_taken() ? std::move(gone_) : std::vector<event::ContextEntry>();
  }
  [[nodiscard]] std::optional<events::ContextTrimmed> finish(const Written& written) && {
    if (!has_taken()) return std::nullopt;
    event_.tokens_after = event_.tokens_before - gone_tokens_;
    if (spec_.context.when_full != WhenFull::trim) {
      event_.summary = written.text.empty() ? summary_in_extracts(gone_, summary_tokens_)
                                            : summary_as_written(written.text, not_seen(written), summary_tokens_);
      event_.tokens_after += event::estimate_tokens(user_text(*event_.summary));
      if (event_.tokens_after > event_.tokens_before) {  // what is shorter than its summary goes without one
        event_.summary.reset();
        event_.tokens_after = event_.tokens_before - gone_tokens_ + old_tokens_;
      }
    }
    return std::move(event_);
  }

 private:
  // What went beyond what the model saw, such as a turn that a hint has made no room for.
  [[nodiscard]] std::vector<event::ContextEntry> not_seen(const Written& written) const {
    std::vector<event::ContextEntry> rest;
    std::ranges::copy_if(gone_, std::back_inserter(rest), [&](const event::ContextEntry& entry) {
      return std::ranges::find(written.covers, entry.hash) == written.covers.end();
    });
    return rest;
  }

  Entries context_;
  const events::RunStarted& spec_;
  events::ContextTrimmed event_;
  std::vector<event::ContextEntry> gone_;
  const event::ContextEntry* taken_in_ = nullptr;
  std::size_t least_ = 0;  // dropped before any group was
  std::uint64_t gone_tokens_ = 0;
  std::uint64_t old_tokens_ = 0;  // of the summary that stands there, which is among them
  std::uint64_t summary_tokens_ = 0;
};

std::optional<Dropping> drop_turns(const std::vector<event::ContextEntry>& context, const events::RunStarted& spec) {
  const ContextPolicy& policy = spec.context;
  const std::uint64_t window = policy.window_turns;
  std::vector<Group> turns = turns_of(context);
  if (window == 0 || turns.size() <= window) return std::nullopt;
  leave_out_newest(turns,
                   std::max<std::uint64_t>(filled(window, policy), std::min(policy.recent_turns, policy.window_turns)));
  Dropping dropping(context, spec, "window_turns");
  for (const Group& turn : turns) dropping.take(turn);
  return dropping;
}

std::optional<Dropping> drop_tokens(const std::vector<event::ContextEntry>& context, const events::RunStarted& spec) {
  const auto tokens_max = context_tokens_max(spec);
  if (!tokens_max || total_tokens(context) <= *tokens_max) return std::nullopt;
  Dropping dropping(context, spec, spec.context.tokens_max == tokens_max ? "context_tokens" : "max_input_tokens");
  for (const Group& group : groups_that_may_go(context, spec)) {
    // The room for a summary alone makes none: something must go for it.
    if (dropping.has_taken() && dropping.tokens_after() <= filled(*tokens_max, spec.context)) break;
    dropping.take(group);
  }
  return dropping;
}

}  // namespace

std::optional<std::uint64_t> context_tokens_max(const events::RunStarted& spec) {
  const auto& by_policy = spec.context.tokens_max;
  const auto& by_settings = spec.settings.max_input_tokens;
  return by_policy && by_settings ? std::min(by_policy, by_settings) : by_policy ? by_policy : by_settings;
}

std::uint64_t summary_room(const events::RunStarted& spec) {
  const std::uint64_t wanted = spec.context.summary_tokens_max;
  const auto tokens_max = context_tokens_max(spec);
  if (!tokens_max) return wanted;
  return std::min(wanted, std::max(filled(*tokens_max, spec.context) / kSummaryShare, kSummaryTokensMin));
}

std::vector<event::ContextEntry> about_to_go(const std::vector<event::ContextEntry>& context,
                                             const events::RunStarted& spec) {
  for (const auto drop : {drop_turns, drop_tokens}) {
    auto dropping = drop(context, spec);
    if (dropping && dropping->has_taken()) return std::move(*dropping).gone();
  }
  return {};
}

std::optional<events::ContextTrimmed> compact_turns(const std::vector<event::ContextEntry>& context,
                                                    const events::RunStarted& spec, const Written& written) {
  auto dropping = drop_turns(context, spec);
  return dropping ? std::move(*dropping).finish(written) : std::nullopt;
}

std::optional<events::ContextTrimmed> compact_tokens(const std::vector<event::ContextEntry>& context,
                                                     const events::RunStarted& spec, const Written& written) {
  auto dropping = drop_tokens(context, spec);
  return dropping ? std::move(*dropping).finish(written) : std::nullopt;
}

std::uint64_t tokens_that_stay(const std::vector<event::ContextEntry>& context, const events::RunStarted& spec) {
  std::uint64_t tokens = total_tokens(context);
  const std::vector<Group> groups = groups_that_may_go(context, spec);
  for (const Group& group : groups) tokens -= tokens_of(Entries(context).subspan(group.first, group.count));
  return tokens;
}

}  // namespace orchestrator::harness::kernel
