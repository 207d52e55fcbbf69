// SPDX-License-Identifier: Apache-2.0
#include "journal/run_query.hpp"

#include "journal/outer_event.hpp"

namespace orchestrator::harness::journal {

bool passes(const RunQuery& query, const RunSummary& run) {
  if (query.kind && run.kind != *query.kind) return false;
  if (query.held && run.held != *query.held) return false;
  if (!query.model.empty() && run.model.find(query.model) == std::string::npos) return false;
  if (!query.error_code.empty() && run.error_code != query.error_code) return false;
  if (query.started_from && run.started_at < *query.started_from) return false;
  if (query.started_before && !(run.started_at < *query.started_before)) return false;
  const auto& cost_min = query.cost_min_micro_usd;
  return !cost_min || (run.cost_micro_usd && *run.cost_micro_usd >= *cost_min);
}

bool is_child(const RunQuery& query, std::string_view first_line) {
  if (!query.parent) return true;
  const auto first = first_event_of(first_line);
  const auto* started = first ? first->get_if<StreamEvent::RunStarted>() : nullptr;
  return started != nullptr && started->parent && started->parent->run_id == *query.parent;
}

}  // namespace orchestrator::harness::journal
