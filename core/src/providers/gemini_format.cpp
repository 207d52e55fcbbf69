// SPDX-License-Identifier: Apache-2.0
#include "codec/google_gemini/gemini_decoder.hpp"
#include "codec/google_gemini/gemini_encoder.hpp"
#include "providers/wire_format.hpp"

namespace orchestrator::harness::providers {

WireFormat gemini_format() {
  WireFormat format;
  format.name = "gemini";
  format.path_of = codec::gemini_path;
  format.key_header = "x-goog-api-key";
  format.key_prefix = "";
  format.encode = [](const ProviderRequest& request) { return codec::encode_gemini_request(request); };
  format.decoder = [](const DecoderLimits& limits) { return std::make_unique<codec::GeminiDecoder>(limits); };
  format.decode_body = [](std::string_view body, const DecoderLimits& limits) {
    return codec::decode_gemini_body(body, limits);
  };
  format.offer = [](const ModelRef& model) { return codec::gemini_offer(model); };
  return format;
}

}  // namespace orchestrator::harness::providers
