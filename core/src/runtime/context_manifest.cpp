// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/context_manifest.hpp"

#include <algorithm>
#include <utility>

#include "event/character_cut.hpp"
#include "event/step.hpp"
#include "kernel/context_source.hpp"
#include "kernel/evolve.hpp"
#include "runtime/session_history.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kPageBytes = 1ULL << 20;
constexpr std::size_t kPreviewBytesMax = 80;

// The first bytes of a text on one line, cut between two characters.
std::string preview_of(const ConversationItem& item) {
  std::string text(event::cut_between_characters(text_of(item), kPreviewBytesMax));
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

ContextItem item_of(const event::ContextEntry& entry) {
  return {entry.hash, kernel::name_of(entry.source), entry.tokens, ContextVerdict::kept, "",
          0,          preview_of(*entry.item)};
}

// Follows a run's events and keeps what became of each item.
class ManifestFold {
 public:
  ManifestFold(std::vector<event::ContextEntry> history, std::uint32_t turn)
      : state_(kernel::initial_state(std::move(history))), turn_(turn) {}

  void add(const StreamEvent& event) {
    const auto* trimmed = event.get_if<StreamEvent::ContextTrimmed>();
    const std::vector<event::ContextEntry> before =
        trimmed == nullptr ? std::vector<event::ContextEntry>() : state_.facts.context;
    kernel::evolve(state_, event);
    if (trimmed != nullptr) note_gone(before, *trimmed);
    if (const auto* assembled = event.get_if<StreamEvent::ContextAssembled>()) see_request(*assembled);
  }
  [[nodiscard]] Result<ContextManifest> finish() && {
    if (manifest_) return *std::move(manifest_);
    return fail(RuntimeErrorCode::invalid_argument,
                last_turn_ == 0
                    ? "the run made no request"
                    : "turn " + std::to_string(turn_) + " made no request; expected 1 to " + std::to_string(last_turn_),
                "turn");
  }

 private:
  // What stays is in the same order as before.
  void note_gone(const std::vector<event::ContextEntry>& before, const events::ContextTrimmed& trimmed) {
    const auto& after = state_.facts.context;
    std::size_t at = 0;
    for (const event::ContextEntry& entry : before) {
      const bool is_old_summary = trimmed.summary && entry.source == event::ContextSource::summary;
      if (trimmed.summary && at < after.size() && after[at].source == event::ContextSource::summary) ++at;
      if (!is_old_summary && at < after.size() && after[at] == entry) {
        ++at;
        continue;
      }
      ContextItem item = item_of(entry);
      item.verdict = trimmed.summary ? ContextVerdict::summarised : ContextVerdict::trimmed;
      item.reason = trimmed.policy;
      gone_.push_back(std::move(item));
    }
  }
  void see_request(const events::ContextAssembled& assembled) {
    last_turn_ = assembled.turn;
    for (ContextItem& item : gone_) {
      if (item.turn == 0) item.turn = assembled.turn;
    }
    if (turn_ != 0 && assembled.turn != turn_) return;
    ContextManifest manifest;
    manifest.turn = assembled.turn;
    const auto& pinned = state_.facts.spec.context.pinned;
    for (const event::ContextEntry& entry : state_.facts.context) {
      ContextItem item = item_of(entry);
      if (entry.source == event::ContextSource::pinned && manifest.items.size() < pinned.size()) {
        item.verdict = ContextVerdict::pinned;
        item.reason = pinned[manifest.items.size()].name;
      }
      manifest.items.push_back(std::move(item));
    }
    manifest.gone = gone_;
    manifest.tokens_estimate = assembled.tokens_estimate;
    manifest.tokens_budget = assembled.tokens_budget;
    manifest.context_hash = assembled.context_hash;
    manifest_ = std::move(manifest);
  }

  kernel::State state_;
  std::uint32_t turn_;
  std::uint32_t last_turn_ = 0;
  std::vector<ContextItem> gone_;
  std::optional<ContextManifest> manifest_;
};

// Those of `items` that `others` has not; of equal ones as many as it has fewer.
std::vector<ContextItem> without(const std::vector<ContextItem>& items, const std::vector<ContextItem>& others) {
  std::vector<Hash> left;
  for (const ContextItem& other : others) left.push_back(other.hash);
  std::vector<ContextItem> rest;
  for (const ContextItem& item : items) {
    const auto found = std::ranges::find(left, item.hash);
    if (found == left.end()) {
      rest.push_back(item);
    } else {
      left.erase(found);
    }
  }
  return rest;
}

}  // namespace

ContextDifference difference(const ContextManifest& before, const ContextManifest& after) {
  return {without(after.items, before.items), without(before.items, after.items)};
}

asio::awaitable<Result<ContextManifest>> context_manifest(std::shared_ptr<JournalStore> store, RunId run_id,
                                                          std::uint32_t turn) {
  auto history = co_await runtime::load_run_history(store, run_id);
  if (!history) co_return std::unexpected(history.error());
  ManifestFold fold(*std::move(history), turn);
  event::JournalHead head;
  for (;;) {
    auto lines = co_await store->read(run_id, head.seq, kPageBytes);
    if (!lines) co_return std::unexpected(lines.error());
    if (lines->empty()) co_return std::move(fold).finish();
    for (const JournalLine& line : *lines) {
      auto step = event::decode_step(line.bytes, head);
      if (!step) co_return std::unexpected(step.error());
      for (const StreamEvent& event : step->events) fold.add(event);
      head = step->head;
    }
  }
}

}  // namespace orchestrator::harness
