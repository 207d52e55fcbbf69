// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_selection.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "cli/configuration/quantity.hpp"
#include "cli/display/event_word.hpp"
#include "cli/store/blocking_wait.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunQuery;
using harness::RuntimeErrorCode;
using harness::WallTime;

constexpr std::uint32_t kPageRuns = 500;

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::optional<std::string>& word, const Value (&values)[N]) {
  for (const Value value : values) {
    if (word && *word == word_of(value)) {
      return value;
    }
  }
  return std::nullopt;
}

std::unexpected<harness::Error> refuse(const std::string& flag, const std::string& why) {
  return fail(RuntimeErrorCode::invalid_argument, flag + " " + why, flag);
}

}  // namespace

Result<std::optional<WallTime>> moment_before(const Invocation& invocation, std::string_view flag) {
  const auto text = invocation.value(flag);
  if (!text) {
    return std::optional<WallTime>();
  }
  const auto age_ms = parse_duration_ms(*text);
  if (!age_ms) {
    return refuse(std::string(flag), age_ms.error());
  }
  using std::chrono::microseconds;
  const auto now = std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch());
  return std::optional(WallTime{now.count() - static_cast<std::int64_t>(*age_ms) * 1'000});
}

Result<RunQuery> select_runs(const Invocation& invocation, StoreReader& store) {
  using harness::RunKind;
  using harness::RunStatus;
  RunQuery query;
  query.where.status = value_of(invocation.value("--status"),
                                {RunStatus::active, RunStatus::completed, RunStatus::failed, RunStatus::aborted});
  query.kind = value_of(invocation.value("--kind"), {RunKind::live, RunKind::replay, RunKind::fork, RunKind::undo});
  query.model = invocation.value("--of-model").value_or("");
  query.error_code = invocation.value("--error").value_or("");
  if (const auto parent = invocation.value("--parent"); parent) {
    auto id = find_run(store, *parent);
    if (!id) {
      return std::unexpected(std::move(id.error()));
    }
    query.parent = *id;
  }
  if (const auto session = invocation.value("--session"); session) {
    auto id = find_session(store, *session);
    if (!id) {
      return std::unexpected(std::move(id.error()));
    }
    query.where.session_id = *id;
  }
  auto before = moment_before(invocation, "--older-than");
  auto from = moment_before(invocation, "--newer-than");
  if (!before || !from) {
    return std::unexpected(std::move(before ? from.error() : before.error()));
  }
  query.started_before = *before;
  query.started_from = *from;
  if (const auto text = invocation.value("--min-cost"); text) {
    const auto cost = parse_usd_micro(*text);
    if (!cost) {
      return refuse("--min-cost", cost.error());
    }
    query.cost_min_micro_usd = *cost;
  }
  return query;
}

Result<void> scan_runs(StoreReader& store, RunQuery query,
                       const std::function<bool(const harness::RunSummary&)>& visit) {
  query.where.limit = kPageRuns;
  while (true) {
    auto runs = wait_for(store.runs().list(query));
    if (!runs) {
      return std::unexpected(std::move(runs.error()));
    }
    for (const harness::RunSummary& run : *runs) {
      if (!visit(run)) {
        return {};
      }
    }
    if (runs->size() < kPageRuns) {
      return {};
    }
    query.where.before = runs->back().run_id;
  }
}

}  // namespace orchestrator::cli
