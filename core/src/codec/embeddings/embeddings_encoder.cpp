// SPDX-License-Identifier: Apache-2.0
#include "codec/embeddings/embeddings_encoder.hpp"

#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec {

std::string encode_embeddings_request(std::string_view model, std::span<const std::string> texts) {
  std::string body;
  ObjectWriter object(body);
  object.text("model", model);
  // A list though it be of one text: some hosts answer a bare string in another shape.
  std::string& out = object.key("input");
  char before = '[';
  for (const std::string& text : texts) {
    out += before;
    before = ',';
    event::append_json_string(out, text);
  }
  out += ']';
  // Said in so many words: SDKs have made base64 the form that some gateways take for granted.
  object.text("encoding_format", "float");
  object.end();
  return body;
}

}  // namespace orchestrator::harness::codec
