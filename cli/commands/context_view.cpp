// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/context_view.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/configuration/quantity.hpp"
#include "cli/display/context_json.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"

namespace orchestrator::cli {
namespace {

using harness::ContextItem;
using harness::ContextManifest;
using harness::Result;

constexpr std::uint64_t kTurnsMost = 1'000'000;
constexpr std::size_t kHashShown = 12;

// A turn of a flag, 0 for the last one.
Result<std::uint32_t> turn_of(const std::string& flag, const std::string& text) {
  if (text == "last") {
    return 0;
  }
  const auto count = parse_count(text, 1, kTurnsMost);
  if (!count) {
    return harness::fail(harness::RuntimeErrorCode::invalid_argument, flag + " " + count.error() + ", or 'last'", flag);
  }
  return static_cast<std::uint32_t>(*count);
}

std::string reason_of(const ContextItem& item) {
  return item.turn == 0 ? item.reason : item.reason + ", turn " + std::to_string(item.turn);
}

void add_row(Table& table, const std::string& mark, const ContextItem& item) {
  table.add({mark, std::string(word_of(item.verdict)), item.source, std::to_string(item.tokens), reason_of(item),
             item.hash.str().substr(0, kHashShown), item.preview});
}

Table item_table() { return Table({"", "VERDICT", "SOURCE", "TOKENS", "REASON", "ITEM", "TEXT"}); }

std::string total_of(const ContextManifest& manifest) {
  return "turn " + std::to_string(manifest.turn) + ": " + std::to_string(manifest.items.size()) + " items, about " +
         std::to_string(manifest.tokens_estimate) + " tokens" +
         (manifest.tokens_budget ? " of " + std::to_string(*manifest.tokens_budget) : "") + "\n";
}

/// How far `tokens` are from what the provider reports, such as " (+2.5 %)".
std::string error_of(std::uint64_t tokens, const std::optional<std::uint64_t>& reported) {
  if (!reported || *reported == 0) {
    return "";
  }
  const double percent =
      100.0 * (static_cast<double>(tokens) - static_cast<double>(*reported)) / static_cast<double>(*reported);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), " (%+.1f %%)", percent);
  return text.data();
}

/// The whole request: estimated before, counted, and reported after.
std::string size_text(const harness::RequestSize& size) {
  std::string text =
      "request: about " + std::to_string(size.estimate) + " tokens" + error_of(size.estimate, size.reported);
  if (size.counted) {
    text += ", counted " + std::to_string(*size.counted) + (size.is_exact ? "" : " roughly") +
            error_of(*size.counted, size.reported);
  }
  return text + (size.reported ? ", reported " + std::to_string(*size.reported) : "") + "\n";
}

void show_manifest(CommandContext& context, const ContextManifest& manifest, std::size_t columns) {
  if (context.invocation.has("--json")) {
    context.out.write(json_line(json_of(manifest)));
    return;
  }
  Table table = item_table();
  for (const ContextItem& item : manifest.gone) {
    add_row(table, "-", item);
  }
  for (const ContextItem& item : manifest.items) {
    add_row(table, " ", item);
  }
  context.out.write(total_of(manifest) + size_text(manifest.size) + table.text(columns));
}

void show_difference(CommandContext& context, const ContextManifest& before, const ContextManifest& after,
                     std::size_t columns) {
  const harness::ContextDifference both = harness::difference(before, after);
  if (context.invocation.has("--json")) {
    boost::json::object object;
    object.emplace("turn", after.turn);
    object.emplace("with", before.turn);
    object.emplace("added", json_of(both.added));
    object.emplace("removed", json_of(both.removed));
    context.out.write(json_line(object));
    return;
  }
  Table table = item_table();
  for (const ContextItem& item : both.removed) {
    add_row(table, "-", item);
  }
  for (const ContextItem& item : both.added) {
    add_row(table, "+", item);
  }
  const std::string rows = table.text(columns);
  context.out.write(total_of(before) + total_of(after) + (rows.empty() ? "no difference\n" : rows));
}

}  // namespace

ExitStatus show_context(CommandContext& context, StoreReader& store, const harness::RunId& run_id) {
  const auto shown = turn_of("--context", context.invocation.value("--context").value_or("last"));
  if (!shown) {
    return report(context, shown.error());
  }
  auto manifest = store.context(run_id, *shown);
  if (!manifest) {
    return report(context, manifest.error());
  }
  const std::size_t columns = context.terminal.out_is_terminal ? context.terminal.columns : 1'000;
  const auto with = context.invocation.value("--with");
  if (!with) {
    show_manifest(context, *manifest, columns);
    return ExitStatus::done;
  }
  const auto other = turn_of("--with", *with);
  if (!other) {
    return report(context, other.error());
  }
  auto before = store.context(run_id, *other);
  if (!before) {
    return report(context, before.error());
  }
  show_difference(context, *before, *manifest, columns);
  return ExitStatus::done;
}

}  // namespace orchestrator::cli
