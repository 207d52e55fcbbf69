// SPDX-License-Identifier: Apache-2.0
#include "journal/run_sealing.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/line_chunk.hpp"
#include "journal/run_row.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteTransaction;

struct Chunk {
  std::int64_t place = 0;
  std::int64_t step = 0;
  std::int64_t first_seq = 0;
  std::string text;
};

// What the next step packs.
struct Lines {
  std::vector<Chunk> chunks;
  bool is_rest = true;  // nothing is left after them
};

Result<std::optional<RunRow>> next_run(const SqliteConnection& connection) {
  auto statement =
      connection.prepare(std::string("SELECT ") + kRunColumns + " FROM run WHERE status <> 0 AND sealed = 0 LIMIT 1");
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? run_row_of(*statement) : std::nullopt;
}

Result<Lines> next_lines(const SqliteConnection& connection, const RunRow& run) {
  auto statement = connection.prepare(
      "SELECT place, step, first_seq, bytes FROM line WHERE place > ? AND place < ? AND step > 1 ORDER BY place");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(place_of(run.number, 0)).bind(place_of(run.number, run.events));
  Lines lines;
  std::uint64_t bytes = 0;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return lines;
    if (bytes >= kSealStepBytes) {
      lines.is_rest = false;
      return lines;
    }
    const std::string_view line = statement->bytes(3);
    if (lines.chunks.empty() || lines.chunks.back().text.size() + line.size() >= kChunkBytes) {
      lines.chunks.push_back({0, statement->integer(1), statement->integer(2), {}});
    }
    Chunk& chunk = lines.chunks.back();
    chunk.place = statement->integer(0);
    chunk.text.append(line).push_back('\n');
    bytes += line.size();
  }
}

Result<void> store(const SqliteConnection& connection, const Lines& lines) {
  auto insert = connection.prepare("INSERT INTO chunk(place, step, first_seq, size, bytes) VALUES (?, ?, ?, ?, ?)");
  if (!insert) return std::unexpected(insert.error());
  for (const Chunk& chunk : lines.chunks) {
    const auto packed = pack(chunk.text);
    if (!packed) return std::unexpected(packed.error());
    insert->bind(chunk.place).bind(chunk.step).bind(chunk.first_seq);
    insert->bind(static_cast<std::int64_t>(chunk.text.size())).bind_bytes(*packed);
    if (auto inserted = insert->run(); !inserted) return inserted;
  }
  return {};
}

Result<void> change(const SqliteConnection& connection, std::string_view sql, std::vector<std::int64_t> values) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const std::int64_t value : values) statement->bind(value);
  return statement->run();
}

Result<void> pack_lines(const SqliteConnection& connection, const RunRow& run, const Lines& lines) {
  Result<void> done;
  if (!lines.chunks.empty()) {
    done = store(connection, lines);
    if (done) {
      done = change(connection, "DELETE FROM line WHERE place > ? AND place <= ? AND step > 1",
                    {place_of(run.number, 0), lines.chunks.back().place});
    }
  }
  if (done && lines.is_rest) done = change(connection, "UPDATE run SET sealed = 1 WHERE number = ?", {run.number});
  return done;
}

}  // namespace

Result<bool> seal_step(SqliteConnection& connection) {
  auto transaction = SqliteTransaction::begin(&connection, SqliteTransaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  const auto run = next_run(connection);
  if (!run) return std::unexpected(run.error());
  if (!*run) return false;
  const auto lines = next_lines(connection, **run);
  if (!lines) return std::unexpected(lines.error());
  if (auto packed = pack_lines(connection, **run, *lines); !packed) return std::unexpected(packed.error());
  if (auto committed = transaction->commit(); !committed) return std::unexpected(committed.error());
  return true;
}

}  // namespace orchestrator::harness::journal
