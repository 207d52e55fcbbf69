// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs diff|timeline`

#include "cli/commands/commands.hpp"
#include "cli/display/run_diff_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/timeline_text.hpp"
#include "cli/store/run_outlines.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {
namespace {

harness::Result<harness::event::RunOutline> outline_of(StoreReader& store, const std::string& reference,
                                                       OutlineScope scope) {
  auto id = find_run(store, reference);
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  return read_outline(store, *id, scope);
}

}  // namespace

ExitStatus runs_diff_command(CommandContext& context) {
  auto store = open_reader(context);
  if (!store) {
    return report(context, store.error());
  }
  const auto a = outline_of(*store, context.invocation.arguments.at(0), OutlineScope::with_source);
  if (!a) {
    return report(context, a.error());
  }
  const auto b = outline_of(*store, context.invocation.arguments.at(1), OutlineScope::with_source);
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
  const auto run = outline_of(*store, context.invocation.arguments.front(), OutlineScope::own);
  if (!run) {
    return report(context, run.error());
  }
  context.out.write(context.invocation.has("--json") ? json_line(timeline_json(*run))
                                                     : timeline_text(*run, context.terminal.columns));
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
