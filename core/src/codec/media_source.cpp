// SPDX-License-Identifier: Apache-2.0
#include "codec/media_source.hpp"

#include <cstddef>
#include <cstdint>

namespace orchestrator::harness::codec {

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + start;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k <= count; ++k) to[k] = kDigits[(group >> (18 - 6 * k)) & 63U];
    to += 4;
  }
}

Result<std::string> media_base64(const MediaSource& source) {
  if (!source.bytes.is_loaded()) {
    return fail(RuntimeErrorCode::internal, "the bytes of a media part were not loaded before its request was encoded",
                source.name);
  }
  std::string out;
  append_base64(out, source.bytes.view());
  return out;
}

Result<std::string> media_address(const MediaSource& source, std::string_view fallback_type) {
  if (!source.is_inline()) return source.url;
  auto bytes = media_base64(source);
  if (!bytes) return bytes;
  std::string out = "data:";
  out += source.media_type.empty() ? fallback_type : std::string_view(source.media_type);
  out += ";base64,";
  return out += *bytes;
}

}  // namespace orchestrator::harness::codec
