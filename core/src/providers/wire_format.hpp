// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a provider speaks: one row for each wire format, made of its pure encoder and decoder. A plain value whose
// functions may be called from any thread.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::providers {

struct WireFormat {
  std::string name;  // `responses`, `chat`, `messages`: the origin of its items
  std::string path;  // appended to the base address, such as /responses
  std::function<std::string(const ModelRef& model)> path_of;  // in place of `path`, where the model is part of it
  std::string key_header = "Authorization";
  std::string key_prefix = "Bearer ";                        // before the key
  std::vector<std::pair<std::string, std::string>> headers;  // that each request has
  std::function<Result<std::string>(const ProviderRequest& request)> encode;
  std::function<std::unique_ptr<StreamDecoder>(const DecoderLimits& limits)> decoder;
  /// For hosts that answer with one JSON body; ends with a terminal part.
  std::function<std::vector<ProviderPart>(std::string_view body, const DecoderLimits& limits)> decode_body;
  std::function<ModelOffer(const ModelRef& model)> offer;
};

/// OpenAI Responses as the host behind `base_url` speaks it: Azure (a host under azure.com) is sent no ids of items.
[[nodiscard]] WireFormat responses_format(std::string_view base_url);
/// Chat Completions as the host behind `base_url` speaks it.
[[nodiscard]] WireFormat chat_format(std::string_view base_url);
/// Anthropic Messages.
[[nodiscard]] WireFormat messages_format();
/// Gemini's generateContent.
[[nodiscard]] WireFormat gemini_format();

}  // namespace orchestrator::harness::providers
