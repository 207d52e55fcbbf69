// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs list|show|events`

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/context_view.hpp"
#include "cli/commands/damage_report.hpp"
#include "cli/commands/list_limit.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/event_line.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/display/text_filter.hpp"
#include "cli/store/event_reader.hpp"
#include "cli/store/open_questions.hpp"
#include "cli/store/run_children.hpp"
#include "cli/store/run_reference.hpp"
#include "cli/store/run_selection.hpp"
#include "cli/store/run_tallies.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunStatus;
using harness::RunSummary;
using harness::RuntimeErrorCode;
using harness::StreamEvent;

constexpr std::uint32_t kFollowWaitMs = 1'000;
constexpr std::uint32_t kChildrenMax = 20;

std::string outcome_of(const RunSummary& run, bool waiting) {
  const std::string free = run.imported ? " (imported)" : "";
  if (waiting) {
    return run.held ? "waiting (held)" : "waiting" + free;
  }
  std::string text(word_of(run.status));
  if (run.damaged) {
    return text + " (damaged)";
  }
  if (run.erased) {
    return text + " (erased)";
  }
  if (run.status == RunStatus::active && !run.held) {
    return text + (run.imported ? free : " (no process holds it)");
  }
  const std::string& more = run.status == RunStatus::failed ? run.error_code : run.finish_reason;
  return more.empty() ? text : text + " (" + more + ")";
}

/// The run that the first argument names, with its store.
struct Found {
  StoreReader store;
  RunSummary run;
};

Result<Found> find_argument(const CommandContext& context) {
  auto store = open_reader(context);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  auto id = find_run(*store, context.invocation.arguments.front());
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  auto run = store->summary(*id);
  if (!run) {
    return std::unexpected(std::move(run.error()));
  }
  return Found{*std::move(store), *std::move(run)};
}

/// The first and the last event of a run, where they can be read.
struct Ends {
  std::optional<StoredEvent> first;
  std::optional<StoredEvent> terminal;
  std::optional<harness::Error> damage;  // what kept one of them from being read
};

/// A page of events; where the run is damaged there, that is noted and the page is empty.
Result<std::vector<StoredEvent>> read_good(Found& found, std::uint64_t after_seq, Ends& ends) {
  auto page = found.store.events(found.run.run_id, after_seq);
  if (page || page.error().code != harness::name_of(RuntimeErrorCode::journal_damaged)) {
    return page;
  }
  if (!ends.damage) {
    ends.damage = std::move(page.error());
  }
  return std::vector<StoredEvent>();
}

Result<Ends> read_ends(Found& found) {
  Ends ends;
  ends.damage = noted_damage(found.store, found.run);
  auto page = read_good(found, 0, ends);
  if (!page) {
    return std::unexpected(std::move(page.error()));
  }
  if (!page->empty()) {
    ends.first = page->front();
  }
  if (found.run.status != RunStatus::active && found.run.events > 0) {
    page = read_good(found, found.run.events - 1, ends);
    if (!page) {
      return std::unexpected(std::move(page.error()));
    }
    if (!page->empty() && page->back().event.is_terminal()) {
      ends.terminal = page->back();
    }
  }
  return ends;
}

void append_field(std::string& out, const std::string& name, const std::string& value) {
  if (!value.empty()) {
    out.append(name).append(12 - std::min<std::size_t>(12, name.size()), ' ').append(value).append("\n");
  }
}

void append_text(std::string& out, const std::string& name, const std::string& text) {
  if (!text.empty()) {
    const std::string shown = shown_text(text);
    out.append("\n").append(name).append(":\n").append(shown).append(shown.ends_with('\n') ? "" : "\n");
  }
}

std::string text_of_input(const StreamEvent::RunStarted& started) {
  std::string text;
  for (const harness::ContentPart& part : started.input) {
    text.append(text.empty() ? "" : "\n");
    const auto* plain = std::get_if<harness::TextPart>(&part);
    text.append(plain != nullptr ? plain->text : "[media]");
  }
  return text;
}

/// What `runs show` tells of a run besides its summary.
struct Shown {
  Ends ends;
  OpenQuestions questions;
  RunTallies tallies;
  std::vector<RunChild> children;
};

const StreamEvent::RunStarted* start_of(const Ends& ends) {
  return ends.first ? ends.first->event.get_if<StreamEvent::RunStarted>() : nullptr;
}

/// What a run that was made out of another one is of it.
std::string_view relation_of(harness::RunKind kind) {
  return kind == harness::RunKind::live ? "run again" : word_of(kind);
}

void append_family(std::string& out, const RunSummary& run, const Shown& shown) {
  const auto* started = start_of(shown.ends);
  if (started != nullptr && started->parent) {
    append_field(out, "parent",
                 std::string(relation_of(run.kind)) + " of " + started->parent->run_id.str() + " at event " +
                     std::to_string(started->parent->seq));
  }
  for (const RunChild& child : shown.children) {
    append_field(
        out, std::string(relation_of(child.run.kind)),
        child.run.run_id.str() + " at event " + std::to_string(child.at_seq) + ", " + outcome_of(child.run, false));
  }
  if (shown.children.size() == kChildrenMax) {
    append_field(out, "all of them", "orchestrator runs list --parent " + run.run_id.str());
  }
}

std::string shown_run(const RunSummary& run, const Shown& shown) {
  const auto& [ends, questions, tallies, children] = shown;
  std::string out;
  append_field(out, "run", run.run_id.str());
  append_field(out, "session", run.session_id.str());
  append_field(out, "status", outcome_of(run, !questions.list().empty()));
  for (const OpenQuestion& question : questions.list()) {
    append_field(out, "waits for",
                 escaped_line(question.raised.tool + ": " + approve_command_line(run.run_id, question.raised.call_id)));
  }
  append_field(out, "imported", run.imported ? "from a file; it acts with --trust-imported alone" : "");
  append_field(out, "model", one_line(run.model));
  append_field(out, "started", time_text(run.started_at) + " UTC");
  append_family(out, run, shown);
  append_field(out, "attempts", tallies.attempts.text());
  append_field(out, "tools", one_line(tallies.tools.text()));
  append_field(out, "journal", std::to_string(run.events) + " events, " + size_text(run.bytes));
  const StreamEvent* terminal = ends.terminal ? &ends.terminal->event : nullptr;
  const auto* completed = terminal == nullptr ? nullptr : terminal->get_if<StreamEvent::Completed>();
  const auto* failed = terminal == nullptr ? nullptr : terminal->get_if<StreamEvent::Error>();
  const auto* aborted = terminal == nullptr ? nullptr : terminal->get_if<StreamEvent::Aborted>();
  const auto append_numbers = [&](const auto& end) {
    append_field(out, "usage", usage_text(end.usage));
    append_field(out, "cost", cost_text(end.cost_micro_usd));
    append_field(out, "known", tallies.attempts.known_text());
    append_field(out, "latency", latency_text(end.latencies));
  };
  if (failed != nullptr) {
    append_numbers(*failed);
    append_field(out, "error", failed->error.code + ": " + one_line(failed->error.message));
  } else if (aborted != nullptr) {
    append_numbers(*aborted);
    append_field(out, "aborted by", one_line(aborted->by));
  } else if (completed != nullptr) {
    append_numbers(*completed);
  }
  if (const auto* started = start_of(ends); started != nullptr) {
    for (const auto& [key, value] : started->labels) {
      append_field(out, "label", one_line(key + "=" + value));
    }
    append_text(out, "system", started->system);
    append_text(out, "input", text_of_input(*started));
  }
  append_text(out, "output",
              completed != nullptr ? completed->output
              : failed != nullptr  ? failed->partial_output
              : aborted != nullptr ? aborted->partial_output
                                   : "");
  return out;
}

boost::json::value json_of_parent(const Ends& ends) {
  const auto* started = start_of(ends);
  if (started == nullptr || !started->parent) {
    return nullptr;
  }
  return boost::json::object{{"run_id", started->parent->run_id.str()}, {"seq", started->parent->seq}};
}

boost::json::array json_of(const std::vector<RunChild>& children) {
  boost::json::array array;
  for (const RunChild& child : children) {
    array.push_back(boost::json::object{{"run_id", child.run.run_id.str()},
                                        {"kind", word_of(child.run.kind)},
                                        {"status", word_of(child.run.status)},
                                        {"seq", child.at_seq}});
  }
  return array;
}

/// The data of a stored event as a JSON value; null where there is none.
boost::json::value data_of(const std::optional<StoredEvent>& stored) {
  if (!stored) {
    return nullptr;
  }
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(stored->json, error);
  return error || !value.is_object() ? boost::json::value(nullptr) : value.as_object()["data"];
}

}  // namespace

ExitStatus runs_list_command(CommandContext& context) {
  auto limit = list_limit(context.invocation);
  if (!limit) {
    return report(context, limit.error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto query = select_runs(context.invocation, *store);
  if (!query) {
    return report(context, query.error());
  }
  const bool json = context.invocation.has("--json");
  Table table({"RUN", "STATUS", "STARTED (UTC)", "MODEL", "INPUT"});
  std::uint64_t shown = 0;
  auto scanned = scan_runs(*store, *query, [&](const RunSummary& run) {
    const bool waiting = is_waiting(*store, run);
    if (json) {
      boost::json::object object = json_of(run);
      object.emplace("waiting", waiting);
      context.out.write(json_line(object));
    } else {
      table.add({run.run_id.str(), outcome_of(run, waiting), time_text(run.started_at), run.model, run.input_preview});
    }
    return ++shown < *limit && !context.out.is_closed();
  });
  if (!scanned) {
    return report(context, scanned.error());
  }
  if (!json) {
    context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  }
  if (shown == 0) {
    context.notes.note("no run in " + store->store().url());
  }
  return ExitStatus::done;
}

ExitStatus runs_show_command(CommandContext& context) {
  auto found = find_argument(context);
  if (!found) {
    return report(context, found.error());
  }
  if (context.invocation.value("--context") || context.invocation.value("--with")) {
    return show_context(context, found->store, found->run.run_id);
  }
  auto ends = read_ends(*found);
  auto children = read_children(found->store, found->run.run_id, kChildrenMax);
  if (!ends || !children) {
    return report(context, ends ? children.error() : ends.error());
  }
  Shown shown{*std::move(ends), {}, {}, *std::move(children)};
  if (found->run.status == RunStatus::active && !shown.ends.damage) {
    auto open = read_open_questions(found->store, found->run.run_id);
    if (!open) {
      return report(context, open.error());
    }
    shown.questions = *std::move(open);
  }
  auto tallies = read_tallies(found->store, found->run.run_id);
  if (!tallies) {
    return report(context, tallies.error());
  }
  shown.tallies = *std::move(tallies);
  if (shown.tallies.damage) {
    shown.ends.damage = shown.tallies.damage;
  }
  const auto& damage = shown.ends.damage;
  if (context.invocation.has("--json")) {
    boost::json::object object = json_of(found->run);
    object.emplace("waiting", !shown.questions.list().empty());
    object.emplace("attempts", shown.tallies.attempts.count());
    object.emplace("attempts_failed", boost::json::value_from(shown.tallies.attempts.failures()));
    object.emplace("tools", boost::json::value_from(shown.tallies.tools.counts()));
    object.emplace("parent", json_of_parent(shown.ends));
    object.emplace("children", json_of(shown.children));
    object.emplace("started", data_of(shown.ends.first));
    object.emplace("ended", data_of(shown.ends.terminal));
    object.emplace("damage", damage ? boost::json::value(damage->message) : boost::json::value(nullptr));
    context.out.write(json_line(object));
  } else {
    context.out.write(shown_run(found->run, shown));
  }
  return damage ? report_damage(context, found->run.run_id, *damage) : ExitStatus::done;
}

ExitStatus runs_events_command(CommandContext& context) {
  std::uint64_t after = 0;
  if (const auto text = context.invocation.value("--after"); text) {
    const auto count = parse_count(*text, 0, 1'000'000'000'000);
    if (!count) {
      return report(context, fail(RuntimeErrorCode::invalid_argument, "--after " + count.error()).error());
    }
    after = *count;
  }
  auto found = find_argument(context);
  if (!found) {
    return report(context, found.error());
  }
  const bool json = context.invocation.has("--json");
  const bool follow = context.invocation.has("--follow");
  bool ended = false;
  EventReader reader(found->store, found->run.run_id, after);
  while (!ended && !context.out.is_closed() && !context.out.error()) {
    auto page = reader.next();
    if (!page) {
      context.out.flush();
      return report_damage(context, found->run.run_id, page.error());
    }
    if (page->is_reset) {
      context.notes.note("run " + found->run.run_id.str() + " was changed in its store (epoch " +
                         std::to_string(page->epoch) + "): from its first event on");
      continue;
    }
    for (const StoredEvent& stored : page->events) {
      context.out.write((json ? stored.json : event_line(stored.event)) + "\n");
      ended = ended || stored.event.is_terminal();
    }
    context.out.flush();
    if (!page->events.empty()) {
      continue;
    }
    if (!follow) {
      break;
    }
    auto more = reader.wait(kFollowWaitMs);
    if (!more) {
      return report(context, more.error());
    }
    if (*more) {
      continue;
    }
    auto run = found->store.summary(found->run.run_id);
    if (run && !run->held && run->events <= reader.seq()) {
      if (run->status != RunStatus::active) {
        break;
      }
      return report(context, fail(RuntimeErrorCode::run_not_active,
                                  "no process holds run " + run->run_id.str() + ", so nothing more will come")
                                 .error());
    }
  }
  if (const auto damage = noted_damage(found->store, found->run); damage) {
    return report_damage(context, found->run.run_id, *damage);
  }
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
