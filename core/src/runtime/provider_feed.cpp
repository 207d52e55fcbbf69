// SPDX-License-Identifier: Apache-2.0
#include "runtime/provider_feed.hpp"

#include <utility>

#include "runtime/run_driver.hpp"

namespace orchestrator::harness::runtime {
namespace {

// Held-back parts go out at this size whatever the window.
constexpr std::size_t kPendingBytesMax = 64UL << 10;

template <class Piece>
bool extend_pending(std::vector<ProviderPart>& pending, ProviderPart& part) {
  auto* piece = std::get_if<Piece>(&part);
  if (piece == nullptr) return false;
  for (auto earlier = pending.rbegin(); earlier != pending.rend(); ++earlier) {
    auto* same = std::get_if<Piece>(&*earlier);
    if (same == nullptr || same->item_id != piece->item_id) continue;
    same->text += piece->text;
    return true;
  }
  return false;
}

bool is_end(const ProviderPart& part) {
  return std::holds_alternative<AnswerFinished>(part) || std::holds_alternative<AnswerFailed>(part) ||
         std::holds_alternative<UsageSeen>(part);
}

std::size_t size_of(const ProviderPart& part) {
  if (const auto* piece = std::get_if<TextPiece>(&part)) return piece->text.size();
  if (const auto* piece = std::get_if<ReasoningPiece>(&part)) return piece->text.size();
  if (const auto* piece = std::get_if<ToolArgumentsPiece>(&part)) return piece->text.size();
  return 256;
}

}  // namespace

ProviderFeed::ProviderFeed(RunDriver* driver, std::uint32_t attempt, std::chrono::milliseconds window,
                           std::optional<AnswerGate> gate, const codec::RunRedactor* redactor)
    : driver_(driver), attempt_(attempt), window_(window), gate_(std::move(gate)) {
  if (redactor != nullptr) redactor_.emplace(*redactor);
}

std::vector<GateVerdict> ProviderFeed::verdicts() const {
  return gate_ ? gate_->verdicts() : std::vector<GateVerdict>();
}

Awaitable<void> ProviderFeed::headers(std::uint32_t status, std::string provider_request_id) {
  event::Input::Value input = event::inputs::ProviderHeaders{attempt_, status, std::move(provider_request_id)};
  co_await driver_->deliver(std::move(input));
}

// At most one delta an item and chunk: a piece joins any earlier one of its item that still waits.
void ProviderFeed::join(ProviderPart part) {
  pending_bytes_ += size_of(part);
  if (extend_pending<TextPiece>(pending_, part) || extend_pending<ReasoningPiece>(pending_, part) ||
      extend_pending<ToolArgumentsPiece>(pending_, part)) {
    return;
  }
  pending_.push_back(std::move(part));
}

void ProviderFeed::take(ProviderPart part) {
  if (saw_end_) return;
  if (const auto* seen = std::get_if<UsageSeen>(&part)) {
    usage_ = seen->usage;
    saw_usage_ = true;
    return;
  }
  const auto* failed = std::get_if<AnswerFailed>(&part);
  saw_end_ = std::holds_alternative<AnswerFinished>(part) || failed != nullptr;
  saw_output_ = saw_output_ || !saw_end_;
  // A rule that stops an answer says nothing of the model.
  const bool is_ours = failed != nullptr && failed->error.category == ErrorCategory::runtime;
  if (saw_end_) driver_->note_outcome(failed == nullptr || is_ours ? nullptr : &failed->error);
  if (saw_end_ && saw_usage_) pending_.emplace_back(UsageSeen{usage_});
  join(std::move(part));
}

bool ProviderFeed::is_due() const {
  if (pending_.empty()) return false;
  if (!last_flush_ || saw_end_ || pending_bytes_ >= kPendingBytesMax) return true;
  return std::chrono::steady_clock::now() >= *last_flush_ + window_;
}

// What came is shown meanwhile: the stream does not wait for the last word on it.
Awaitable<void> ProviderFeed::ask_rules() {
  co_await flush();
  std::vector<GateVerdict> verdicts = co_await driver_->judge_answer(attempt_, gate_->text());
  gate_->take_verdicts(std::move(verdicts));
}

Awaitable<void> ProviderFeed::judge(ProviderPart part) {
  if (!gate_) {
    take(std::move(part));
    co_return;
  }
  const bool is_whole = std::holds_alternative<AnswerFinished>(part) && !gate_->is_stopped();
  if (is_whole && !gate_->text().empty()) co_await ask_rules();
  std::vector<ProviderPart> shown;
  gate_->take(std::move(part), shown);
  for (ProviderPart& one : shown) take(std::move(one));
}

Awaitable<void> ProviderFeed::add(std::vector<ProviderPart>* parts) {
  for (ProviderPart& part : *parts) {
    if (!redactor_ && !gate_) {
      take(std::move(part));
      continue;
    }
    // Output that is held back has come all the same.
    saw_output_ = saw_output_ || !is_end(part);
    std::vector<ProviderPart> redacted;
    if (redactor_) {
      redactor_->take(std::move(part), redacted);
    } else {
      redacted.push_back(std::move(part));
    }
    for (ProviderPart& one : redacted) co_await judge(std::move(one));
  }
  parts->clear();
  if (is_due()) co_await flush();
}

std::optional<std::chrono::steady_clock::time_point> ProviderFeed::flush_at() const {
  if (pending_.empty() || !last_flush_) return std::nullopt;
  return *last_flush_ + window_;
}

Awaitable<void> ProviderFeed::flush() {
  if (pending_.empty()) co_return;
  event::inputs::ProviderChunk chunk;
  chunk.attempt = attempt_;
  chunk.parts = std::exchange(pending_, {});
  if (saw_end_) chunk.gates = verdicts();
  pending_bytes_ = 0;
  last_flush_ = std::chrono::steady_clock::now();
  event::Input::Value input = std::move(chunk);
  std::vector<events::RedactionCount> redacted;
  if (redactor_) redacted = redactor_->take_counts();
  co_await driver_->deliver(std::move(input), std::move(redacted));
}

}  // namespace orchestrator::harness::runtime
