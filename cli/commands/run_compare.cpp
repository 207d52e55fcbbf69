// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs diff|timeline`

#include "cli/commands/commands.hpp"
#include "cli/commands/damage_report.hpp"
#include "cli/display/run_diff_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/timeline_text.hpp"
#include "cli/store/run_outlines.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {
namespace {

harness::Result<harness::event::RunOutline> outline_of(StoreReader& store, const std::string& reference) {
  auto id = find_run(store, reference);
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  return read_outline(store, *id);
}

}  // namespace

ExitStatus runs_diff_command(CommandContext& context) {
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  const auto a = outline_of(*store, context.invocation.arguments.at(0));
  if (!a) {
    return report(context, a.error());
  }
  const auto b = outline_of(*store, context.invocation.arguments.at(1));
  if (!b) {
    return report(context, b.error());
  }
  const auto difference = harness::event::compare(*a, *b);
  context.out.write(context.invocation.has("--json") ? json_line(run_diff_json(*a, *b, difference))
                                                     : run_diff_text(*a, *b, difference));
  return ExitStatus::done;
}

ExitStatus runs_timeline_command(CommandContext& context) {
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  auto id = find_run(*store, context.invocation.arguments.front());
  if (!id) {
    return report(context, id.error());
  }
  const auto run = read_good_outline(*store, *id);
  if (!run) {
    return report_damage(context, *id, run.error());
  }
  context.out.write(context.invocation.has("--json") ? json_line(timeline_json(run->outline))
                                                     : timeline_text(run->outline, context.terminal.columns));
  return run->damage ? report_damage(context, *id, *run->damage) : ExitStatus::done;
}

}  // namespace orchestrator::cli
