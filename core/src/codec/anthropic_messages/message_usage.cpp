// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/message_usage.hpp"

#include "codec/json_document.hpp"

namespace orchestrator::harness::codec::messages {

void MessageUsage::take(const boost::json::object& usage) {
  const auto take_count = [this](const boost::json::object& object, const char* name,
                                 std::optional<std::uint64_t>& count) {
    if (const auto sent = read_token_count(object, name, invalid_)) count = sent;
  };
  take_count(usage, "input_tokens", input_);
  take_count(usage, "cache_read_input_tokens", cache_read_);
  take_count(usage, "cache_creation_input_tokens", cache_write_);
  take_count(usage, "output_tokens", output_);
  if (const auto* details = find_object(usage, "output_tokens_details")) {
    take_count(*details, "thinking_tokens", thinking_);
  }
}

std::optional<Usage> MessageUsage::sum() const {
  if (!input_ && !output_ && !cache_read_ && !cache_write_ && !invalid_) return std::nullopt;
  Usage usage;
  usage.invalid = invalid_;
  if (input_) usage.input = *input_ + cache_read_.value_or(0) + cache_write_.value_or(0);
  usage.cached_input = cache_read_;
  usage.cache_write = cache_write_;
  usage.output = output_;
  usage.reasoning = thinking_;
  if (usage.input && usage.output) usage.total = *usage.input + *usage.output;
  return usage;
}

}  // namespace orchestrator::harness::codec::messages
