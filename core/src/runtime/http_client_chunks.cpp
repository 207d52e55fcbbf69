// SPDX-License-Identifier: Apache-2.0
#include "runtime/http_client_chunks.hpp"

#include <algorithm>

namespace orchestrator::harness::runtime {

namespace {

constexpr std::uint64_t kChunkBytesMax = std::uint64_t{1} << 60;
constexpr std::uint32_t kOverheadBytesMax = 16U << 10;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool HttpChunkDecoder::decode(std::string_view raw, std::string& out) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at != end) {
    if (state_ == State::payload) {
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - at)));
      out.append(at, piece);
      at += piece;
      left_ -= piece;
      if (left_ == 0) state_ = State::payload_cr;
      continue;
    }
    if (const char* const payload = skip_plain_framing(at, end)) {
      at = payload;
      continue;
    }
    if (state_ == State::finished) {
      has_extra_ = true;
      return true;
    }
    if (!step(*at++)) {
      state_ = State::broken;
      return false;
    }
  }
  return state_ != State::broken;
}

// The framing between two chunks as nearly every server sends it, in one go: the line end of one
// payload and the size line of the next. Null where it is not whole, or anything but plain.
const char* HttpChunkDecoder::skip_plain_framing(const char* at, const char* end) {
  if (state_ == State::payload_cr) {
    if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return nullptr;
    at += 2;
  } else if (state_ != State::size || digits_ != 0) {
    return nullptr;
  }
  std::uint64_t size = 0;
  const char* const digits = at;
  for (int value = 0; at != end && at - digits < 8 && (value = hex_value(*at)) >= 0; ++at) {
    size = size * 16 + static_cast<std::uint64_t>(value);
  }
  if (size == 0 || end - at < 2 || at[0] != '\r' || at[1] != '\n') return nullptr;
  left_ = size;
  state_ = State::payload;
  return at + 2;
}

// One byte of framing; payload bytes never come here.
bool HttpChunkDecoder::step(char c) {
  switch (state_) {
    case State::size: {
      const int value = hex_value(c);
      if (value >= 0) {
        left_ = left_ * 16 + static_cast<std::uint64_t>(value);
        return ++digits_ <= 16 && left_ <= kChunkBytesMax;
      }
      if (digits_ == 0) return false;
      overhead_bytes_ = 0;
      if (c == '\r')
        state_ = State::size_lf;
      else if (c == ';' || c == ' ' || c == '\t')
        state_ = State::extension;
      else
        return false;
      return true;
    }
    case State::extension:
      if (c == '\n') return false;
      if (c == '\r') state_ = State::size_lf;
      return count_overhead();
    case State::size_lf:
      state_ = left_ == 0 ? State::trailer_start : State::payload;
      overhead_bytes_ = 0;
      return c == '\n';
    case State::payload_cr:
      state_ = State::payload_lf;
      return c == '\r';
    case State::payload_lf:
      state_ = State::size;
      digits_ = 0;
      return c == '\n';
    case State::trailer_start:
      if (c == '\n') return false;
      state_ = c == '\r' ? State::end_lf : State::trailer;
      return count_overhead();
    case State::trailer:
      if (c == '\n') return false;
      if (c == '\r') state_ = State::trailer_lf;
      return count_overhead();
    case State::trailer_lf:
      state_ = State::trailer_start;
      return c == '\n';
    case State::end_lf:
      state_ = State::finished;
      return c == '\n';
    case State::payload:
    case State::finished:
    case State::broken:
      break;
  }
  return false;
}

bool HttpChunkDecoder::count_overhead() { return ++overhead_bytes_ <= kOverheadBytesMax; }

}  // namespace orchestrator::harness::runtime
