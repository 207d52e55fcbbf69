// SPDX-License-Identifier: Apache-2.0
// `orchestrator memory list|search|add|forget|export`

#include <boost/json.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/list_limit.hpp"
#include "cli/commands/memory_access.hpp"
#include "cli/configuration/quantity.hpp"
#include "cli/display/amount_text.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/store/blocking_wait.hpp"
#include "event/timestamp.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/memory.hpp"
#include "runtime/entropy.hpp"
#include "runtime/wall_clock.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Memory;
using harness::MemoryFilter;
using harness::MemoryHit;
using harness::MemoryId;
using harness::MemoryLane;
using harness::MemoryQuery;
using harness::Result;
using harness::RuntimeErrorCode;

constexpr std::uint64_t kHitsMost = 100;
constexpr std::uint32_t kPage = 500;

/// The store, and what the flags narrow an operation to.
struct Scope {
  std::shared_ptr<harness::MemoryStore> store;
  std::string user;
  std::optional<harness::SessionId> session_id;
  std::optional<MemoryLane> lane;
  std::shared_ptr<harness::Embedder> embedder;  // of the commands that ask for one; null: words alone
};

/// Whether a command makes a vector of its text.
enum class Embeds : std::uint8_t { no, yes };

std::optional<MemoryLane> lane_of(const std::optional<std::string>& word) {
  for (const MemoryLane lane : {MemoryLane::working, MemoryLane::episodic, MemoryLane::semantic}) {
    if (word && *word == harness::name_of(lane)) {
      return lane;
    }
  }
  return std::nullopt;
}

Result<Scope> open_scope(const CommandContext& context, Embeds embeds = Embeds::no) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return std::unexpected(std::move(configuration.error()));
  }
  auto url = memory_url(*configuration);
  if (!url) {
    return std::unexpected(std::move(url.error()));
  }
  Scope scope;
  scope.user = context.invocation.value("--user").value_or(memory_user(*configuration));
  scope.lane = lane_of(context.invocation.value("--lane"));
  if (const auto session = context.invocation.value("--session"); session) {
    scope.session_id = harness::SessionId::parse(*session);
    if (!scope.session_id) {
      return fail(RuntimeErrorCode::invalid_argument,
                  "--session " + quoted_text(*session) + " is no session id, such as ses_01K...", "--session");
    }
  }
  // Only semantic memories have vectors, so in another lane there is nothing to compare.
  if (embeds == Embeds::yes && scope.lane.value_or(MemoryLane::semantic) == MemoryLane::semantic) {
    auto embedder = memory_embedder(*configuration, context.environment);
    if (!embedder) {
      return std::unexpected(std::move(embedder.error()));
    }
    scope.embedder = *std::move(embedder);
  }
  auto store = harness::open_memory_store(*url);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  scope.store = *std::move(store);
  return scope;
}

/// What an embedder made of a text, and what that took.
struct Embedded {
  harness::Embedding embedding;
  harness::EmbeddingBatch spent;  // without its vectors
};

/// Nothing where no embedder is asked for, or where it fails, which is noted: `without` says what goes on without it.
std::optional<Embedded> embed(CommandContext& context, const Scope& scope, const std::string& text,
                              const std::string& without) {
  if (scope.embedder == nullptr || text.empty()) {
    return std::nullopt;
  }
  const auto deadline = std::chrono::steady_clock::now() + harness::kEmbeddingTime;
  auto batch = wait_for(scope.embedder->embed({text}, deadline));
  if (!batch) {
    context.notes.note(without + ": " + batch.error().message + " (" + batch.error().code + ")");
    return std::nullopt;
  }
  Embedded embedded;
  embedded.embedding = {scope.embedder->model(), std::move(batch->vectors.front())};
  embedded.spent = *std::move(batch);
  return embedded;
}

/// As in the answer to `memory add --json`; unknown numbers are null.
boost::json::value json_of(const std::optional<Embedded>& embedded) {
  if (!embedded) {
    return nullptr;
  }
  const auto number = [](const std::optional<std::uint64_t>& known) {
    return known ? boost::json::value(*known) : boost::json::value();
  };
  return boost::json::object{{"model", embedded->embedding.model},
                             {"dimensions", embedded->embedding.values.size()},
                             {"tokens", number(embedded->spent.tokens)},
                             {"latency_us", embedded->spent.latency_us},
                             {"cost_micro_usd", number(embedded->spent.cost_micro_usd)}};
}

MemoryFilter filter_of(const Scope& scope) {
  MemoryFilter filter;
  filter.user = scope.user;
  filter.session_id = scope.session_id;
  filter.lane = scope.lane;
  return filter;
}

boost::json::object json_of(const Memory& memory) {
  std::string made_at;
  harness::event::append_rfc3339(made_at, memory.created_at);
  return {{"id", memory.id.str()},
          {"lane", harness::name_of(memory.lane)},
          {"text", memory.text},
          {"user", memory.user},
          {"session_id", memory.session_id ? boost::json::value(memory.session_id->str()) : boost::json::value()},
          {"run_id", memory.run_id ? boost::json::value(memory.run_id->str()) : boost::json::value()},
          {"created_at", made_at}};
}

ExitStatus show_hits(CommandContext& context, const Scope& scope, const std::string& text, bool with_scores) {
  const auto limit = list_limit(context.invocation);
  if (!limit) {
    return report(context, limit.error());
  }
  if (*limit > kHitsMost) {
    return report(context, fail(RuntimeErrorCode::invalid_argument,
                                "--limit is above 100; 'orchestrator memory export' writes out all", "--limit")
                               .error());
  }
  MemoryQuery query;
  query.text = text;
  query.user = scope.user;
  query.session_id = scope.session_id;
  query.limit = static_cast<std::uint32_t>(*limit);
  query.now = harness::runtime::wall_now();
  if (scope.lane) {
    query.lanes = {*scope.lane};
  }
  if (auto embedded = embed(context, scope, text, "searching by words alone"); embedded) {
    query.embedding = std::move(embedded->embedding);
  }
  auto hits = wait_for(scope.store->search(std::move(query)));
  if (!hits) {
    return report(context, hits.error());
  }
  Table table({"MEMORY", "LANE", "MADE (UTC)", "TEXT"});
  for (const MemoryHit& hit : *hits) {
    if (context.invocation.has("--json")) {
      boost::json::object object = json_of(hit.memory);
      if (with_scores) {
        object.emplace("score", hit.score);
        object.emplace("tokens", hit.tokens);
      }
      context.out.write(json_line(object));
    } else {
      table.add({hit.memory.id.str(), std::string(harness::name_of(hit.memory.lane)), time_text(hit.memory.created_at),
                 hit.memory.text});
    }
  }
  context.out.write(table.text(context.terminal.out_is_terminal ? context.terminal.columns : 1'000));
  if (hits->empty()) {
    context.notes.note("no memory of " + (scope.user.empty() ? "no user in particular" : quoted_text(scope.user)) +
                       " found in " + scope.store->url());
  }
  return ExitStatus::done;
}

/// Calls `see` with every memory that `filter` lets through, in the order of their ids.
template <class See>
Result<void> each_memory(const Scope& scope, const MemoryFilter& filter, See see) {
  std::optional<MemoryId> after;
  for (;;) {
    auto page = wait_for(scope.store->list(filter, after, kPage));
    if (!page) {
      return std::unexpected(std::move(page.error()));
    }
    if (page->empty()) {
      return {};
    }
    for (const Memory& memory : *page) {
      see(memory);
    }
    after = page->back().id;
  }
}

Result<MemoryFilter> filter_to_forget(const CommandContext& context, const Scope& scope) {
  MemoryFilter filter = filter_of(scope);
  if (!context.invocation.arguments.empty()) {
    filter.id = MemoryId::parse(context.invocation.arguments.front());
    if (!filter.id) {
      return fail(RuntimeErrorCode::invalid_argument,
                  quoted_text(context.invocation.arguments.front()) + " is no id of a memory, such as mem_01K...",
                  "MEMORY");
    }
  }
  if (const auto age = context.invocation.value("--older-than"); age) {
    const auto ms = parse_duration_ms(*age);
    if (!ms) {
      return fail(RuntimeErrorCode::invalid_argument, "--older-than " + ms.error(), "--older-than");
    }
    filter.before = harness::WallTime{harness::runtime::wall_now().unix_us - static_cast<std::int64_t>(*ms) * 1'000};
  }
  if (!filter.id && !filter.before && !filter.lane && !filter.session_id && !context.invocation.has("--all")) {
    return fail(RuntimeErrorCode::invalid_argument,
                "memory forget: name a memory, --lane, --session, --older-than, or --all for all of the user's",
                "MEMORY");
  }
  return filter;
}

}  // namespace

ExitStatus memory_list_command(CommandContext& context) {
  auto scope = open_scope(context);
  return scope ? show_hits(context, *scope, "", false) : report(context, scope.error());
}

ExitStatus memory_search_command(CommandContext& context) {
  auto scope = open_scope(context, Embeds::yes);
  return scope ? show_hits(context, *scope, context.invocation.arguments.front(), true)
               : report(context, scope.error());
}

ExitStatus memory_add_command(CommandContext& context) {
  auto scope = open_scope(context, Embeds::yes);
  if (!scope) {
    return report(context, scope.error());
  }
  Memory memory;
  memory.id = *MemoryId::parse("mem_" + std::string(harness::runtime::new_run_id().ulid()));
  memory.lane = scope->lane.value_or(MemoryLane::semantic);
  memory.text = context.invocation.arguments.front();
  memory.user = scope->user;
  memory.session_id = scope->session_id;
  memory.created_at = harness::runtime::wall_now();
  auto embedded = embed(context, *scope, memory.text, "kept without an embedding");
  if (embedded) {
    memory.embedding = embedded->embedding;
  }
  auto put = wait_for(scope->store->put(memory));
  if (!put && embedded && put.error().at == "embeddings_max") {
    context.notes.note("kept without an embedding: " + put.error().message);
    embedded.reset();
    memory.embedding.reset();
    put = wait_for(scope->store->put(memory));
  }
  if (!put) {
    return report(context, put.error());
  }
  for (const MemoryId& id : put->evicted) {
    context.notes.note("forgot " + id.str() + " to make room");
  }
  boost::json::object object = json_of(memory);
  object.emplace("embedding", json_of(embedded));
  context.out.write(context.invocation.has("--json") ? json_line(object) : memory.id.str() + "\n");
  return ExitStatus::done;
}

ExitStatus memory_forget_command(CommandContext& context) {
  auto scope = open_scope(context);
  if (!scope) {
    return report(context, scope.error());
  }
  const auto filter = filter_to_forget(context, *scope);
  if (!filter) {
    return report(context, filter.error());
  }
  if (context.invocation.has("--dry-run")) {
    auto done = each_memory(*scope, *filter, [&](const Memory& memory) { context.out.write(memory.id.str() + "\n"); });
    return done ? ExitStatus::done : report(context, done.error());
  }
  if (!filter->id && !context.invocation.has("--yes")) {
    return report(context, fail(RuntimeErrorCode::invalid_argument,
                                "memory forget cannot be taken back: see what would go with --dry-run, then give --yes")
                               .error());
  }
  auto count = wait_for(scope->store->forget(*filter));
  if (!count) {
    return report(context, count.error());
  }
  if (filter->id && *count == 0) {
    return report(context, fail(RuntimeErrorCode::invalid_argument,
                                "no memory " + filter->id->str() + " of this user in " + scope->store->url(), "MEMORY")
                               .error());
  }
  context.out.write("forgot " + std::to_string(*count) + (*count == 1 ? " memory\n" : " memories\n"));
  return ExitStatus::done;
}

ExitStatus memory_export_command(CommandContext& context) {
  auto scope = open_scope(context);
  if (!scope) {
    return report(context, scope.error());
  }
  auto done = each_memory(*scope, filter_of(*scope), [&](const Memory& memory) {
    boost::json::object object = json_of(memory);
    if (memory.embedding) {
      object.emplace("embedding", boost::json::object{{"model", memory.embedding->model},
                                                      {"values", boost::json::array(memory.embedding->values.begin(),
                                                                                    memory.embedding->values.end())}});
    } else {
      object.emplace("embedding", nullptr);
    }
    context.out.write(json_line(object));
  });
  return done ? ExitStatus::done : report(context, done.error());
}

}  // namespace orchestrator::cli
