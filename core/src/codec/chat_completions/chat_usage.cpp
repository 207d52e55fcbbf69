// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_usage.hpp"

#include "codec/json_document.hpp"
#include "codec/service_tier.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

const json::value* find_usage(const json::object& chunk) {
  if (const auto* usage = find_member(chunk, "usage")) return usage;
  if (const auto* groq = find_object(chunk, "x_groq")) {
    if (const auto* usage = find_member(*groq, "usage")) return usage;
  }
  const auto* choices = find_array(chunk, "choices");
  if (choices == nullptr) return nullptr;
  for (const auto& choice : *choices) {
    const auto* object = choice.if_object();
    const auto* usage = object == nullptr ? nullptr : find_member(*object, "usage");
    if (usage != nullptr) return usage;
  }
  return nullptr;
}

std::optional<std::uint64_t> detail_count(const json::object& usage, std::string_view details, std::string_view name,
                                          bool& invalid) {
  const auto* object = find_object(usage, details);
  return object == nullptr ? std::nullopt : read_token_count(*object, name, invalid);
}

}  // namespace

std::optional<Usage> read_chat_usage(const json::object& chunk) {
  const auto* value = find_usage(chunk);
  if (value == nullptr) return std::nullopt;
  Usage usage;
  const auto* object = value->if_object();
  if (object == nullptr) {
    usage.invalid = true;
    return usage;
  }
  usage.input = read_token_count(*object, "prompt_tokens", usage.invalid);
  usage.output = read_token_count(*object, "completion_tokens", usage.invalid);
  usage.total = read_token_count(*object, "total_tokens", usage.invalid);
  usage.cached_input = detail_count(*object, "prompt_tokens_details", "cached_tokens", usage.invalid);
  usage.cache_write = detail_count(*object, "prompt_tokens_details", "cache_write_tokens", usage.invalid);
  usage.reasoning = detail_count(*object, "completion_tokens_details", "reasoning_tokens", usage.invalid);
  for (const char* name : {"prompt_cache_hit_tokens", "cached_tokens"}) {  // DeepSeek, Moonshot
    if (!usage.cached_input) usage.cached_input = read_token_count(*object, name, usage.invalid);
  }
  if (!usage.reasoning) usage.reasoning = read_token_count(*object, "reasoning_tokens", usage.invalid);
  if (usage == Usage{}) return std::nullopt;
  add_service_tier(usage, string_or(chunk, "service_tier"));
  bool is_nonsense = false;  // of a count that is only looked at
  if (detail_count(*object, "prompt_tokens_details", "audio_tokens", is_nonsense) > 0U) {
    add_unpriced(usage, "audio_input");
  }
  if (detail_count(*object, "completion_tokens_details", "audio_tokens", is_nonsense) > 0U) {
    add_unpriced(usage, "media_output");
  }
  return usage;
}

}  // namespace orchestrator::harness::codec
