// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "codec/openai_responses/responses_decoder.hpp"
#include "codec/openai_responses/responses_encoder.hpp"
#include "providers/wire_format.hpp"

namespace orchestrator::harness::providers {

WireFormat responses_format() {
  WireFormat format;
  format.name = "responses";
  format.path = "/responses";
  format.encode = [](const ProviderRequest& request) {
    return codec::encode_responses_request(request, codec::ResponsesOptions{});
  };
  format.decoder = [](const DecoderLimits& limits) { return std::make_unique<codec::ResponsesDecoder>(limits); };
  format.decode_body = [](std::string_view body, const DecoderLimits& limits) {
    return codec::decode_responses_body(body, limits);
  };
  format.offer = [](const ModelRef& model) { return codec::responses_offer(model); };
  return format;
}

}  // namespace orchestrator::harness::providers
