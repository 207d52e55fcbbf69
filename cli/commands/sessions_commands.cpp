// SPDX-License-Identifier: Apache-2.0
// `orchestrator sessions list|show|delete`: a session is what its runs say.

#include <boost/json.hpp>
#include <map>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/list_limit.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/store/run_reference.hpp"
#include "cli/store/run_scan.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunSummary;
using harness::RuntimeErrorCode;
using harness::SessionId;

/// What the runs of one session add up to.
struct SessionSummary {
  SessionId session_id;
  std::uint64_t runs = 0;
  std::uint64_t active = 0;
  std::uint64_t bytes = 0;
  harness::WallTime started_at;     // of its first run
  harness::WallTime last_event_at;  // of its last one
  std::string first_input;
};

/// The sessions in the order of their newest run. One scan over the whole store, one small entry a session.
Result<std::vector<SessionSummary>> collect_sessions(StoreReader& store) {
  std::vector<SessionSummary> sessions;
  std::map<SessionId, std::size_t> places;
  auto scanned = scan_runs(store, {}, [&](const RunSummary& run) {
    const auto [place, is_new] = places.try_emplace(run.session_id, sessions.size());
    if (is_new) {
      sessions.push_back({run.session_id, 0, 0, 0, run.started_at, run.last_event_at, {}});
    }
    SessionSummary& session = sessions[place->second];
    ++session.runs;
    session.active += run.status == harness::RunStatus::active ? 1 : 0;
    session.bytes += run.bytes;
    session.started_at = std::min(session.started_at, run.started_at);
    session.last_event_at = std::max(session.last_event_at, run.last_event_at);
    session.first_input = run.input_preview;  // runs come newest first
    return true;
  });
  if (!scanned) {
    return std::unexpected(std::move(scanned.error()));
  }
  return sessions;
}

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
  harness::RunFilter filter;
  filter.session_id = *id;
  std::vector<RunSummary> runs;
  auto scanned = scan_runs(*store, filter, [&](const RunSummary& run) {
    runs.push_back(run);
    return true;
  });
  if (!scanned) {
    return std::unexpected(std::move(scanned.error()));
  }
  return Found{*std::move(store), *id, std::move(runs)};
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
  auto sessions = collect_sessions(*store);
  if (!sessions) {
    return report(context, sessions.error());
  }
  if (sessions->size() > *limit) {
    sessions->resize(*limit);
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
  std::size_t removed = 0;
  // Newest first: what is left after a failure is still a session whose runs build on one another.
  for (const RunSummary& run : found->runs) {
    if (really) {
      if (auto done = found->store.remove(run.run_id); !done) {
        context.notes.note("removed " + runs_text(removed) + " of " + std::to_string(found->runs.size()));
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
