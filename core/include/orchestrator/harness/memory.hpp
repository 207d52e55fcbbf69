// SPDX-License-Identifier: Apache-2.0
#pragma once

// What outlives a run: memories in three lanes, found again by their words, their meaning and their age. A store is
// asked by tools, by programs that pin what they find, and by the command line; what a run read from it is in the run's
// journal, so a replay asks no store.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

/// How much of a session a run begins with.
using SessionMemoryLimits = HistoryLimits;

/// A vector that stands for a text's meaning. Only vectors of one model are compared.
struct Embedding {
  std::string model;          // that made it, such as `openai/text-embedding-3-small`
  std::vector<float> values;  // finite, not all zero; 1 to 4,096 of them
  bool operator==(const Embedding&) const = default;
};

struct Memory {
  MemoryId id;  // of its maker, so that storing it twice stores it once
  MemoryLane lane = MemoryLane::semantic;
  std::string text;  // UTF-8, 1 byte to `MemoryBounds::text_bytes_max`
  std::string user;  // whose it is, at most 256 bytes; empty: of no user in particular, and found by nobody else
  std::optional<SessionId> session_id;  // where it was made; working memories have one
  std::optional<RunId> run_id;
  WallTime created_at;
  std::optional<Embedding> embedding;
  bool operator==(const Memory&) const = default;
};

/// What a store may hold. All but `embeddings_max` are at least 1.
struct MemoryBounds {
  std::uint64_t text_bytes_max = 16 << 10;        // at most 16 MiB
  std::uint64_t working_items_max = 64;           // of one user and session
  std::uint64_t working_bytes_max = 64ULL << 10;  // of text, of one user and session
  std::uint64_t items_max = 1'000'000;
  std::uint64_t embeddings_max = 100'000;  // compared one by one: no index, no approximation
};

/// What was stored, and what gave way to it: working memories, oldest first, never the new one. They are found no more;
/// their bytes go with the next `forget` that finds something.
struct MemoryPut {
  bool is_new = true;  // false: it was there already, and is the same
  std::vector<MemoryId> evicted;
};

/// What to look for. Words are compared without case and diacritics, and in English without endings; a text without a
/// letter or digit is like an empty one. Which words are rare is counted over all users.
struct MemoryQuery {
  std::string text;  // words, in no syntax: any of the first 64 different ones; empty, and no embedding: the newest
  std::optional<Embedding> embedding;
  std::vector<MemoryLane> lanes;        // empty: all
  std::string user;                     // only memories of exactly this user
  std::optional<SessionId> session_id;  // only of this session
  std::uint32_t limit = 10;             // 1 to 100
  std::uint64_t tokens_max = 0;         // of all hits together, estimated; what is too long is passed over; 0: no bound
  WallTime now;                         // what was made later, by another clock, counts as made now
};

/// A memory that was found. `score` is the sum, over the rankings that hold it, of weight / (60 + rank), rank from 1:
/// reciprocal rank fusion (Cormack, Clarke, Buettcher 2009). Weights: words 1, meaning 1, age 0.25.
struct MemoryHit {
  Memory memory;  // without its embedding
  double score = 0;
  std::uint64_t tokens = 0;                  // estimated
  std::optional<std::uint32_t> text_rank;    // by BM25
  std::optional<std::uint32_t> vector_rank;  // by cosine
};

/// Which memories to list or to forget. All given conditions hold together.
struct MemoryFilter {
  std::optional<MemoryId> id;
  std::optional<std::string> user;
  std::optional<SessionId> session_id;
  std::optional<MemoryLane> lane;
  std::optional<WallTime> before;  // made before this moment
  bool operator==(const MemoryFilter&) const = default;
};

/// A place for memories. Every implementation passes one conformance suite (`core/src/memory/testing`). Any thread;
/// every awaitable runs on its caller's executor.
class MemoryStore {
 public:
  virtual ~MemoryStore() = default;
  /// The store's address, such as `sqlite:/home/u/.local/state/orchestrator/memory.db`.
  [[nodiscard]] virtual std::string url() const = 0;
  /// Stores a memory; when it returns, it survives power loss and is found by `search`. Storing the same again is no
  /// error. Errors: `invalid_argument` naming the field, `precondition_failed` where the id has another content,
  /// `limit_exceeded` naming the bound, `storage_full`, `storage_readonly`, `storage_failed`.
  virtual boost::asio::awaitable<Result<MemoryPut>> put(Memory memory) = 0;
  /// The best hits, best first; of equal ones the newer first, then the greater id. Errors: `invalid_argument`,
  /// `storage_failed`.
  virtual boost::asio::awaitable<Result<std::vector<MemoryHit>>> search(MemoryQuery query) = 0;
  /// Memories in the order of their ids, those after `after`, at most `limit` (1 to 1,000), embeddings included.
  virtual boost::asio::awaitable<Result<std::vector<Memory>>> list(MemoryFilter filter, std::optional<MemoryId> after,
                                                                   std::uint32_t limit) = 0;
  /// Forgets, in the indexes and in the bytes of the store's files too; how many there were. The files are written anew
  /// for that, which takes time in proportion to their size. An empty filter is refused (`invalid_argument`): whoever
  /// wants to forget everything says so by `before`. Errors: `storage_full`, `storage_readonly`, `storage_failed`.
  /// After one, nothing is forgotten, or all of it is found no more but bytes of it may be left, as where another
  /// process kept reading: the same call goes on there.
  virtual boost::asio::awaitable<Result<std::uint64_t>> forget(MemoryFilter filter) = 0;
};

/// Opens a store by its address: `memory:` (gone with the object) or `sqlite:PATH` (made where absent, the file with
/// mode 0600, its folder 0700; several processes may share it). Errors: `configuration_invalid` for another scheme or
/// bounds of nothing, `version_too_new`, `storage_failed` or `storage_readonly` naming the file.
[[nodiscard]] Result<std::shared_ptr<MemoryStore>> open_memory_store(const std::string& url,
                                                                     const MemoryBounds& bounds = {});

}  // namespace orchestrator::harness
