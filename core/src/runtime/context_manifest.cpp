// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/context_manifest.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "event/character_cut.hpp"
#include "kernel/context_source.hpp"
#include "kernel/evolve.hpp"
#include "kernel/fork_state.hpp"
#include "kernel/money.hpp"
#include "orchestrator/harness/token_counter.hpp"
#include "runtime/run_lineage.hpp"
#include "runtime/session_history.hpp"
#include "tokens/request_tokens.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;

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
  ManifestFold(std::vector<event::ContextEntry> history, std::uint32_t turn, std::string encodings)
      : state_(kernel::initial_state(std::move(history))), turn_(turn), encodings_(std::move(encodings)) {}

  void add(const StreamEvent& event) {
    const auto* trimmed = event.get_if<StreamEvent::ContextTrimmed>();
    const std::vector<event::ContextEntry> before =
        trimmed == nullptr ? std::vector<event::ContextEntry>() : state_.facts.context;
    kernel::evolve_prefix(state_, event);
    if (trimmed != nullptr) note_gone(before, *trimmed);
    if (const auto* assembled = event.get_if<StreamEvent::ContextAssembled>()) see_request(*assembled);
    if (const auto* requested = event.get_if<StreamEvent::ProviderRequested>()) {
      const bool is_answer = requested->purpose == AttemptPurpose::answer;
      attempt_ = manifest_ && is_answer && requested->turn == manifest_->turn ? requested->attempt : 0;
    }
    if (const auto* usage = event.get_if<StreamEvent::UsageReported>(); usage && usage->attempt == attempt_) {
      manifest_->size.reported = usage->usage.input;
    }
  }
  [[nodiscard]] Result<ContextManifest> finish() && {
    if (manifest_) {
      count_request(manifest_->size);
      return *std::move(manifest_);
    }
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
    manifest.size.estimate = kernel::request_tokens(state_.facts);
    request_.clear();
    for (const event::ContextEntry& entry : state_.facts.context) request_.push_back(entry.item);
    model_ = state_.facts.model ? state_.facts.model->model.model : "";
    manifest_ = std::move(manifest);
  }

  // Counting takes longer than the rest: only what is told of is counted.
  void count_request(RequestSize& size) const {
    const auto encoding = encodings_.empty() ? std::nullopt : encoding_of_model(model_);
    if (!encoding) return;
    const auto counter = load_token_counter(*encoding, encodings_);
    if (!counter) return;
    const events::RunStarted& spec = state_.facts.spec;
    tokens::RequestCount count(**counter, model_);
    count.add_system(spec.system);
    for (const auto& item : request_) count.add_item(*item);
    for (const ToolSpec& tool : spec.tools) count.add_tool(tool);
    if (spec.settings.output_schema) count.add_schema(spec.settings.output_schema->schema.text);
    size.counted = count.result().tokens;
    size.is_exact = count.result().is_exact;
  }

  kernel::State state_;
  std::uint32_t turn_;
  std::string encodings_;
  std::uint32_t attempt_ = 0;  // the last one of the manifest's turn, or 0
  std::string model_;          // that it was sent to
  std::vector<std::shared_ptr<const ConversationItem>> request_;
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
                                                          std::uint32_t turn, std::string encodings) {
  auto history = co_await runtime::load_run_history(store, run_id);
  if (!history) co_return std::unexpected(history.error());
  ManifestFold fold(*std::move(history), turn, std::move(encodings));
  // A fork's context goes on from that of its ancestors.
  auto lineage = co_await runtime::load_lineage(store, run_id);
  if (!lineage) co_return std::unexpected(lineage.error());
  std::function<void(const StreamEvent&)> see = [&fold](const StreamEvent& event) { fold.add(event); };
  for (const runtime::LineageRun& run : *lineage) {
    auto read = co_await runtime::read_events(store, run, see);
    if (!read) co_return std::unexpected(read.error());
  }
  co_return std::move(fold).finish();
}

}  // namespace orchestrator::harness
