// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs export|import|salvage`

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/new_file.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/transfer_json.hpp"
#include "cli/input/export_input.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_reference.hpp"
#include "journal/run_erasure.hpp"
#include "journal/run_export.hpp"
#include "journal/run_import.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;
using harness::journal::ExportOptions;
using harness::journal::ExportResult;
using harness::journal::ImportedRun;
using harness::journal::ImportOutcome;

/// Exports into a new file, or to stdout where no path is given.
Result<ExportResult> write_export(CommandContext& context, StoreReader& store, const RunId& run_id,
                                  const ExportOptions& options, const std::optional<std::string>& path) {
  if (!path) {
    // What cannot be written is told once, at the end of the program.
    const auto sink = [&context](std::string_view bytes) -> Result<void> {
      context.out.write(bytes);
      return context.out.is_closed() || context.out.error()
                 ? fail(RuntimeErrorCode::output_failed, "nobody takes what is exported")
                 : Result<void>();
    };
    return wait_for(harness::journal::export_run(store.shared(), run_id, options, sink));
  }
  NewFile file(*path);
  const auto sink = [&file](std::string_view bytes) { return file.write(bytes); };
  if (auto opened = file.write({}); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  auto result = wait_for(harness::journal::export_run(store.shared(), run_id, options, sink));
  if (result) {
    if (auto kept = file.keep(); !kept) {
      return std::unexpected(std::move(kept.error()));
    }
  }
  return result;
}

boost::json::object json_of(const ExportResult& result, const RunId& run_id) {
  boost::json::array with;
  for (const RunId& other : result.with) {
    with.emplace_back(other.str());
  }
  boost::json::array lost;
  for (const auto& flaw : result.lost) {
    lost.emplace_back(flaw.what);
  }
  return {{"run_id", run_id.str()},
          {"with", std::move(with)},
          {"steps", result.head.steps},
          {"events", result.head.seq},
          {"ended", result.is_ended},
          {"head", result.receipt.head.str()},
          {"sha256", result.receipt.sha256.str()},
          {"lost", std::move(lost)}};
}

Result<RunId> find_argument_run(CommandContext& context, StoreReader& store) {
  return find_run(store, context.invocation.arguments.front());
}

void show_saved(CommandContext& context, const ExportResult& result, const RunId& run_id, const std::string& where) {
  if (context.invocation.has("--json")) {
    boost::json::object object = json_of(result, run_id);
    object.emplace("saved_in", where.empty() ? boost::json::value(nullptr) : boost::json::value(where));
    context.out.write(json_line(object));
    return;
  }
  context.out.write(run_id.str() + ": " + std::to_string(result.head.seq) + " events in " +
                    std::to_string(result.head.steps) + " steps are good" +
                    (where.empty() ? "" : ", saved in " + escaped_line(where)) + "\n");
  for (const auto& flaw : result.lost) {
    context.out.write("lost from here on: " + escaped_line(flaw.what) + "\n");
  }
}

Result<void> check_output(const CommandContext& context, const std::optional<std::string>& path) {
  if (path) {
    return {};
  }
  if (context.invocation.has("--json")) {
    return fail(RuntimeErrorCode::invalid_argument, "--json tells what was written: give --output FILE as well",
                "--json");
  }
  if (context.terminal.out_is_terminal) {
    return fail(RuntimeErrorCode::invalid_argument,
                "an exported run is nothing for a terminal: give --output FILE, or send it on with > or |", "--output");
  }
  return {};
}

std::string text_of(const ImportedRun& run) {
  switch (run.outcome) {
    case ImportOutcome::imported:
      return "imported";
    case ImportOutcome::continued:
      return "goes on: it had " + std::to_string(run.events_before) + " events, and has " + std::to_string(run.events);
    case ImportOutcome::present:
      return "is there already";
    case ImportOutcome::longer:
      return "is there already, and longer: it has " + std::to_string(run.events) + " events";
  }
  return {};
}

}  // namespace

ExitStatus runs_export_command(CommandContext& context) {
  auto path = context.invocation.value("--output");
  if (path == "-") {
    path.reset();
  }
  if (auto checked = check_output(context, path); !checked) {
    return report(context, checked.error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto run_id = find_argument_run(context, *store);
  if (!run_id) {
    return report(context, run_id.error());
  }
  ExportOptions options;
  options.is_alone = context.invocation.has("--alone");
  options.erases_content = context.invocation.has("--redact");
  auto result = write_export(context, *store, *run_id, options, path);
  context.out.flush();
  if (!path && (context.out.error() || context.out.is_closed())) {
    return ExitStatus::done;  // the end of the program says what is wrong with stdout, and that it failed
  }
  if (!result) {
    return report(context, result.error());
  }
  if (context.invocation.has("--json")) {
    context.out.write(json_line(json_of(*result, *run_id)));
  }
  context.notes.note("exported " + run_id->str() + ", " + std::to_string(result->head.seq) + " events, SHA-256 " +
                     result->receipt.sha256.str());
  if (result->erased_events > 0 && !options.erases_content) {
    context.notes.note("what was said in the run was erased: the file holds digests");
  }
  if (!result->is_ended) {
    context.notes.note("the run has not ended: the file holds it as it was just now");
  }
  return ExitStatus::done;
}

ExitStatus runs_import_command(CommandContext& context) {
  const auto input = open_export_input(context, context.invocation.arguments.front());
  if (!input) {
    return report(context, input.error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto runs = wait_for(harness::journal::import_runs(store->shared(), input->place));
  if (!runs) {
    return report(context, runs.error());
  }
  for (const ImportedRun& run : *runs) {
    if (context.invocation.has("--json")) {
      context.out.write(json_line(json_of(run)));
    } else {
      context.out.write(run.run_id.str() + " " + text_of(run) + "\n");
    }
  }
  return ExitStatus::done;
}

ExitStatus runs_salvage_command(CommandContext& context) {
  const auto to = context.invocation.value("--to");
  const auto path = context.invocation.value("--out");
  const bool in_place = context.invocation.has("--in-place");
  if (in_place && (to || path)) {
    return report(context, fail(RuntimeErrorCode::invalid_argument,
                                "--in-place changes the run where it is: it excludes --to and --out", "--in-place")
                               .error());
  }
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto run_id = find_argument_run(context, *store);
  if (!run_id) {
    return report(context, run_id.error());
  }
  ExportOptions options;
  options.salvages = true;
  const auto nowhere = [](std::string_view) -> Result<void> { return {}; };
  auto result = path ? write_export(context, *store, *run_id, options, path)
                     : wait_for(harness::journal::export_run(store->shared(), *run_id, options, nowhere));
  if (!result) {
    return report(context, result.error());
  }
  if (to) {
    auto other = StoreReader::open(*to);
    if (!other) {
      return report(context, other.error());
    }
    if (other->store().url() == store->store().url()) {
      return report(
          context,
          fail(RuntimeErrorCode::invalid_argument, "--to names the store that the damaged run is in", "--to").error());
    }
    if (auto copied = wait_for(harness::journal::copy_run(store->shared(), other->shared(), *run_id)); !copied) {
      return report(context, copied.error());
    }
  }
  const bool cuts = in_place && context.invocation.has("--yes");
  if (cuts) {
    if (auto cut = wait_for(harness::journal::salvage_in_place(store->shared(), *run_id)); !cut) {
      return report(context, cut.error());
    }
  }
  show_saved(context, *result, *run_id, cuts ? store->store().url() : to ? *to : path.value_or(std::string()));
  if (in_place && !cuts) {
    return report(context, fail(RuntimeErrorCode::invalid_argument,
                                "nothing was written: cutting off what is lost cannot be taken back, so it needs --yes",
                                "--in-place")
                               .error());
  }
  if (!in_place && !to && !path) {
    context.notes.note("nothing was written; give --to STORE, --out FILE or --in-place");
  }
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
