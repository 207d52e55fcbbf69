// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_host.hpp"

#include <algorithm>
#include <array>

namespace orchestrator::harness::codec {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct Authority {
  std::string host;  // lower case, without brackets
  std::string_view port;
};

Authority authority_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  Authority out;
  const auto bracket = url.rfind(']');
  const auto colon = url.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  out.host = url.substr(0, has_port ? colon : url.size());
  if (has_port) out.port = url.substr(colon + 1);
  std::ranges::transform(out.host, out.host.begin(), lower);
  return out;
}

bool is_in_domain(std::string_view host, std::string_view domain) {
  return host == domain ||
         (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

struct Domain {
  std::string_view name;
  ChatHost host;
};
constexpr auto kDomains = std::to_array<Domain>({{"openai.com", ChatHost::openai},
                                                 {"azure.com", ChatHost::azure},
                                                 {"openrouter.ai", ChatHost::openrouter},
                                                 {"deepseek.com", ChatHost::deepseek},
                                                 {"mistral.ai", ChatHost::mistral},
                                                 {"ollama.com", ChatHost::ollama}});

}  // namespace

ChatHost chat_host_of(std::string_view base_url) {
  const Authority authority = authority_of(base_url);
  for (const auto& domain : kDomains) {
    if (is_in_domain(authority.host, domain.name)) return domain.host;
  }
  return authority.port == "11434" ? ChatHost::ollama : ChatHost::generic;
}

ChatOptions chat_options(ChatHost host) {
  ChatOptions options;
  switch (host) {
    case ChatHost::generic:
      break;
    case ChatHost::openai:
    case ChatHost::azure:
      options.max_tokens_field = "max_completion_tokens";
      options.stop_max = 4;
      options.refusal_field = true;
      options.inputs.audio = true;
      options.inputs.file = true;
      // Metadata is taken for stored answers only, and what is not asked for is not stored.
      if (host == ChatHost::openai) options.store = false;
      break;
    case ChatHost::ollama:
      options.tool_choice = false;
      options.parallel_tool_calls = false;
      options.inputs.image_by_address = false;
      options.reasoning_echo = ReasoningEcho::tool_loop;
      break;
    case ChatHost::llamacpp:
      options.reasoning_request = ReasoningRequest::none;
      options.reasoning_echo = ReasoningEcho::tool_loop;
      options.inputs.image_by_address = false;
      options.inputs.audio = true;
      break;
    case ChatHost::vllm:
      options.inputs.audio = true;
      options.inputs.video = true;
      break;
    case ChatHost::openrouter:
      options.reasoning_request = ReasoningRequest::object;
      options.reasoning_echo = ReasoningEcho::always;
      options.reasoning_details = true;
      options.inputs.audio = true;
      options.inputs.video = true;
      options.inputs.file = true;
      break;
    case ChatHost::deepseek:
      options.reasoning_request = ReasoningRequest::none;
      options.reasoning_echo = ReasoningEcho::tool_loop;
      options.parallel_tool_calls = false;
      options.output_schema = false;
      options.inputs.image = false;
      break;
    case ChatHost::mistral:
      options.seed_field = "random_seed";
      options.required_word = "any";
      options.reasoning_request = ReasoningRequest::none;
      break;
  }
  return options;
}

ModelOffer chat_offer(const ModelRef& model, ChatHost host) {
  const ChatOptions options = chat_options(host);
  ModelOffer offer{.model = model, .wire = "chat", .unsupported = {}, .context_tokens = {}, .output_tokens_max = {}};
  const auto lacks = [&](bool has, const char* name) {
    if (!has) offer.unsupported.emplace_back(name);
  };
  const bool hides_reasoning = host == ChatHost::openai || host == ChatHost::azure;
  lacks(options.inputs.audio, "input.audio");
  lacks(options.inputs.file, "input.file");
  lacks(options.inputs.image, "input.image");
  lacks(options.inputs.video, "input.video");
  lacks(options.metadata, "metadata");
  lacks(options.output_schema, "output_schema");
  lacks(options.parallel_tool_calls, "parallel_tool_calls");
  lacks(options.reasoning_request != ReasoningRequest::none, "reasoning");
  lacks(options.reasoning_request == ReasoningRequest::object, "reasoning_budget_tokens");
  lacks(!hides_reasoning, "reasoning_summaries");
  lacks(options.tool_choice, "tool_choice");
  std::ranges::sort(offer.unsupported);
  return offer;
}

}  // namespace orchestrator::harness::codec
