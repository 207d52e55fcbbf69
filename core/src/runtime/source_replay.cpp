// SPDX-License-Identifier: Apache-2.0
#include "runtime/source_replay.hpp"

#include <algorithm>
#include <utility>

#include "event/runtime_version.hpp"
#include "runtime/journal_point.hpp"
#include "runtime/run_lineage.hpp"
#include "runtime/session_history.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;

// About 10 ms of work.
constexpr std::uint64_t kPageBytes = 512ULL << 10;
constexpr std::size_t kShownHashDigits = 12;

std::string shown(const Hash& hash) { return hash.str().substr(0, kShownHashDigits); }

}  // namespace

SourceReplay::SourceReplay(std::shared_ptr<JournalStore> store, events::ParentRef source)
    : store_(std::move(store)), source_(source) {}

asio::awaitable<Result<void>> SourceReplay::load_base() {
  auto history = co_await load_run_history(store_, source_.run_id);
  if (!history) co_return std::unexpected(history.error());
  auto lineage = co_await load_lineage(store_, source_.run_id);
  if (!lineage) co_return std::unexpected(lineage.error());
  if (lineage->size() == 1) {
    journal_.emplace(*std::move(history), source_.seq);
    co_return Result<void>();
  }
  // A fork was decided on what its ancestors came to, and brings no history of its own.
  auto base = co_await load_run_base(store_, *std::move(lineage), *std::move(history));
  if (!base) co_return std::unexpected(base.error());
  journal_.emplace(std::move(base->state), std::vector<event::ContextEntry>(), source_.seq);
  co_return Result<void>();
}

asio::awaitable<Result<bool>> SourceReplay::advance() {
  if (!journal_) {
    Result<void> loaded = co_await load_base();
    if (!loaded) co_return std::unexpected(loaded.error());
  }
  auto lines = co_await store_->read(source_.run_id, read_seq_, kPageBytes);
  if (!lines) co_return std::unexpected(lines.error());
  co_return take(*lines);
}

Result<bool> SourceReplay::take(const std::vector<JournalLine>& lines) {
  if (lines.empty()) {
    return fail(
        RuntimeErrorCode::journal_damaged,
        "the journal ends at event " + std::to_string(read_seq_) + ", before event " + std::to_string(source_.seq),
        source_.run_id.str());
  }
  for (const JournalLine& line : lines) {
    auto replayed = journal_->take(line.bytes);
    if (!replayed) return std::unexpected(replayed.error());
    if (*replayed) {
      diverged_ = **replayed;
      return true;
    }
    if (journal_->is_done()) return at_end();
  }
  read_seq_ = journal_->head().seq;
  return false;
}

Result<bool> SourceReplay::at_end() const {
  if (journal_->head().hash == source_.hash) return true;
  return fail(RuntimeErrorCode::journal_damaged,
              "the journal is not the one that the replay is of: its hash at event " + std::to_string(source_.seq) +
                  " is " + shown(journal_->head().hash) + "..., expected " + shown(source_.hash) + "...",
              source_.run_id.str());
}

ReplayReport SourceReplay::report() const {
  ReplayReport report;
  if (diverged_) {
    report.diverged = diverged_;
    return report;
  }
  const event::JournalHead& head = journal_->head();
  report.matched = events::ReplayMatched{head.steps, head.seq, head.hash, {}};
  return report;
}

Hash pinned_adapters(const events::RunStarted& started) {
  const auto pinned = std::ranges::find(started.pinned, "offers", &events::PinnedHash::name);
  return pinned == started.pinned.end() ? Hash() : pinned->hash;
}

std::vector<std::string> version_differences(const events::RunStarted& then, const std::optional<Hash>& adapters) {
  std::vector<std::string> differences;
  const Hash pinned = pinned_adapters(then);
  const bool asks_models = then.kind == RunKind::live || then.kind == RunKind::fork;
  if (asks_models && adapters && *adapters != pinned) {
    differences.push_back("adapters: " + (pinned.is_zero() ? "not said" : shown(pinned)) + " then, " +
                          shown(*adapters) + " now");
  }
  const std::string now(event::runtime_version());
  if (then.runtime_version != now) {
    differences.push_back("runtime version: " + then.runtime_version + " then, " + now + " now");
  }
  return differences;
}

}  // namespace orchestrator::harness::runtime

namespace orchestrator::harness {

boost::asio::awaitable<Result<ReplayReport>> verify_replay(std::shared_ptr<JournalStore> store, RunId run_id,
                                                           std::optional<std::uint64_t> to_seq) {
  auto point = co_await runtime::find_point(store, run_id, to_seq);
  if (!point) co_return std::unexpected(point.error());
  runtime::SourceReplay replay(store, point->ref);
  for (;;) {
    auto is_over = co_await replay.advance();
    if (!is_over) co_return std::unexpected(is_over.error());
    if (*is_over) co_return replay.report();
  }
}

}  // namespace orchestrator::harness
