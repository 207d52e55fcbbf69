// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/messages_decoder.hpp"
#include "codec/anthropic_messages/messages_encoder.hpp"
#include "providers/wire_format.hpp"

namespace orchestrator::harness::providers {

WireFormat messages_format() {
  WireFormat format;
  format.name = "messages";
  format.path = "/v1/messages";
  format.key_header = "x-api-key";
  format.key_prefix = "";
  format.headers = {{"anthropic-version", codec::kAnthropicVersion}};
  format.encode = [](const ProviderRequest& request) { return codec::encode_messages_request(request); };
  format.decoder = [](const DecoderLimits& limits) { return std::make_unique<codec::MessagesDecoder>(limits); };
  format.decode_body = [](std::string_view body, const DecoderLimits& limits) {
    return codec::decode_messages_body(body, limits);
  };
  format.offer = [](const ModelRef& model) { return codec::messages_offer(model); };
  return format;
}

}  // namespace orchestrator::harness::providers
