// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_rows.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "memory/vector_bytes.hpp"

namespace orchestrator::harness::memory {
namespace {

constexpr std::string_view kColumns =
    "memory.id, memory.lane, memory.text, memory.user, memory.session_id, memory.run_id, memory.created_us, "
    "embedding.model, embedding.vector";
enum Column : int { kId, kLane, kText, kUser, kSession, kRun, kCreated, kModel, kVector };

std::optional<MemoryLane> lane_of(std::string_view name) {
  for (const MemoryLane lane : {MemoryLane::working, MemoryLane::episodic, MemoryLane::semantic}) {
    if (name_of(lane) == name) return lane;
  }
  return std::nullopt;
}

// An optional id; false where there is text that is none.
template <class Id>
bool read_id(const storage::SqliteStatement& row, int column, std::optional<Id>& id) {
  if (row.is_null(column)) return true;
  id = Id::parse(row.bytes(column));
  return id.has_value();
}

std::optional<Memory> memory_of(const storage::SqliteStatement& row) {
  const auto id = MemoryId::parse(row.bytes(kId));
  const auto lane = lane_of(row.bytes(kLane));
  if (!id || !lane) return std::nullopt;
  Memory memory;
  memory.id = *id;
  memory.lane = *lane;
  memory.text = row.text(kText);
  memory.user = row.text(kUser);
  memory.created_at = {row.integer(kCreated)};
  if (!read_id(row, kSession, memory.session_id) || !read_id(row, kRun, memory.run_id)) return std::nullopt;
  if (!row.is_null(kModel)) {
    auto values = vector_of(row.bytes(kVector));
    if (!values) return std::nullopt;
    memory.embedding = Embedding{row.text(kModel), *std::move(values)};
  }
  return memory;
}

template <class Id>
void bind_id(storage::SqliteStatement& statement, const std::optional<Id>& id) {
  if (id) {
    statement.bind(id->str());
  } else {
    statement.bind_null();
  }
}

// Prepares, binds with `bind`, and runs to the end.
template <class Bind>
Result<void> run(storage::SqliteConnection& connection, const std::string& sql, Bind bind) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  bind(*statement);
  return statement->run();
}

Result<void> insert_memory(storage::SqliteConnection& connection, const Memory& memory) {
  constexpr const char* kSql =
      "INSERT INTO memory(id, lane, user, session_id, run_id, created_us, text) VALUES (?, ?, ?, ?, ?, ?, ?)";
  return run(connection, kSql, [&memory](storage::SqliteStatement& statement) {
    statement.bind(memory.id.str()).bind(name_of(memory.lane)).bind(memory.user);
    bind_id(statement, memory.session_id);
    bind_id(statement, memory.run_id);
    statement.bind(memory.created_at.unix_us).bind(memory.text);
  });
}

Result<void> insert_words(storage::SqliteConnection& connection, std::int64_t number, const Memory& memory) {
  return run(connection, "INSERT INTO memory_words(rowid, text) VALUES (?, ?)",
             [&](storage::SqliteStatement& statement) { statement.bind(number).bind(memory.text); });
}

Result<void> insert_embedding(storage::SqliteConnection& connection, std::int64_t number, const Embedding& embedding) {
  return run(connection, "INSERT INTO embedding(number, model, dimension, vector) VALUES (?, ?, ?, ?)",
             [&](storage::SqliteStatement& statement) {
               statement.bind(number).bind(embedding.model).bind(static_cast<std::int64_t>(embedding.values.size()));
               statement.bind_bytes(vector_bytes(embedding.values));
             });
}

Result<void> change_tally(storage::SqliteConnection& connection, std::int64_t items, std::int64_t embeddings) {
  return run(connection, "UPDATE tally SET items = items + ?, embeddings = embeddings + ?",
             [&](storage::SqliteStatement& statement) { statement.bind(items).bind(embeddings); });
}

}  // namespace

Result<std::vector<Memory>> read_rows(const storage::SqliteConnection& connection, const RowCondition& condition,
                                      std::string_view order, std::uint32_t limit) {
  std::string sql = "SELECT ";
  sql.append(kColumns).append(" FROM memory LEFT JOIN embedding ON embedding.number = memory.number WHERE ");
  sql.append(condition.sql()).append(" ORDER BY ").append(order).append(" LIMIT ").append(std::to_string(limit));
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  condition.bind_to(*statement);
  std::vector<Memory> memories;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return memories;
    auto memory = memory_of(*statement);
    if (!memory) {
      return fail(RuntimeErrorCode::storage_failed,
                  "the memory store " + connection.path() + " is damaged: the row of '" + statement->text(kId) +
                      "' is no memory",
                  connection.path());
    }
    memories.push_back(*std::move(memory));
  }
}

Result<Tally> read_tally(const storage::SqliteConnection& connection) {
  auto statement = connection.prepare("SELECT items, embeddings FROM tally");
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    return fail(RuntimeErrorCode::storage_failed,
                "the memory store " + connection.path() + " is damaged: it has no tally", connection.path());
  }
  return Tally{static_cast<std::uint64_t>(statement->integer(0)), static_cast<std::uint64_t>(statement->integer(1))};
}

Result<void> insert_rows(storage::SqliteConnection& connection, const Memory& memory) {
  if (auto done = insert_memory(connection, memory); !done) return done;
  const std::int64_t number = connection.last_row();
  if (auto done = insert_words(connection, number, memory); !done) return done;
  if (memory.embedding) {
    if (auto done = insert_embedding(connection, number, *memory.embedding); !done) return done;
  }
  return change_tally(connection, 1, memory.embedding ? 1 : 0);
}

Result<std::uint64_t> remove_rows(storage::SqliteConnection& connection, const RowCondition& condition) {
  const auto bind = [&condition](storage::SqliteStatement& statement) { condition.bind_to(statement); };
  const std::string which = " WHERE " + condition.sql();
  // The index has no copy of the texts: to remove one it is told the very text that it was given, so it goes first.
  const std::string unindex =
      "INSERT INTO memory_words(memory_words, rowid, text) SELECT 'delete', memory.number, memory.text FROM memory" +
      which;
  if (auto done = run(connection, unindex, bind); !done) return std::unexpected(done.error());
  const std::string forget_vectors =
      "DELETE FROM embedding WHERE number IN (SELECT memory.number FROM memory" + which + ")";
  if (auto done = run(connection, forget_vectors, bind); !done) return std::unexpected(done.error());
  const std::int64_t embeddings = connection.changed_rows();
  if (auto done = run(connection, "DELETE FROM memory" + which, bind); !done) return std::unexpected(done.error());
  const std::int64_t items = connection.changed_rows();
  if (auto done = change_tally(connection, -items, -embeddings); !done) return std::unexpected(done.error());
  return static_cast<std::uint64_t>(items);
}

}  // namespace orchestrator::harness::memory
