// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "codec/chat_completions/chat_host.hpp"
#include "codec/openai_responses/responses_decoder.hpp"
#include "codec/openai_responses/responses_encoder.hpp"
#include "providers/wire_format.hpp"

namespace orchestrator::harness::providers {

WireFormat responses_format(std::string_view base_url) {
  codec::ResponsesOptions options;
  // Azure looks ids of items up among the answers that it has stored, and refuses those of a stateless conversation.
  options.item_ids = codec::chat_host_of(base_url) != codec::ChatHost::azure;
  WireFormat format;
  format.name = "responses";
  format.path = "/responses";
  format.encode = [options](const ProviderRequest& request) {
    return codec::encode_responses_request(request, options);
  };
  format.decoder = [](const DecoderLimits& limits) { return std::make_unique<codec::ResponsesDecoder>(limits); };
  format.decode_body = [](std::string_view body, const DecoderLimits& limits) {
    return codec::decode_responses_body(body, limits);
  };
  format.offer = [](const ModelRef& model) { return codec::responses_offer(model); };
  return format;
}

}  // namespace orchestrator::harness::providers
