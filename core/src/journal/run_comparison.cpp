// SPDX-License-Identifier: Apache-2.0
#include "journal/run_comparison.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "event/canonical_event.hpp"
#include "journal/stored_line.hpp"

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kPageBytes = 1ULL << 20;

struct HashedEvent {
  std::uint64_t seq = 0;
  Hash hash;
  bool operator==(const HashedEvent&) const = default;
};

// The hashes of a run's events, from its beginning on, out of its lines.
class EventHashes final {
 public:
  Result<void> add(std::string_view line) {
    const auto step = event::read_step(line);
    if (!step) return std::unexpected(step.error());
    for (std::size_t i = 0; i < step->events.size(); ++i) {
      const auto hash = event::chain_hash_of_bytes(last_, step->event_bytes[i]);
      if (!hash) return std::unexpected(hash.error());
      last_ = *hash;
      events_.push_back({step->events[i].meta.seq, last_});
    }
    return {};
  }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  HashedEvent take() {
    const HashedEvent event = events_.front();
    events_.pop_front();
    return event;
  }

 private:
  Hash last_;
  std::deque<HashedEvent> events_;  // of a page at most
};

// The events of a run as the store has them, one after the other.
class StoredHashes final {
 public:
  StoredHashes(std::shared_ptr<JournalStore> store, RunId run_id) : store_(std::move(store)), run_id_(run_id) {}

  asio::awaitable<Result<std::optional<HashedEvent>>> next() {
    if (hashes_.empty()) {
      const auto page = co_await store_->read(run_id_, seq_, kPageBytes);
      if (!page) co_return std::unexpected(page.error());
      for (const JournalLine& line : *page) {
        if (auto added = hashes_.add(line.bytes); !added) co_return std::unexpected(added.error());
        seq_ = line.last_seq;
      }
    }
    std::optional<HashedEvent> event;
    if (!hashes_.empty()) event = hashes_.take();
    co_return event;
  }

 private:
  std::shared_ptr<JournalStore> store_;
  RunId run_id_;
  std::uint64_t seq_ = 0;  // of the last event that was read
  EventHashes hashes_;
};

// The lines of one run of a file, one after the other.
class FileLines final {
 public:
  FileLines(std::unique_ptr<ExportFile> file, RunId run_id) : file_(std::move(file)), run_id_(run_id) {}

  Result<std::optional<std::string>> next() {
    for (;;) {
      auto record = file_->next();
      if (!record) return std::unexpected(record.error());
      if (!*record) return std::nullopt;
      if (const auto* run = std::get_if<ExportedRun>(&**record)) is_here_ = run->run_id == run_id_;
      if (auto* step = std::get_if<ExportedStep>(&**record); step != nullptr && is_here_) return std::move(step->bytes);
    }
  }

 private:
  std::unique_ptr<ExportFile> file_;
  RunId run_id_;
  bool is_here_ = false;
};

// The first event that is not the same, of those that both have; nothing where there is none.
asio::awaitable<Result<std::optional<std::uint64_t>>> first_difference(std::shared_ptr<JournalStore> store,
                                                                       RunId run_id, ExportPlace place) {
  auto file = ExportFile::open(std::move(place));
  if (!file) co_return std::unexpected(file.error());
  FileLines theirs(*std::move(file), run_id);
  StoredHashes ours(std::move(store), run_id);
  EventHashes hashes;
  std::optional<std::uint64_t> difference;
  for (;;) {
    const auto line = theirs.next();
    if (!line) co_return std::unexpected(line.error());
    if (!*line) co_return difference;
    if (auto added = hashes.add(**line); !added) co_return std::unexpected(added.error());
    while (!hashes.empty()) {
      const auto own = co_await ours.next();
      if (!own) co_return std::unexpected(own.error());
      if (!*own) co_return difference;
      const HashedEvent their = hashes.take();
      if (**own == their) continue;
      difference = their.seq;
      co_return difference;
    }
  }
}

}  // namespace

asio::awaitable<Result<std::optional<event::JournalHead>>> head_at(std::shared_ptr<JournalStore> store, RunId run_id,
                                                                   std::uint64_t seq) {
  const auto page = co_await store->read(run_id, seq - 1, 1);
  if (!page) co_return std::unexpected(page.error());
  std::optional<event::JournalHead> head;
  if (!page->empty()) {
    const JournalLine& line = page->front();
    head = event::JournalHead{line.step, line.last_seq, Hash::parse(head_text_of(line.bytes)).value_or(Hash())};
  }
  co_return head;
}

asio::awaitable<Result<std::optional<event::JournalHead>>> stored_head(std::shared_ptr<JournalStore> store,
                                                                       RunId run_id) {
  RunFilter filter;
  filter.id_prefix = run_id.str();
  filter.limit = 1;
  const auto runs = co_await store->list(filter);
  if (!runs) co_return std::unexpected(runs.error());
  std::optional<event::JournalHead> none;
  if (runs->empty()) co_return none;
  co_return co_await head_at(std::move(store), run_id, std::max<std::uint64_t>(runs->front().events, 1));
}

asio::awaitable<Result<RunComparison>> compare_run(std::shared_ptr<JournalStore> store, ExportedRun run,
                                                   ExportPlace place) {
  using enum RunComparison::Relation;
  RunComparison result;
  const auto own = co_await stored_head(store, run.run_id);
  if (!own) co_return std::unexpected(own.error());
  if (!*own) co_return result;
  result.head = **own;
  if (result.head.seq >= run.events) {
    const auto there = co_await head_at(store, run.run_id, run.events);
    if (!there) co_return std::unexpected(there.error());
    if (*there && (*there)->seq == run.events && (*there)->hash == run.head) {
      result.relation = result.head.seq == run.events ? same : longer;
      co_return result;
    }
  }
  const auto difference = co_await first_difference(store, run.run_id, std::move(place));
  if (!difference) co_return std::unexpected(difference.error());
  result.relation = *difference ? other : shorter;
  result.differing_seq = difference->value_or(0);
  co_return result;
}

}  // namespace orchestrator::harness::journal
