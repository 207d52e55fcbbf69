// SPDX-License-Identifier: Apache-2.0
#include "cli/store/attempt_tally.hpp"

#include "cli/display/amount_text.hpp"

namespace orchestrator::cli {

using harness::StreamEvent;

void AttemptTally::add(const StreamEvent& event) {
  if (event.get_if<StreamEvent::ProviderRequested>() != nullptr) {
    ++count_;
  } else if (const auto* failed = event.get_if<StreamEvent::AttemptFailed>(); failed != nullptr) {
    failures_.push_back(failed->error.code);
  } else if (const auto* used = event.get_if<StreamEvent::UsageReported>(); used != nullptr) {
    is_whole_ = is_whole_ && used->usage.input && used->usage.output;
    input_ += used->usage.input.value_or(0);
    output_ += used->usage.output.value_or(0);
    cost_micro_usd_ += used->cost_micro_usd.value_or(0);
    has_cost_ = has_cost_ || used->cost_micro_usd;
  }
}

std::string AttemptTally::text() const {
  if (count_ <= 1 && failures_.empty()) {
    return {};
  }
  std::string text = std::to_string(count_);
  if (!failures_.empty()) {
    text += ", " + std::to_string(failures_.size()) + " failed:";
  }
  for (std::size_t index = 0; index < failures_.size(); ++index) {
    text.append(index == 0 ? " " : ", ").append(failures_[index]);
  }
  return text;
}

std::string AttemptTally::known_text() const {
  if (is_whole_ || (input_ == 0 && output_ == 0)) {
    return {};
  }
  return "at least " + std::to_string(input_) + " in, " + std::to_string(output_) + " out tokens" +
         (has_cost_ ? ", " + cost_text(cost_micro_usd_) : "");
}

}  // namespace orchestrator::cli
