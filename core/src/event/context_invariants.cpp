// SPDX-License-Identifier: Apache-2.0
#include "event/context_invariants.hpp"

#include <utility>
#include <variant>

namespace orchestrator::harness::event {

struct ContextInvariants::Check {
  ContextInvariants& at;

  void operator()(const events::RunStarted& event) const {
    at.policy_ = event.memory;
    // The attempt of a fork's source at a summary is void.
    if (at.summary_attempt_) at.summary_turn_ = 0;
    at.summary_attempt_.reset();
    at.has_kept_ = false;
    MessageItem message;
    message.parts = event.input;
    at.has_text_ = !text_of(ConversationItem{std::move(message), {}}).empty();
  }
  void operator()(const events::MemoryRetrieved& event) const {
    at.require(at.policy_.recall_max > 0, "memory_policy", "memory was read by a run that was not to");
    at.require(!at.has_requested_ && !at.has_retrieved_, "memory_once", "memory was read twice, or late");
    at.require(event.hits.size() <= at.policy_.recall_max, "memory_policy", "more memories than were asked for");
    at.require(event.tokens <= at.policy_.recall_tokens_max, "memory_policy", "memories over their bound");
    at.require(!event.error || event.hits.empty(), "required_fields", "a failed retrieval has hits");
    std::uint64_t tokens = 0;
    for (const events::RetrievedMemory& hit : event.hits) tokens += hit.tokens;
    at.require(tokens == event.tokens, "usage_sums", "the tokens of a retrieval are not the sum over its hits");
    at.has_retrieved_ = true;
  }
  void operator()(const events::MemoryStored& event) const {
    at.require(at.policy_.keep_run, "memory_policy", "a memory was left by a run that was not to");
    at.require(at.has_answer_, "memory_at_end", "a memory was left before there was an answer");
    at.require(!event.id.is_zero(), "required_fields", "MemoryStored without an id");
    at.require(at.stored_.insert(event.id).second, "memory_once", "a memory was left twice");
    at.has_kept_ = true;
  }
  void operator()(const events::ProviderRequested& event) const {
    const bool recalls = at.policy_.recall_max > 0 && at.has_text_;
    at.require(!recalls || at.has_retrieved_, "memory_policy", "a request before memory was read");
    at.has_requested_ = true;
    if (event.purpose != AttemptPurpose::summary) return;
    at.require(event.turn != at.summary_turn_, "summary_once", "a second summary for one turn");
    at.summary_turn_ = event.turn;
    at.summary_attempt_ = event.attempt;
    at.summary_cost_.reset();
  }
  void operator()(const events::ContextSummarised& event) const {
    at.require(at.summary_attempt_ == event.attempt, "summary_apart", "a summary outside of an attempt to make one");
    at.require(!event.text.empty(), "required_fields", "ContextSummarised without text");
    at.has_summary_ = true;
  }
  void operator()(const events::UsageReported& event) const {
    if (at.summary_attempt_ == event.attempt) at.summary_cost_ = event.cost_micro_usd;
  }
  void operator()(const events::AttemptFinished& event) const {
    if (at.summary_attempt_ == event.attempt) {
      at.summary_attempt_.reset();
      return;
    }
    at.has_answer_ = true;
    at.has_kept_ = false;
  }
  void operator()(const events::AttemptFailed& event) const {
    if (at.summary_attempt_ != event.attempt) return;
    at.summary_attempt_.reset();
    at.has_summary_ = false;
  }
  void operator()(const events::ContextTrimmed& event) const {
    if (event.cost_micro_usd) {
      at.require(at.has_summary_ && event.summary && event.cost_micro_usd == at.summary_cost_, "usage_sums",
                 "the cost of a compaction is not that of its summary");
    }
    at.has_summary_ = false;
  }
  void operator()(const events::LoopSuspected& event) const {
    at.require(!event.tool.empty() && event.reads > 2 && event.compactions > 1, "required_fields",
               "LoopSuspected without its reads");
  }
  void operator()(const events::Completed& event) const {
    const bool is_cut = event.finish_reason == FinishReason::tool_limit;
    at.require(!at.policy_.keep_run || is_cut || at.has_kept_, "memory_policy",
               "a run that was to leave a memory completed without a word of it");
  }
  void operator()(const auto&) const {}
};

void ContextInvariants::require(bool holds, std::string_view invariant, std::string_view what) {
  if (!holds) breaches_.push_back({invariant, what});
}

std::vector<ContextInvariants::Breach> ContextInvariants::see(const StreamEvent& event) {
  breaches_.clear();
  std::visit(Check{*this}, event.payload);
  return std::exchange(breaches_, {});
}

}  // namespace orchestrator::harness::event
