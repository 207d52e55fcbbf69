// SPDX-License-Identifier: Apache-2.0
// `orchestrator runs search`

#include <algorithm>
#include <boost/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/commands/list_limit.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_selection.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::uint64_t kPageRuns = 100;

}  // namespace

ExitStatus runs_search_command(CommandContext& context) {
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
  Table table({"RUN", "STARTED (UTC)", "IN", "TEXT"});
  std::uint64_t shown = 0;
  for (bool is_more = true; is_more && shown < *limit && !context.out.is_closed();) {
    query->where.limit = static_cast<std::uint32_t>(std::min(*limit - shown, kPageRuns));
    auto page = wait_for(store->runs().search(context.invocation.arguments.front(), *query));
    if (!page) {
      return report(context, page.error());
    }
    is_more = page->size() == query->where.limit;
    shown += page->size();
    for (const harness::RunMatch& match : *page) {
      query->where.before = match.run.run_id;
      if (json) {
        context.out.write(json_line(json_of(match)));
      } else {
        table.add({match.run.run_id.str(), time_text(match.run.started_at), std::string(place_word(match.hit.place)),
                   match.hit.excerpt});
      }
    }
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  if (shown == 0) {
    context.notes.note("no run in " + store->store().url() + " has these words");
  }
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
