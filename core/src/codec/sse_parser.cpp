// SPDX-License-Identifier: Apache-2.0
#include "codec/sse_parser.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "codec/lossy_utf8.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The first CR or LF; npos where there is none. Searched in blocks, so that a stream that never uses one of the two
// is not searched to its end for each line.
std::size_t find_line_end(std::string_view text) {
  constexpr std::size_t kBlock = 1'024;
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    std::string_view block = text.substr(at, kBlock);
    const void* lf = std::memchr(block.data(), '\n', block.size());
    if (lf != nullptr) block = block.substr(0, static_cast<std::size_t>(static_cast<const char*>(lf) - block.data()));
    const void* cr = block.empty() ? nullptr : std::memchr(block.data(), '\r', block.size());
    const void* end = cr != nullptr ? cr : lf;
    if (end != nullptr) return static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
  }
  return std::string_view::npos;
}

// Digits alone, saturating; nothing for anything else.
std::optional<std::uint64_t> parse_digits(std::string_view text, std::uint64_t value_max) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = std::min(value * 10 + static_cast<std::uint64_t>(digit - '0'), value_max);
  }
  return value;
}

}  // namespace

void SseParser::Value::clear() {
  own_.clear();
  borrowed_ = false;
}

void SseParser::Value::assign(std::string_view text, bool borrowed) {
  borrowed_ = borrowed;
  if (borrowed) {
    view_ = text;
  } else {
    own_.assign(text);
  }
}

void SseParser::Value::append_line(std::string_view text) {
  keep();
  own_ += '\n';
  own_ += text;
}

void SseParser::Value::keep() {
  if (!borrowed_) return;
  own_.assign(view_);
  borrowed_ = false;
}

SseStep SseParser::next(std::string_view& input, SseEvent& event) {
  if (dispatched_) clear_event();
  std::string_view line;
  bool borrowed = false;
  while (take_line(input, line, borrowed)) {
    if (!line.empty()) {
      read_line(line, borrowed);
    } else if (dispatch(event)) {
      line_.clear();
      return SseStep::event;
    }
    line_.clear();
  }
  type_.keep();
  data_.keep();
  if (too_large_) {
    input = {};
    return SseStep::too_large;
  }
  return SseStep::need_more;
}

// One line without its end, off the front of `input`; false where it has no end yet. What belongs to an unfinished
// line goes to `line_`.
bool SseParser::take_line(std::string_view& input, std::string_view& line, bool& borrowed) {
  if (too_large_) return false;
  const std::uint64_t allowed = bytes_max_ - bytes_;
  std::string_view window = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(allowed, input.size())));
  std::size_t used = 0;
  if (skip_lf_ && !window.empty()) {
    skip_lf_ = false;
    if (window.front() == '\n') {
      window.remove_prefix(1);
      used = 1;
    }
  }
  const std::size_t end = find_line_end(window);
  const bool found = end != std::string_view::npos;
  const std::size_t size = found ? end : window.size();
  borrowed = line_.empty() && found;
  if (borrowed) {
    line = window.substr(0, size);
  } else {
    line_.append(window.substr(0, size));
    line = line_;
  }
  used += size;
  if (found) {
    skip_lf_ = window[end] == '\r';
    ++used;
    if (at_start_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    at_start_ = false;
  }
  input.remove_prefix(used);
  bytes_ += used;
  too_large_ = !found && !input.empty();
  return found;
}

void SseParser::read_line(std::string_view line, bool borrowed) {
  const void* found = std::memchr(line.data(), ':', line.size());
  if (found == nullptr) {
    read_field(line, {}, borrowed);
    return;
  }
  const auto colon = static_cast<std::size_t>(static_cast<const char*>(found) - line.data());
  if (colon == 0) {
    ++comments_;
    return;
  }
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  read_field(line.substr(0, colon), value, borrowed);
}

void SseParser::read_field(std::string_view name, std::string_view value, bool borrowed) {
  const bool known = name == "data" || name == "event" || name == "id";
  if (known && !event::is_valid_utf8(value)) {
    scratch_.clear();
    append_lossy_utf8(scratch_, value);
    value = scratch_;
    borrowed = false;
  }
  if (name == "data") {
    if (has_data_) {
      data_.append_line(value);
    } else {
      data_.assign(value, borrowed);
      has_data_ = true;
    }
  } else if (name == "event") {
    type_.assign(value, borrowed);
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_buffer_.assign(value);
  } else if (name == "retry") {
    if (const auto retry_ms = parse_digits(value, kRetryMaxMs)) retry_ms_ = retry_ms;
  }
}

bool SseParser::dispatch(SseEvent& event) {
  if (last_event_id_ != id_buffer_) last_event_id_ = id_buffer_;
  if (!has_data_) {
    clear_event();
    return false;
  }
  event.type = type_.view().empty() ? std::string_view("message") : type_.view();
  event.data = data_.view();
  event.last_event_id = last_event_id_;
  dispatched_ = true;
  return true;
}

void SseParser::clear_event() {
  type_.clear();
  data_.clear();
  has_data_ = false;
  dispatched_ = false;
}

std::optional<SseEvent> SseParser::take_tail() {
  if (dispatched_) clear_event();
  std::string_view line = line_;
  if (at_start_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (!line.empty()) read_line(line, false);
  line_.clear();
  SseEvent event;
  if (too_large_ || !has_data_ || !dispatch(event)) return std::nullopt;
  return event;
}

}  // namespace orchestrator::harness::codec
