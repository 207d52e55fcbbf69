// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/message_usage.hpp"

#include "codec/json_document.hpp"
#include "codec/service_tier.hpp"

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
  if (const auto tier = string_or(usage, "service_tier"); !tier.empty()) service_tier_ = tier;
  if (const auto speed = string_or(usage, "speed"); !speed.empty()) is_fast_ = speed == "fast";
  if (const auto place = string_or(usage, "inference_geo"); !place.empty()) is_regional_ = place == "us";
  if (const auto* written = find_object(usage, "cache_creation")) {
    writes_for_an_hour_ = uint_or(*written, "ephemeral_1h_input_tokens", 0) > 0;
  }
  if (const auto* hosted = find_object(usage, "server_tool_use")) {
    uses_hosted_tools_ = uses_hosted_tools_ || uint_or(*hosted, "web_search_requests", 0) > 0;
  }
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
  add_service_tier(usage, service_tier_);
  if (is_fast_) add_unpriced(usage, "speed:fast");
  if (is_regional_) add_unpriced(usage, "region:us");
  if (writes_for_an_hour_) add_unpriced(usage, "cache_write_1h");
  if (uses_hosted_tools_) add_unpriced(usage, "hosted_tools");
  return usage;
}

}  // namespace orchestrator::harness::codec::messages
