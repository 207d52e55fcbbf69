// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/repeated_chunk.hpp"

#include <cstddef>

namespace orchestrator::harness::codec {
namespace {

constexpr auto kNone = std::string_view::npos;

struct WrittenString {
  std::size_t length = kNone;  // up to the closing quote; `kNone` where there is none, or it holds what JSON forbids
  bool escaped = false;
};

// The string whose opening quote stands before `text`.
WrittenString written_string(std::string_view text) {
  WrittenString out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      out.length = i;
      return out;
    }
    if (static_cast<unsigned char>(c) < 0x20) return out;
    if (c == '\\') {
      out.escaped = true;
      ++i;
    }
  }
  return out;
}

// With the short escapes resolved into `scratch`; nothing for `\u....` and for what is no escape.
std::optional<std::string_view> unescape(std::string_view written, std::string& scratch) {
  scratch.clear();
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\') {
      scratch += written[i];
      continue;
    }
    if (++i == written.size()) return std::nullopt;
    const auto known = std::string_view("\"\\/bfnrt").find(written[i]);
    if (known == kNone) return std::nullopt;
    scratch += std::string_view("\"\\/\b\f\n\r\t")[known];
  }
  return scratch;
}

std::optional<std::string_view> value_of(std::string_view text, const WrittenString& written, std::string& scratch) {
  if (written.length == kNone) return std::nullopt;
  const std::string_view raw = text.substr(0, written.length);
  return written.escaped ? unescape(raw, scratch) : std::optional(raw);
}

// Where `part` ends in `text`, if it stands there exactly once. Quotes inside of strings are escaped, so a member that
// is found this way is one.
std::size_t end_of_only(std::string_view text, std::string_view part) {
  const auto at = text.find(part);
  if (at == kNone || text.find(part, at + 1) != kNone) return kNone;
  return at + part.size();
}

}  // namespace

void RepeatedChunk::learn(std::string_view data, std::string_view field, std::string_view value) {
  forget();
  const std::string member = '"' + std::string(field) + "\":\"";
  const auto delta = end_of_only(data, R"("delta":{)");
  const auto start = end_of_only(data, member);
  if (delta == kNone || start == kNone || start - member.size() < delta) return;
  // The member is one of the delta itself, not of something inside or after it.
  if (data.substr(delta, start - member.size() - delta).find_first_of("{}[]") != kNone) return;
  const std::string_view rest = data.substr(start);
  std::string scratch;
  const WrittenString written = written_string(rest);
  if (value_of(rest, written, scratch) != value) return;

  std::string_view tail = rest.substr(written.length);
  after_.reset();
  for (const std::string_view padding : {R"("obfuscation":")", R"("p":")"}) {  // OpenAI, Mistral
    const auto open = end_of_only(tail, padding);
    if (open == kNone) continue;
    const WrittenString text = written_string(tail.substr(open));
    if (text.length == kNone || text.escaped) continue;
    after_ = tail.substr(open + text.length);
    tail = tail.substr(0, open);
    break;
  }
  between_ = tail;
  prefix_ = data.substr(0, start);
  field_ = field;
}

std::optional<std::string_view> RepeatedChunk::read(std::string_view data, std::string& scratch) const {
  if (field_.empty() || !data.starts_with(prefix_)) return std::nullopt;
  data.remove_prefix(prefix_.size());
  const WrittenString written = written_string(data);
  if (written.length == kNone) return std::nullopt;
  std::string_view tail = data.substr(written.length);
  if (after_) {
    if (!tail.starts_with(between_)) return std::nullopt;
    tail.remove_prefix(between_.size());
    const WrittenString padding = written_string(tail);
    if (padding.length == kNone || padding.escaped || tail.substr(padding.length) != *after_) return std::nullopt;
  } else if (tail != between_) {
    return std::nullopt;
  }
  return value_of(data, written, scratch);
}

}  // namespace orchestrator::harness::codec
