// SPDX-License-Identifier: Apache-2.0
#include "journal/retention.hpp"

#include <map>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include "event/erasure.hpp"
#include "journal/outer_event.hpp"

namespace orchestrator::harness::journal {
namespace {

using RunIds = std::set<RunId>;

std::vector<RunId> bases_of(const LinkedRun& run) {
  std::vector<RunId> bases;
  if (run.parent) bases.push_back(*run.parent);
  if (run.base && run.base != run.parent) bases.push_back(*run.base);
  return bases;
}

// Adds whatever builds on one of `ids`, however indirectly.
void add_dependents(const std::vector<LinkedRun>& runs, RunIds& ids) {
  for (bool is_more = true; is_more;) {
    is_more = false;
    for (const LinkedRun& run : std::views::reverse(runs)) {
      for (const RunId& base : bases_of(run)) {
        if (ids.contains(base)) is_more |= ids.insert(run.run.run_id).second;
      }
    }
  }
}

// Takes out of `ids` what an undo or a replay under way reads, though that may itself be among them.
void keep_sources(const std::vector<LinkedRun>& runs, RunIds& ids, std::vector<KeptRun>& kept) {
  for (const LinkedRun& run : runs) {
    if (!run.source || ids.erase(*run.source) == 0) continue;
    const bool is_undo = run.run.kind == RunKind::undo;
    kept.push_back({*run.source, is_undo ? KeptRun::Reason::undoing : KeptRun::Reason::replaying, run.run.run_id});
  }
}

// Takes out of `ids` what somebody who stays builds on, however indirectly, and notes it.
void keep_needed(const std::vector<LinkedRun>& runs, RunIds& ids, std::vector<KeptRun>& kept) {
  for (bool is_more = true; is_more;) {
    is_more = false;
    for (const LinkedRun& run : runs) {
      if (ids.contains(run.run.run_id)) continue;
      for (const RunId& base : bases_of(run)) {
        if (ids.erase(base) == 0) continue;
        kept.push_back({base, KeptRun::Reason::needed, run.run.run_id});
        is_more = true;
      }
    }
  }
}

// Each before what it builds on. Only what is written later builds on a run, but the clocks that made the ids may
// differ: order is by what is left to wait for, not by age alone.
std::vector<RunSummary> in_order(const std::vector<LinkedRun>& runs, const RunIds& ids) {
  std::map<RunId, std::size_t> waiting;  // runs to go that build on one
  for (const LinkedRun& run : runs) {
    if (!ids.contains(run.run.run_id)) continue;
    for (const RunId& base : bases_of(run)) waiting[base] += ids.contains(base) ? 1 : 0;
  }
  std::vector<RunSummary> ordered;
  RunIds left = ids;
  while (!left.empty()) {
    const std::size_t before = ordered.size();
    for (const LinkedRun& run : runs) {
      if (!left.contains(run.run.run_id) || waiting[run.run.run_id] > 0) continue;
      left.erase(run.run.run_id);
      ordered.push_back(run.run);
      for (const RunId& base : bases_of(run)) {
        if (auto& count = waiting[base]; count > 0) --count;
      }
    }
    if (ordered.size() == before) break;  // a ring, which only damage makes: it stays
  }
  return ordered;
}

RemovalPlan plan(const std::vector<LinkedRun>& runs, RunIds ids, std::vector<KeptRun> kept) {
  keep_sources(runs, ids, kept);
  keep_needed(runs, ids, kept);
  RemovalPlan plan;
  plan.runs = in_order(runs, ids);
  for (const RunSummary& run : plan.runs) plan.bytes += run.bytes;
  plan.kept = std::move(kept);
  return plan;
}

// A run that has not ended goes only where it was named, and no process has it.
bool is_in_use(const RunSummary& run, bool is_named) {
  return run.held || (!is_named && run.status == RunStatus::active && !run.damaged);
}

// What breaks a bound.
RunIds chosen_by(const std::vector<LinkedRun>& runs, const RetentionPolicy& policy) {
  RunIds ids;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  for (const LinkedRun& linked : runs) {
    const RunSummary& run = linked.run;
    if (policy.session_id && run.session_id != *policy.session_id) continue;
    if (is_in_use(run, false)) continue;
    ++count;
    bytes += run.bytes;
    const bool is_old = policy.ended_before && run.last_event_at < *policy.ended_before;
    const bool is_surplus = policy.runs_max && count > *policy.runs_max;
    const bool is_too_much = policy.bytes_max && bytes > *policy.bytes_max;
    if (is_old || is_surplus || is_too_much) ids.insert(run.run_id);
  }
  return ids;
}

}  // namespace

LinkedRun linked_run(RunSummary run, std::string_view first_line) {
  LinkedRun linked;
  linked.run = std::move(run);
  const auto first = first_event_of(first_line);
  linked.is_erased = first && event::is_erased(*first);
  const auto* started = first ? first->get_if<StreamEvent::RunStarted>() : nullptr;
  if (started == nullptr) return linked;
  if (linked.run.kind == RunKind::fork && started->parent) linked.parent = started->parent->run_id;
  const bool reads = linked.run.kind == RunKind::undo || linked.run.kind == RunKind::replay;
  const bool is_under_way = linked.run.status == RunStatus::active && !linked.run.damaged;
  if (reads && is_under_way && started->parent) linked.source = started->parent->run_id;
  if (started->history.items > 0) linked.base = started->history.base_run_id;
  return linked;
}

bool builds_on(const LinkedRun& run, const RunId& other) { return run.parent == other || run.base == other; }

RemovalPlan plan_by_policy(const std::vector<LinkedRun>& runs, const RetentionPolicy& policy) {
  return plan(runs, chosen_by(runs, policy), {});
}

RemovalPlan plan_erasure(const std::vector<LinkedRun>& runs, const RetentionPolicy& policy) {
  RunIds ids = chosen_by(runs, policy);
  std::vector<KeptRun> kept;
  for (const LinkedRun& run : runs) {
    const bool is_damaged = run.run.damaged && !run.is_erased;
    if (!run.is_erased && !is_damaged) continue;
    if (ids.erase(run.run.run_id) > 0 && is_damaged) {
      kept.push_back({run.run.run_id, KeptRun::Reason::damaged, std::nullopt});
    }
  }
  return plan(runs, std::move(ids), std::move(kept));
}

RemovalPlan plan_by_choice(const std::vector<LinkedRun>& runs, const std::vector<RunId>& chosen, bool with_dependents) {
  RunIds ids(chosen.begin(), chosen.end());
  if (with_dependents) add_dependents(runs, ids);
  std::vector<KeptRun> kept;
  for (const LinkedRun& run : runs) {
    if (!ids.contains(run.run.run_id) || !is_in_use(run.run, true)) continue;
    ids.erase(run.run.run_id);
    kept.push_back({run.run.run_id, KeptRun::Reason::active, std::nullopt});
  }
  return plan(runs, std::move(ids), std::move(kept));
}

}  // namespace orchestrator::harness::journal
