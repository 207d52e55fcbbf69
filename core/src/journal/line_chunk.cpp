// SPDX-License-Identifier: Apache-2.0
#include "journal/line_chunk.hpp"

#include <zlib.h>

#include "journal/stored_line.hpp"

namespace orchestrator::harness::journal {
namespace {

// zlib has no const form of its inputs in old headers; it never writes through them.
const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }
Bytef* bytes_of(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }

}  // namespace

Result<std::string> pack(std::string_view text) {
  std::string packed(compressBound(text.size()), '\0');
  uLongf size = packed.size();
  if (compress2(bytes_of(packed), &size, bytes_of(text), text.size(), Z_DEFAULT_COMPRESSION) != Z_OK) {
    return fail(RuntimeErrorCode::storage_unavailable, "no memory to compress lines of a run");
  }
  packed.resize(size);
  return packed;
}

Result<std::string> unpack(std::string_view packed, std::uint64_t size) {
  const auto damaged = [] { return fail(RuntimeErrorCode::journal_damaged, "a chunk of lines does not unpack"); };
  // The size is as little to be trusted as the bytes: it must not decide how much memory is taken.
  if (size > kLineBytesMax + kChunkBytes) return damaged();
  std::string text(size, '\0');
  uLongf unpacked = text.size();
  const int code = uncompress(bytes_of(text), &unpacked, bytes_of(packed), packed.size());
  if (code != Z_OK || unpacked != size) return damaged();
  return text;
}

}  // namespace orchestrator::harness::journal
