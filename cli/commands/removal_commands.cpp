// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs delete|prune`: what is to go is planned first, and shown or done.

#include <boost/json.hpp>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/kept_run_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_reference.hpp"
#include "cli/store/run_selection.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::KeptRun;
using harness::RemovalPlan;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kRunsMost = 1'000'000'000;
constexpr std::size_t kKeptShown = 20;

std::string counted(std::size_t count) { return std::to_string(count) + (count == 1 ? " run" : " runs"); }

/// What has to be done with the undo or replay before.
std::string first_end(const RunId& id) {
  return "`orchestrator resume " + id.str() + "` or `orchestrator abort " + id.str() + "` has to end it first";
}

/// The word that it is meant, or that only a look is wanted.
Result<void> check_intent(const CommandContext& context) {
  if (context.invocation.has("--yes") || context.invocation.has("--dry-run")) {
    return {};
  }
  return fail(RuntimeErrorCode::invalid_argument, std::string(context.invocation.command->name) +
                                                      " cannot be taken back: see what would go with --dry-run, then "
                                                      "give --yes");
}

/// Removes what the plan names, or says so.
ExitStatus carry_out(CommandContext& context, StoreReader& store, const RemovalPlan& plan) {
  const bool really = context.invocation.has("--yes") && !context.invocation.has("--dry-run");
  std::size_t removed = 0;
  for (const harness::RunSummary& run : plan.runs) {
    if (really) {
      if (auto done = wait_for(store.runs().remove(run.run_id)); !done) {
        context.notes.note("removed " + counted(removed) + " of " + std::to_string(plan.runs.size()));
        return report(context, done.error());
      }
    }
    ++removed;
    if (context.invocation.has("--json")) {
      context.out.write(json_line({{"run_id", run.run_id.str()}, {"bytes", run.bytes}, {"removed", really}}));
    } else if (!really) {
      context.out.write("would remove " + run.run_id.str() + "\n");
    }
  }
  context.notes.note((really ? "removed " : "would remove ") + counted(removed) + ", " + size_text(plan.bytes) +
                     " of journals");
  return ExitStatus::done;
}

/// Erases what was said in the runs of the plan, or says so.
ExitStatus erase(CommandContext& context, StoreReader& store, const RemovalPlan& plan) {
  const bool really = context.invocation.has("--yes") && !context.invocation.has("--dry-run");
  harness::Erasure erasure;
  for (const harness::RunSummary& run : plan.runs) {
    erasure.runs.push_back(run.run_id);
  }
  if (really) {
    auto done = wait_for(store.runs().erase(std::move(erasure.runs)));
    if (!done) {
      return report(context, done.error());
    }
    erasure = *std::move(done);
  }
  for (const RunId& run_id : erasure.runs) {
    if (context.invocation.has("--json")) {
      context.out.write(json_line({{"run_id", run_id.str()}, {"erased", really}}));
    } else if (!really) {
      context.out.write("would erase the content of " + run_id.str() + "\n");
    }
  }
  context.notes.note((really ? "erased the content of " : "would erase the content of ") +
                     counted(erasure.runs.size()));
  ExitStatus status = ExitStatus::done;
  for (const auto& refused : erasure.refused) {
    status = report(context, refused.reason);
  }
  if (erasure.contents_left) {
    status = report(context, *erasure.contents_left);
  }
  return status;
}

Result<harness::RetentionPolicy> policy_of(const Invocation& invocation, StoreReader& store) {
  harness::RetentionPolicy policy;
  auto ended_before = moment_before(invocation, "--older-than");
  if (!ended_before) {
    return std::unexpected(std::move(ended_before.error()));
  }
  policy.ended_before = *ended_before;
  if (const auto text = invocation.value("--keep"); text) {
    const auto count = parse_count(*text, 0, kRunsMost);
    if (!count) {
      return fail(RuntimeErrorCode::invalid_argument, "--keep " + count.error(), "--keep");
    }
    policy.runs_max = *count;
  }
  if (const auto text = invocation.value("--max-bytes"); text) {
    const auto bytes = parse_size_bytes(*text);
    if (!bytes) {
      return fail(RuntimeErrorCode::invalid_argument, "--max-bytes " + bytes.error(), "--max-bytes");
    }
    policy.bytes_max = *bytes;
  }
  if (!policy.ended_before && !policy.runs_max && !policy.bytes_max) {
    return fail(RuntimeErrorCode::invalid_argument,
                "runs prune needs a bound: --older-than DUR, --keep N or --max-bytes SIZE");
  }
  if (const auto session = invocation.value("--session"); session) {
    auto id = find_session(store, *session);
    if (!id) {
      return std::unexpected(std::move(id.error()));
    }
    policy.session_id = *id;
  }
  return policy;
}

/// Nothing is removed where something that was named cannot be.
Result<void> check_kept(const RemovalPlan& plan) {
  if (plan.kept.empty()) {
    return {};
  }
  const KeptRun& kept = plan.kept.front();
  if (kept.reason == KeptRun::Reason::active) {
    return fail(RuntimeErrorCode::run_locked,
                reason_of(kept) + "; `orchestrator abort " + kept.run_id.str() + "` ends it", kept.run_id.str());
  }
  if (is_under_way(kept)) {
    return fail(RuntimeErrorCode::precondition_failed, reason_of(kept) + "; " + first_end(*kept.needed_by),
                kept.run_id.str());
  }
  return fail(RuntimeErrorCode::precondition_failed,
              reason_of(kept) + "; --with-forks removes what builds on it as well", kept.run_id.str());
}

}  // namespace

ExitStatus runs_delete_command(CommandContext& context) {
  if (auto meant = check_intent(context); !meant) {
    return report(context, meant.error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  std::vector<RunId> chosen;
  for (const std::string& text : context.invocation.arguments) {
    auto id = find_run(*store, text);
    if (!id) {
      return report(context, id.error());
    }
    chosen.push_back(*id);
  }
  auto plan = wait_for(store->runs().plan_removal(std::move(chosen), context.invocation.has("--with-forks")));
  if (!plan) {
    return report(context, plan.error());
  }
  if (auto all = check_kept(*plan); !all) {
    return report(context, all.error());
  }
  return carry_out(context, *store, *plan);
}

ExitStatus runs_prune_command(CommandContext& context) {
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto policy = policy_of(context.invocation, *store);
  if (!policy) {
    return report(context, policy.error());
  }
  if (auto meant = check_intent(context); !meant) {
    return report(context, meant.error());
  }
  const bool erases = context.invocation.has("--erase-content");
  auto plan = wait_for(erases ? store->runs().plan_erasure(*policy) : store->runs().plan_retention(*policy));
  if (!plan) {
    return report(context, plan.error());
  }
  for (std::size_t index = 0; index < plan->kept.size() && index < kKeptShown; ++index) {
    context.notes.note("keeps: " + reason_of(plan->kept[index]));
  }
  if (plan->kept.size() > kKeptShown) {
    context.notes.note("keeps " + counted(plan->kept.size() - kKeptShown) + " more");
  }
  return erases ? erase(context, *store, *plan) : carry_out(context, *store, *plan);
}

}  // namespace orchestrator::cli
