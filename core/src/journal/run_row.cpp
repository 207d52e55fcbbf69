// SPDX-License-Identifier: Apache-2.0
#include "journal/run_row.hpp"

#include "journal/run_lock.hpp"

namespace orchestrator::harness::journal {

std::optional<RunRow> run_row_of(const storage::SqliteStatement& statement) {
  const auto id = RunId::parse(statement.bytes(1));
  if (!id) return std::nullopt;
  const auto count = [&statement](int column) { return static_cast<std::uint64_t>(statement.integer(column)); };
  RunRow row;
  row.number = statement.integer(0);
  row.run_id = *id;
  row.status = static_cast<RunStatus>(statement.integer(2));
  row.steps = count(3);
  row.events = count(4);
  row.bytes = count(5);
  row.epoch = count(6);
  row.boot = statement.text(7);
  row.head = statement.text(8);
  row.damage = statement.text(9);
  row.is_imported = statement.integer(10) != 0;
  return row;
}

Result<RunRow> find_run(const storage::SqliteConnection& connection, const RunId& run_id) {
  auto statement = connection.prepare(std::string("SELECT ") + kRunColumns + " FROM run WHERE id = ?");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(run_id.str());
  const auto found = statement->step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return run_not_found(run_id);
  auto row = run_row_of(*statement);
  if (!row) return run_not_found(run_id);
  return *std::move(row);
}

}  // namespace orchestrator::harness::journal
