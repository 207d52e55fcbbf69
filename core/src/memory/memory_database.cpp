// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_database.hpp"

#include <string_view>
#include <utility>

#include "memory/memory_checks.hpp"
#include "memory/memory_rows.hpp"
#include "memory/memory_schema.hpp"
#include "memory/memory_search.hpp"
#include "storage/database_file.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::memory {
namespace {

using Kind = storage::SqliteTransaction::Kind;

struct WorkingRow {
  std::int64_t number = 0;
  MemoryId id;
  std::uint64_t bytes = 0;
};

// The working memories of one user and session, oldest first.
Result<std::vector<WorkingRow>> working_rows(const storage::SqliteConnection& connection, const Memory& memory) {
  auto statement = connection.prepare(
      "SELECT number, id, length(CAST(text AS BLOB)) FROM memory WHERE session_id = ? AND user = ? AND "
      "lane = 'working' ORDER BY created_us, id");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(memory.session_id->str()).bind(memory.user);
  std::vector<WorkingRow> rows;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return rows;
    rows.push_back({statement->integer(0), MemoryId::parse(statement->bytes(1)).value_or(MemoryId()),
                    static_cast<std::uint64_t>(statement->integer(2))});
  }
}

std::unexpected<Error> full(std::string_view what, std::uint64_t allowed, std::string_view bound) {
  return fail(RuntimeErrorCode::limit_exceeded,
              "the memory store holds " + std::string(what) + ": " + std::string(bound) + " allows " +
                  std::to_string(allowed) + "; forget some first",
              std::string(bound));
}

}  // namespace

MemoryDatabase::MemoryDatabase(std::unique_ptr<storage::SqliteConnection> connection, const MemoryBounds& bounds)
    : connection_(std::move(connection)), bounds_(bounds) {}

Result<std::unique_ptr<MemoryDatabase>> MemoryDatabase::open(const std::string& path, const MemoryBounds& bounds,
                                                             std::chrono::milliseconds patience) {
  if (auto checked = check_bounds(bounds); !checked) return std::unexpected(checked.error());
  Result<std::string> file = path;
  if (path != storage::kInMemory) file = storage::make_database_file(path, kNoun);
  if (!file) return std::unexpected(file.error());
  auto connection = storage::SqliteConnection::open({.path = *file, .kind = {.noun = kNoun}, .patience = patience});
  if (!connection) return std::unexpected(connection.error());
  if (auto prepared = prepare_schema(**connection); !prepared) return std::unexpected(prepared.error());
  return std::unique_ptr<MemoryDatabase>(new MemoryDatabase(*std::move(connection), bounds));
}

// Removes the oldest working memories of the same user and session until the new one fits, whatever its own age.
Result<std::vector<MemoryId>> MemoryDatabase::make_room(const Memory& memory) {
  std::vector<MemoryId> evicted;
  if (memory.lane != MemoryLane::working) return evicted;
  const auto rows = working_rows(*connection_, memory);
  if (!rows) return std::unexpected(rows.error());
  std::uint64_t items = rows->size() + 1;
  std::uint64_t bytes = memory.text.size();
  for (const WorkingRow& row : *rows) bytes += row.bytes;
  for (const WorkingRow& row : *rows) {
    if (items <= bounds_.working_items_max && bytes <= bounds_.working_bytes_max) break;
    RowCondition condition;
    condition.require("memory.number = ?", row.number);
    const auto removed = remove_rows(*connection_, condition);
    if (!removed) return std::unexpected(removed.error());
    evicted.push_back(row.id);
    items -= 1;
    bytes -= row.bytes;
  }
  return evicted;
}

Result<void> MemoryDatabase::check_tally(const Memory& memory) const {
  const auto tally = read_tally(*connection_);
  if (!tally) return std::unexpected(tally.error());
  if (tally->items >= bounds_.items_max) {
    return full(std::to_string(tally->items) + " memories", bounds_.items_max, "items_max");
  }
  if (memory.embedding && tally->embeddings >= bounds_.embeddings_max) {
    return full(std::to_string(tally->embeddings) + " memories with an embedding", bounds_.embeddings_max,
                "embeddings_max");
  }
  return {};
}

Result<MemoryPut> MemoryDatabase::put(const Memory& memory) {
  if (auto checked = check_memory(memory, bounds_); !checked) return std::unexpected(checked.error());
  auto transaction = storage::SqliteTransaction::begin(connection_.get(), Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  const auto same = read_rows(*connection_, RowCondition(MemoryFilter{.id = memory.id}), "memory.id", 1);
  if (!same) return std::unexpected(same.error());
  if (!same->empty()) {
    if (same->front() == memory) return MemoryPut{.is_new = false};
    return fail(RuntimeErrorCode::precondition_failed,
                "memory " + memory.id.str() + " exists already, with another content", memory.id.str());
  }
  auto evicted = make_room(memory);
  if (!evicted) return std::unexpected(evicted.error());
  if (auto checked = check_tally(memory); !checked) return std::unexpected(checked.error());
  if (auto inserted = insert_rows(*connection_, memory); !inserted) return std::unexpected(inserted.error());
  if (auto committed = transaction->commit(); !committed) return std::unexpected(committed.error());
  return MemoryPut{.is_new = true, .evicted = *std::move(evicted)};
}

Result<std::vector<MemoryHit>> MemoryDatabase::search(const MemoryQuery& query) {
  if (auto checked = check_query(query); !checked) return std::unexpected(checked.error());
  const auto transaction = storage::SqliteTransaction::begin(connection_.get(), Kind::read);
  if (!transaction) return std::unexpected(transaction.error());
  return search_memories(*connection_, query);
}

Result<std::vector<Memory>> MemoryDatabase::list(const MemoryFilter& filter, const std::optional<MemoryId>& after,
                                                 std::uint32_t limit) {
  if (auto checked = check_list(filter, limit); !checked) return std::unexpected(checked.error());
  const auto transaction = storage::SqliteTransaction::begin(connection_.get(), Kind::read);
  if (!transaction) return std::unexpected(transaction.error());
  RowCondition condition(filter);
  if (after) condition.require("memory.id > ?", after->str());
  return read_rows(*connection_, condition, "memory.id", limit);
}

Result<std::uint64_t> MemoryDatabase::forget(const MemoryFilter& filter) {
  if (auto checked = check_forget(filter); !checked) return std::unexpected(checked.error());
  auto transaction = storage::SqliteTransaction::begin(connection_.get(), Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  const auto forgotten = remove_rows(*connection_, RowCondition(filter));
  if (!forgotten) return std::unexpected(forgotten.error());
  if (*forgotten != 0) {
    // The index notes what it lost, words and all, until its parts are merged into one.
    constexpr const char* kMerge =
        "INSERT INTO memory_words(memory_words) VALUES ('optimize');"
        "UPDATE tally SET forgotten = forgotten + 1";
    if (auto merged = connection_->execute(kMerge); !merged) return std::unexpected(merged.error());
  }
  if (auto committed = transaction->commit(); !committed) return std::unexpected(committed.error());
  if (auto wiped = wipe(); !wiped) return std::unexpected(wiped.error());
  return forgotten;
}

// Removes the bytes of what was forgotten. SQLite overwrites what it deletes, but pages that were rearranged before
// keep copies in their unused parts, so the database is written anew. Then what the write-ahead log holds is moved into
// the file, and the log is cut to nothing. That waits for every other reader; where one does not end in time the old
// bytes are still in the log, which is an error: forgetting again goes on here. It also does after a crash in between.
// What the file system keeps of blocks that it has freed is out of reach.
Result<void> MemoryDatabase::wipe() {
  if (connection_->is_in_memory()) return {};
  // A count and no flag: what another process forgets while this one wipes is still to be wiped afterwards.
  const auto due = connection_->integer_of("SELECT iif(forgotten > wiped, forgotten, 0) FROM tally");
  if (!due) return std::unexpected(due.error());
  if (*due == 0) return {};
  // The copy holds only what stays, and may be as large as the database: it goes through a file without a name.
  auto written = connection_->execute("PRAGMA temp_store = FILE; VACUUM");
  static_cast<void>(connection_->execute("PRAGMA temp_store = MEMORY"));
  if (!written) return written;
  const auto is_empty = connection_->empty_write_ahead_log();
  if (!is_empty) return std::unexpected(is_empty.error());
  if (!*is_empty) {
    return fail(RuntimeErrorCode::storage_failed,
                "the memories are forgotten, but their bytes are still in the log of " + connection_->path() +
                    ", which another process is reading; forget them again when it is done",
                connection_->path());
  }
  return connection_->execute("UPDATE tally SET wiped = max(wiped, " + std::to_string(*due) + ")");
}

}  // namespace orchestrator::harness::memory
