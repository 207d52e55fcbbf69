// SPDX-License-Identifier: Apache-2.0
// `orchestrator sessions list|show|delete`: a session is what its runs say.

#include <boost/json.hpp>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/list_limit.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunSummary;
using harness::RuntimeErrorCode;
using harness::SessionId;
using harness::SessionSummary;

boost::json::object json_of(const SessionSummary& session) {
  RunSummary times;
  times.started_at = session.started_at;
  times.last_event_at = session.last_event_at;
  boost::json::object as_run = cli::json_of(times);
  return {{"session_id", session.session_id.str()},
          {"runs", session.runs},
          {"active", session.active},
          {"started_at", as_run["started_at"]},
          {"last_event_at", as_run["last_event_at"]},
          {"bytes", session.bytes},
          {"first_input", session.first_input}};
}

/// The runs of the session that the first argument names, newest first.
struct Found {
  StoreReader store;
  SessionId session_id;
  std::vector<RunSummary> runs;
};

Result<Found> find_argument(const CommandContext& context) {
  auto store = open_reader(context);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  auto id = find_session(*store, context.invocation.arguments.front());
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  auto runs = wait_for(store->sessions().runs(*id));
  if (!runs) {
    return std::unexpected(std::move(runs.error()));
  }
  return Found{*std::move(store), *id, *std::move(runs)};
}

std::string runs_text(std::size_t count) { return std::to_string(count) + (count == 1 ? " run" : " runs"); }

}  // namespace

ExitStatus sessions_list_command(CommandContext& context) {
  auto limit = list_limit(context.invocation);
  if (!limit) {
    return report(context, limit.error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto sessions = wait_for(store->sessions().list(static_cast<std::uint32_t>(*limit)));
  if (!sessions) {
    return report(context, sessions.error());
  }
  Table table({"SESSION", "RUNS", "LAST EVENT (UTC)", "SIZE", "FIRST INPUT"});
  for (const SessionSummary& session : *sessions) {
    if (context.invocation.has("--json")) {
      context.out.write(json_line(json_of(session)));
    } else {
      table.add({session.session_id.str(), std::to_string(session.runs), time_text(session.last_event_at),
                 size_text(session.bytes), session.first_input});
    }
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  if (sessions->empty()) {
    context.notes.note("no session in " + store->store().url());
  }
  return ExitStatus::done;
}

ExitStatus sessions_show_command(CommandContext& context) {
  auto found = find_argument(context);
  if (!found) {
    return report(context, found.error());
  }
  if (context.invocation.has("--json")) {
    boost::json::array runs;
    for (auto run = found->runs.rbegin(); run != found->runs.rend(); ++run) {
      runs.emplace_back(cli::json_of(*run));
    }
    context.out.write(json_line({{"session_id", found->session_id.str()}, {"runs", std::move(runs)}}));
    return ExitStatus::done;
  }
  Table table({"RUN", "STATUS", "STARTED (UTC)", "MODEL", "INPUT"});
  for (auto run = found->runs.rbegin(); run != found->runs.rend(); ++run) {
    table.add({run->run_id.str(), std::string(word_of(run->status)), time_text(run->started_at), run->model,
               run->input_preview});
  }
  context.out.write("session " + found->session_id.str() + ", " + runs_text(found->runs.size()) + "\n\n" +
                    table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  return ExitStatus::done;
}

ExitStatus sessions_delete_command(CommandContext& context) {
  const bool really = context.invocation.has("--yes");
  if (!really && !context.invocation.has("--dry-run")) {
    return report(context,
                  fail(RuntimeErrorCode::invalid_argument,
                       "sessions delete cannot be taken back: see what would go with --dry-run, then give --yes")
                      .error());
  }
  auto found = find_argument(context);
  if (!found) {
    return report(context, found.error());
  }
  for (const RunSummary& run : found->runs) {
    if (really && run.held) {
      const std::string id = run.run_id.str();
      return report(context,
                    fail(RuntimeErrorCode::run_locked,
                         "run " + id + " of this session is under way; `orchestrator abort " + id + "` ends it", id)
                        .error());
    }
  }
  auto plan = wait_for(found->store.sessions().plan_removal(found->session_id));
  if (!plan) {
    return report(context, plan.error());
  }
  for (const harness::KeptRun& kept : plan->kept) {
    if (kept.needed_by) {
      const std::string id = kept.needed_by->str();
      const bool is_undo = kept.reason == harness::KeptRun::Reason::undoing;
      if (is_undo || kept.reason == harness::KeptRun::Reason::replaying) {
        return report(context, fail(RuntimeErrorCode::precondition_failed,
                                    "run " + id + (is_undo ? ", an undo" : ", a replay") + " of run " +
                                        kept.run_id.str() + " of this session, has not ended; `orchestrator resume " +
                                        id + "` or `orchestrator abort " + id + "` has to end it first",
                                    id)
                                   .error());
      }
      return report(context, fail(RuntimeErrorCode::precondition_failed,
                                  "run " + id + " of another session builds on run " + kept.run_id.str() +
                                      " of this one; remove it first: `orchestrator runs delete " + id + "`",
                                  id)
                                 .error());
    }
  }
  std::size_t removed = 0;
  // What is left after a failure is still a session whose runs build on one another.
  for (const RunSummary& run : plan->runs) {
    if (really) {
      if (auto done = wait_for(found->store.runs().remove(run.run_id)); !done) {
        context.notes.note("removed " + runs_text(removed) + " of " + std::to_string(plan->runs.size()));
        return report(context, done.error());
      }
    }
    ++removed;
    if (context.invocation.has("--json")) {
      context.out.write(json_line({{"run_id", run.run_id.str()}, {"removed", really}}));
    } else if (!really) {
      context.out.write("would remove " + run.run_id.str() + "\n");
    }
  }
  context.notes.note((really ? "removed session " : "would remove session ") + found->session_id.str() + " with " +
                     runs_text(removed));
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
