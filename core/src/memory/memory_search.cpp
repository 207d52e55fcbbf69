// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_search.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "event/context_entry.hpp"
#include "memory/memory_rows.hpp"
#include "memory/query_words.hpp"
#include "memory/ranking.hpp"
#include "memory/row_condition.hpp"
#include "memory/vector_bytes.hpp"

namespace orchestrator::harness::memory {
namespace {

using Candidates = std::vector<Candidate>;

// The first three columns of every candidate query.
constexpr std::string_view kCandidateColumns = "memory.number, memory.id, memory.created_us";

Result<Candidate> candidate_of(const storage::SqliteConnection& connection, const storage::SqliteStatement& row) {
  const auto id = MemoryId::parse(row.bytes(1));
  if (id) return Candidate{row.integer(0), *id, {row.integer(2)}};
  return fail(RuntimeErrorCode::storage_failed,
              "the memory store " + connection.path() + " is damaged: '" + row.text(1) + "' is no id of a memory",
              connection.path());
}

Result<void> read_candidates(const storage::SqliteConnection& connection, storage::SqliteStatement& statement,
                             Candidates& candidates) {
  for (;;) {
    const auto row = statement.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    auto candidate = candidate_of(connection, statement);
    if (!candidate) return std::unexpected(candidate.error());
    candidates.push_back(*std::move(candidate));
  }
}

std::string select(std::string_view from, const RowCondition& condition, std::string_view order) {
  std::string sql = "SELECT ";
  sql.append(kCandidateColumns).append(" FROM ").append(from).append(" WHERE ").append(condition.sql());
  sql.append(" ORDER BY ").append(order).append(" LIMIT ").append(std::to_string(kCandidatesMax));
  return sql;
}

Result<Candidates> candidates_where(const storage::SqliteConnection& connection, const std::string& sql,
                                    const RowCondition& condition) {
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  condition.bind_to(*statement);
  Candidates candidates;
  auto read = read_candidates(connection, *statement, candidates);
  if (!read) return std::unexpected(read.error());
  return candidates;
}

// CROSS JOIN keeps this order: first what the index of words finds, then the rows.
Result<Candidates> best_by_text(const storage::SqliteConnection& connection, const MemoryQuery& query,
                                const std::vector<std::string>& words) {
  RowCondition condition(query);
  condition.require("memory_words MATCH ?", match_expression(words));
  return candidates_where(connection,
                          select("memory_words CROSS JOIN memory ON memory.number = memory_words.rowid", condition,
                                 "bm25(memory_words), memory.created_us DESC, memory.id DESC"),
                          condition);
}

struct ScoredCandidate {
  double cosine = 0;
  Candidate candidate;
};

bool is_closer(const ScoredCandidate& left, const ScoredCandidate& right) {
  if (left.cosine != right.cosine) return left.cosine > right.cosine;
  return is_newer(left.candidate, right.candidate);
}

Result<Candidates> best_by_vector(const storage::SqliteConnection& connection, const MemoryQuery& query) {
  const Embedding& embedding = *query.embedding;
  RowCondition condition(query);
  condition.require("embedding.model = ?", embedding.model);
  condition.require("embedding.dimension = ?", static_cast<std::int64_t>(embedding.values.size()));
  std::string sql = "SELECT ";
  sql.append(kCandidateColumns).append(", embedding.vector FROM embedding JOIN memory ON ");
  sql.append("memory.number = embedding.number WHERE ").append(condition.sql());
  auto statement = connection.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  condition.bind_to(*statement);

  std::vector<ScoredCandidate> all;  // at most `embeddings_max`
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    auto candidate = candidate_of(connection, *statement);
    if (!candidate) return std::unexpected(candidate.error());
    // A stored vector of another length than its row says is damage; it is like nothing.
    const auto alike = cosine(embedding.values, statement->bytes(3));
    if (alike) all.push_back({*alike, *std::move(candidate)});
  }
  const auto kept = static_cast<std::ptrdiff_t>(std::min<std::size_t>(all.size(), kCandidatesMax));
  std::ranges::partial_sort(all, all.begin() + kept, &is_closer);
  all.resize(static_cast<std::size_t>(kept));
  Candidates candidates;
  for (ScoredCandidate& one : all) candidates.push_back(std::move(one.candidate));
  return candidates;
}

// Those of a moment after `now` count as made now, so they are the newest, by their ids.
Result<Candidates> newest(const storage::SqliteConnection& connection, const MemoryQuery& query) {
  RowCondition later(query);
  later.require("memory.created_us > ?", query.now.unix_us);
  auto candidates = candidates_where(connection, select("memory", later, "memory.id DESC"), later);
  if (!candidates) return candidates;
  RowCondition earlier(query);
  earlier.require("memory.created_us <= ?", query.now.unix_us);
  const std::string sql = select("memory", earlier, "memory.created_us DESC, memory.id DESC");
  const auto older = candidates_where(connection, sql, earlier);
  if (!older) return older;
  candidates->insert(candidates->end(), older->begin(), older->end());
  return candidates;
}

Result<Rankings> find(const storage::SqliteConnection& connection, const MemoryQuery& query) {
  const auto words = query_words(connection, query.text);
  if (!words) return std::unexpected(words.error());
  Rankings rankings;
  if (!words->empty()) {
    auto found = best_by_text(connection, query, *words);
    if (!found) return std::unexpected(found.error());
    rankings.by_text = *std::move(found);
  }
  if (query.embedding) {
    auto found = best_by_vector(connection, query);
    if (!found) return std::unexpected(found.error());
    rankings.by_vector = *std::move(found);
  }
  if (words->empty() && !query.embedding) {
    auto found = newest(connection, query);
    if (!found) return std::unexpected(found.error());
    rankings.others = *std::move(found);
  }
  return rankings;
}

}  // namespace

Result<std::vector<MemoryHit>> search_memories(const storage::SqliteConnection& connection, const MemoryQuery& query) {
  const auto rankings = find(connection, query);
  if (!rankings) return std::unexpected(rankings.error());
  std::vector<MemoryHit> hits;
  std::uint64_t tokens = 0;
  for (const RankedCandidate& one : fuse(*rankings, query.now)) {
    if (hits.size() == query.limit) break;
    RowCondition condition;
    condition.require("memory.number = ?", one.candidate.number);
    auto rows = read_rows(connection, condition, "memory.number", 1);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) continue;
    MemoryHit hit{.memory = std::move(rows->front()),
                  .score = one.score,
                  .text_rank = one.text_rank,
                  .vector_rank = one.vector_rank};
    hit.memory.embedding.reset();
    hit.tokens = event::estimate_text_tokens(hit.memory.text);
    // A long one is passed over, not the shorter ones after it.
    if (query.tokens_max != 0 && tokens + hit.tokens > query.tokens_max) continue;
    tokens += hit.tokens;
    hits.push_back(std::move(hit));
  }
  return hits;
}

}  // namespace orchestrator::harness::memory
