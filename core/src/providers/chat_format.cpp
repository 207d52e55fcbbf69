// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "codec/chat_completions/chat_decoder.hpp"
#include "codec/chat_completions/chat_encoder.hpp"
#include "codec/chat_completions/chat_host.hpp"
#include "providers/wire_format.hpp"

namespace orchestrator::harness::providers {

WireFormat chat_format(std::string_view base_url) {
  const codec::ChatHost host = codec::chat_host_of(base_url);
  WireFormat format;
  format.name = "chat";
  format.path = "/chat/completions";
  format.encode = [options = codec::chat_options(host)](const ProviderRequest& request) {
    return codec::encode_chat_request(request, options);
  };
  format.decoder = [](const DecoderLimits& limits) {
    return std::make_unique<codec::ChatDecoder>(codec::ChatDecoderOptions{}, limits);
  };
  format.decode_body = [](std::string_view body, const DecoderLimits& limits) {
    return codec::decode_chat_body(body, codec::ChatDecoderOptions{}, limits);
  };
  format.offer = [host](const ModelRef& model) { return codec::chat_offer(model, host); };
  return format;
}

}  // namespace orchestrator::harness::providers
