// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which rows of the table `memory` are meant: parts of a WHERE clause that all hold, and the values of their
// parameters. A value; nothing of a caller's text ever becomes SQL.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orchestrator/harness/memory.hpp"
#include "storage/sqlite_statement.hpp"

namespace orchestrator::harness::memory {

class RowCondition final {
 public:
  using Value = std::variant<std::int64_t, std::string>;

  RowCondition() = default;  // every row
  explicit RowCondition(const MemoryFilter& filter);
  explicit RowCondition(const MemoryQuery& query);

  /// One more part, with at most one parameter, `?`.
  RowCondition& require(std::string_view part);
  RowCondition& require(std::string_view part, Value value);

  /// What stands after WHERE. Its parameters are the first ones of a statement, or follow what was bound before.
  [[nodiscard]] const std::string& sql() const { return sql_; }
  void bind_to(storage::SqliteStatement& statement) const;

 private:
  std::string sql_ = "1";
  std::vector<Value> values_;
};

}  // namespace orchestrator::harness::memory
