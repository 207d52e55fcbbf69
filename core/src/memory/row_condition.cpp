// SPDX-License-Identifier: Apache-2.0
#include "memory/row_condition.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::memory {

RowCondition::RowCondition(const MemoryFilter& filter) {
  if (filter.id) require("memory.id = ?", filter.id->str());
  if (filter.user) require("memory.user = ?", *filter.user);
  if (filter.session_id) require("memory.session_id = ?", filter.session_id->str());
  if (filter.lane) require("memory.lane = ?", std::string(name_of(*filter.lane)));
  if (filter.before) require("memory.created_us < ?", filter.before->unix_us);
}

RowCondition::RowCondition(const MemoryQuery& query) {
  require("memory.user = ?", query.user);
  if (query.session_id) require("memory.session_id = ?", query.session_id->str());
  if (query.lanes.empty()) return;
  std::string names;
  for (const MemoryLane lane : {MemoryLane::working, MemoryLane::episodic, MemoryLane::semantic}) {
    if (std::ranges::find(query.lanes, lane) == query.lanes.end()) continue;
    names.append(names.empty() ? "'" : ", '").append(name_of(lane)).append("'");
  }
  require("memory.lane IN (" + names + ")");
}

RowCondition& RowCondition::require(std::string_view part) {
  sql_.append(" AND ").append(part);
  return *this;
}

RowCondition& RowCondition::require(std::string_view part, Value value) {
  values_.push_back(std::move(value));
  return require(part);
}

void RowCondition::bind_to(storage::SqliteStatement& statement) const {
  for (const Value& value : values_) {
    std::visit([&statement](const auto& one) { statement.bind(one); }, value);
  }
}

}  // namespace orchestrator::harness::memory
