// SPDX-License-Identifier: Apache-2.0
#include "cli/display/event_line.hpp"

#include <algorithm>
#include <variant>

#include "cli/display/amount_text.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/text_filter.hpp"

namespace orchestrator::cli {
namespace {

using harness::StreamEvent;
namespace events = harness::events;

constexpr std::size_t kShownBytes = 200;
constexpr std::size_t kSeqColumns = 6;
constexpr std::size_t kTimeColumns = 12;
constexpr std::size_t kTypeColumns = 20;

std::string quote(const std::string& text) { return "\"" + one_line(text, kShownBytes) + "\""; }
std::string word(std::string_view text) { return std::string(text); }
std::string attempt(std::uint32_t number) { return "attempt " + std::to_string(number); }
std::string turn(std::uint32_t number) { return "turn " + std::to_string(number); }

std::string text_of_parts(const std::vector<harness::ContentPart>& parts) {
  std::string text;
  for (const harness::ContentPart& part : parts) {
    text.append(text.empty() ? "" : " ");
    if (const auto* plain = std::get_if<harness::TextPart>(&part); plain != nullptr) {
      text.append(quote(plain->text));
    } else {
      text.append("[file]");
    }
  }
  return text;
}

std::string text_of_error(const harness::Error& error) {
  return error.code + ": " + one_line(error.message, kShownBytes);
}

/// What stands behind the type's name.
struct Summary {
  std::string operator()(const events::RunStarted& event) const {
    return event.model_plan.primary.str() + " " + text_of_parts(event.input);
  }
  std::string operator()(const events::ModelSelected& event) const {
    std::string text = event.model.str();
    for (const auto& dropped : event.dropped) {
      text += "; without " + dropped.name;
    }
    return text + (event.rejected.empty() ? "" : "; not " + text_of_rejected(event.rejected));
  }
  std::string operator()(const events::NegotiationFailed& event) const { return text_of_rejected(event.rejected); }
  std::string operator()(const events::ContextAssembled& event) const {
    return turn(event.turn) + ", " + std::to_string(event.items) + " items, about " +
           std::to_string(event.tokens_estimate) + " tokens";
  }
  std::string operator()(const events::ContextTrimmed& event) const {
    return event.policy + ": " + std::to_string(event.dropped.size()) + " items, " +
           std::to_string(event.tokens_before) + " to " + std::to_string(event.tokens_after) + " tokens" +
           (event.summary ? ", with a summary in their place" : "");
  }
  std::string operator()(const events::ContextSummarised& event) const {
    return attempt(event.attempt) + ", " + turn(event.turn) + ": " + quote(event.text);
  }
  std::string operator()(const events::GateEvaluated& event) const {
    const std::string of = event.call_id.empty() ? "" : ", call " + one_line(event.call_id);
    return one_line(event.gate) + " on " + std::string(name_of(event.phase)) + of + " (" +
           std::string(name_of(event.mode)) + "): " +
           (event.passed ? std::string("passed") : std::string(name_of(event.action)) + ", " + one_line(event.reason)) +
           failed(event.error);
  }
  std::string operator()(const events::RedactionApplied& event) const {
    std::string counts;
    for (const events::RedactionCount& one : event.counts) {
      counts += (counts.empty() ? "" : ", ") + std::to_string(one.count) + " " + std::string(name_of(one.kind));
    }
    return counts;
  }
  std::string operator()(const events::MemoryRetrieved& event) const {
    return std::to_string(event.hits.size()) + " memories, about " + std::to_string(event.tokens) + " tokens, after " +
           duration_text(event.latency_us) + priced(event.cost_micro_usd) + failed(event.error);
  }
  std::string operator()(const events::MemoryStored& event) const {
    return event.id.str() + ", " + std::string(name_of(event.lane)) + ", after " + duration_text(event.latency_us) +
           priced(event.cost_micro_usd) + failed(event.error);
  }
  std::string operator()(const events::LoopSuspected& event) const {
    return turn(event.turn) + ", " + event.tool + " with the same arguments: " + std::to_string(event.reads) +
           " times over " + std::to_string(event.compactions) + " compactions";
  }
  std::string operator()(const events::ProviderRequested& event) const {
    return attempt(event.attempt) + ", " + turn(event.turn) + ", " + event.model.str() +
           (event.max_output_tokens ? ", at most " + std::to_string(*event.max_output_tokens) + " tokens by budget"
                                    : "") +
           (event.is_probe ? ", to see whether it works again" : "") +
           (event.purpose == harness::AttemptPurpose::summary ? ", for a summary" : "");
  }
  std::string operator()(const events::ProviderResponded& event) const {
    return attempt(event.attempt) + ", status " + std::to_string(event.status) + " after " +
           duration_text(event.headers_us) +
           (event.provider_request_id.empty() ? "" : ", " + event.provider_request_id);
  }
  std::string operator()(const events::OutputDelta& event) const { return quote(event.text); }
  std::string operator()(const events::ReasoningDelta& event) const { return quote(event.text); }
  std::string operator()(const events::ToolArgumentsDelta& event) const { return quote(event.text); }
  std::string operator()(const events::OutputItemCompleted& event) const {
    return word(word_of(event.kind)) + " " + quote(harness::text_of(event.item));
  }
  std::string operator()(const events::UsageReported& event) const {
    const std::string cost = cost_text(event.cost_micro_usd);
    return attempt(event.attempt) + ", " + usage_text(event.usage) + (cost.empty() ? "" : ", " + cost);
  }
  std::string operator()(const events::AttemptFinished& event) const {
    return attempt(event.attempt) + ", " + word(word_of(event.finish_reason));
  }
  std::string operator()(const events::AttemptFailed& event) const {
    return attempt(event.attempt) + ", " + text_of_error(event.error);
  }
  std::string operator()(const events::TimeoutFired& event) const {
    return word(word_of(event.timer)) + " after " + duration_text(event.after_ms * 1'000) +
           (event.call_id.empty() ? "" : ", " + event.call_id);
  }
  std::string operator()(const events::RetryScheduled& event) const {
    return attempt(event.next_attempt) + ", " + turn(event.turn) + ", in " + duration_text(event.delay_ms * 1'000) +
           ", " + word(word_of(event.mode)) + ", " + event.reason +
           (event.retry_after == harness::RetryAfter::none ? "" : ", Retry-After " + word(word_of(event.retry_after)));
  }
  std::string operator()(const events::FallbackSelected& event) const {
    return attempt(event.next_attempt) + ", " + event.from.str() + " to " + event.to.str() + ", " + event.reason;
  }
  std::string operator()(const events::CircuitOpened& event) const {
    return event.model.str() + " for " + duration_text(event.open_ms * 1'000);
  }
  std::string operator()(const events::CircuitClosed& event) const { return event.model.str(); }
  std::string operator()(const events::ToolCallRequested& event) const {
    return event.call_id + " " + event.tool + " " + quote(event.arguments);
  }
  std::string operator()(const events::ToolCallStarted& event) const {
    return event.call_id + (event.attempt > 1 ? " again, attempt " + std::to_string(event.attempt) : "") +
           (event.approval ? " as approved" : "");
  }
  std::string operator()(const events::InterruptRaised& event) const {
    return event.interrupt_id.str() + " " + event.call_id + " " + event.tool +
           (event.reason.empty() ? "" : ", " + event.reason) + ": " + quote(event.shown);
  }
  std::string operator()(const events::InterruptResolved& event) const {
    return event.interrupt_id.str() + " " + word(word_of(event.decision)) + " by " + event.by +
           (event.reason.empty() ? "" : ": " + quote(event.reason));
  }
  std::string operator()(const events::ToolCallFinished& event) const {
    return event.call_id + " " + word(word_of(event.outcome)) + (event.is_untrusted ? ", untrusted" : "") +
           (event.error ? " " + text_of_error(*event.error) : "");
  }
  std::string operator()(const events::HintQueued& event) const {
    return word(word_of(event.priority)) + " by " + event.by + ": " + quote(event.text);
  }
  std::string operator()(const events::HintDelivered& event) const {
    return event.hint_id.str() + " in " + turn(event.turn);
  }
  std::string operator()(const events::HintDropped& event) const { return event.hint_id.str() + " " + event.reason; }
  std::string operator()(const events::CheckpointCreated& event) const {
    return quote(event.label) + " by " + event.by;
  }
  std::string operator()(const events::RunForked& event) const {
    std::string text = event.changed.empty() ? "unchanged" : "changed";
    for (const std::string& name : event.changed) text += " " + name;
    return text + ", files " + word(word_of(event.workspace));
  }
  std::string operator()(const events::ReplayStarted& event) const {
    return word(word_of(event.mode)) + " to event " + std::to_string(event.to_seq);
  }
  std::string operator()(const events::ReplayMatched& event) const {
    return std::to_string(event.events) + " events in " + std::to_string(event.steps) + " steps";
  }
  std::string operator()(const events::ReplayDiverged& event) const {
    return "event " + std::to_string(event.seq) + " " + event.field + ": expected " + quote(event.expected) +
           ", found " + quote(event.found);
  }
  std::string operator()(const events::ReplayTokenIssued& event) const {
    return "for event " + std::to_string(event.to_seq) + " by " + event.by;
  }
  std::string operator()(const events::UndoPlanned& event) const {
    return std::to_string(event.steps.size()) + (event.steps.size() == 1 ? " step" : " steps") + " after event " +
           std::to_string(event.to_seq);
  }
  std::string operator()(const events::CompensationStarted& event) const {
    return event.call_id + " " + event.tool +
           (event.attempt > 1 ? " again, attempt " + std::to_string(event.attempt) : "");
  }
  std::string operator()(const events::CompensationFinished& event) const {
    return event.call_id + " " + word(word_of(event.outcome)) + failed(event.error);
  }
  std::string operator()(const events::AbortRequested& event) const {
    return word(word_of(event.mode)) + " by " + event.by;
  }
  std::string operator()(const events::RunPaused& event) const { return "by " + event.by; }
  std::string operator()(const events::RunResumed& event) const {
    if (event.epoch) return "by " + event.by + " after a crash";
    return "by " + event.by + " after " + duration_text(event.parked_us);
  }
  std::string operator()(const events::Completed& event) const {
    return word(word_of(event.finish_reason)) + ", " + usage_text(event.usage) + ", " + latency_text(event.latencies);
  }
  std::string operator()(const events::Error& event) const { return text_of_error(event.error); }
  std::string operator()(const events::Aborted& event) const {
    return word(word_of(event.mode)) + " by " + event.by + ", " + usage_text(event.usage);
  }
  static std::string priced(const std::optional<std::uint64_t>& micro_usd) {
    return micro_usd == 0 ? "" : ", " + (micro_usd ? cost_text(micro_usd) : std::string("cost unknown"));
  }
  static std::string failed(const std::optional<harness::Error>& error) {
    return error ? ", " + text_of_error(*error) : "";
  }
  std::string operator()(const events::Unknown& event) const { return one_line(event.data.text, kShownBytes); }
};

std::string padded_left(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

}  // namespace

std::string text_of_rejected(const std::vector<events::RejectedModel>& models) {
  std::string text;
  for (const auto& rejected : models) {
    text += (text.empty() ? "" : "; ") + rejected.model.str() + ":";
    for (const auto& reason : rejected.reasons) {
      text += " " + reason;
    }
  }
  return text;
}

std::string event_line(const StreamEvent& event) {
  std::string type(event.type());
  type.append(kTypeColumns - std::min(kTypeColumns, type.size()), ' ');
  return padded_left(std::to_string(event.meta.seq), kSeqColumns) + " " +
         padded_left("+" + duration_text(event.meta.elapsed_us), kTimeColumns) + "  " + type + " " +
         one_line(std::visit(Summary{}, event.payload), 1'000);
}

}  // namespace orchestrator::cli
