// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/json_stream_redactor.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/flat_json.hpp"
#include "codec/redaction/compiled_policy.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kEscapeBytes = 6;  // \uXXXX
constexpr std::size_t kIndexDigits = 5;  // as of `redact_json`
constexpr std::string_view kBlanks = " \t\r\n";

bool is_number(std::string_view text) {
  const bool is_begun = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
  return is_begun && text.find_first_not_of("-+.eE0123456789") == std::string_view::npos;
}

// The code unit of `\uXXXX`, or nothing.
std::optional<unsigned> unit_of(std::string_view escape) {
  if (escape.size() < kEscapeBytes || escape[1] != 'u') return std::nullopt;
  unsigned unit = 0;
  for (const char c : escape.substr(2, 4)) {
    const bool is_digit = c >= '0' && c <= '9';
    const char low = static_cast<char>(c | 0x20);
    if (!is_digit && (low < 'a' || low > 'f')) return std::nullopt;
    unit = unit * 16 + static_cast<unsigned>(is_digit ? c - '0' : low - 'a' + 10);
  }
  return unit;
}

bool is_high(std::string_view escape) {
  const auto unit = unit_of(escape);
  return unit && *unit >= 0xD800 && *unit <= 0xDBFF;
}

// How many bytes as written stand for the first `bytes` of what they mean; nothing where that cuts an escape.
std::optional<std::size_t> written_bytes(std::string_view written, std::size_t bytes) {
  std::size_t at = 0;
  while (bytes > 0 && at < written.size()) {
    if (written[at] != '\\') {
      const std::size_t plain = std::min({written.find('\\', at) - at, written.size() - at, bytes});
      at += plain;
      bytes -= plain;
      continue;
    }
    std::size_t size = written.substr(at).starts_with("\\u") ? kEscapeBytes : 2;
    std::string content;
    if (is_high(written.substr(at))) {
      size *= 2;  // only whole pairs are kept
    }
    append_unescaped(content, written.substr(at, size));
    if (content.size() > bytes) return std::nullopt;
    at += size;
    bytes -= content.size();
  }
  return bytes == 0 ? std::optional(at) : std::nullopt;
}

void append_json_content(std::string& out, std::string_view content) {
  std::string quoted;
  event::append_json_string(quoted, content);
  out.append(quoted, 1, quoted.size() - 2);
}

}  // namespace

JsonStreamRedactor::JsonStreamRedactor(const Redactor& redactor, SecretVault* vault)
    : redactor_(redactor), vault_(vault) {}

RedactionCounts JsonStreamRedactor::counts() const {
  RedactionCounts counts = counts_;
  if (stream_) {
    const RedactionCounts more = stream_->counts();
    for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) counts[kind] += more[kind];
  }
  return counts;
}

void JsonStreamRedactor::count(const RedactionCounts& counts) {
  for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) counts_[kind] += counts[kind];
}

std::string JsonStreamRedactor::append(std::string_view piece) {
  std::string out;
  take(piece, out);
  if (in_ == In::value && stream_) stream_value(out, false);
  return out;
}

void JsonStreamRedactor::take(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (in_ == In::text) {
      out += stream_->append(piece);
      return;
    }
    piece.remove_prefix(in_ == In::structure ? take_structure(piece, out) : take_string(piece, out));
  }
}

std::string JsonStreamRedactor::finish() {
  std::string out;
  if (in_ == In::structure) end_bare(out);
  if (in_ == In::text) {
    out += stream_->finish();
    count(stream_->counts());
  } else if (in_ != In::structure) {
    end_content(out);  // a string without its end stays without one
    out += std::exchange(escape_, {});
  }
  stream_.reset();
  return out;
}

std::size_t JsonStreamRedactor::take_structure(std::string_view text, std::string& out) {
  const char c = text.front();
  const bool is_blank = kBlanks.find(c) != std::string_view::npos;
  const bool is_mark = is_blank || c == '{' || c == '[' || c == '}' || c == ']' || c == ',' || c == ':' || c == '"';
  if (!begun_ && !is_blank) {
    begun_ = true;
    if (c != '{' && c != '[') {
      become_text(text, out);
      return text.size();
    }
  }
  if (!is_mark) {
    bare_ += c;
    if (bare_.size() > kBareBytesMax) become_text({}, out);
    return 1;
  }
  end_bare(out);
  if (in_ == In::text) return 0;
  const bool is_open = c == '{' || c == '[';
  const bool is_close = c == '}' || c == ']';
  const bool is_odd = (is_open && levels_.size() == Redactor::kJsonDepthMax) || (is_close && levels_.empty());
  if (is_odd || (!is_blank && !is_open && levels_.empty())) {
    become_text(text, out);
    return text.size();
  }
  if (is_open) levels_.push_back({.is_object = c == '{', .secret = c == '[' && in_secret(), .token_name = false});
  if (is_close) levels_.pop_back();
  if (c == '{') expects_name_ = true;
  if (c == '[') expects_name_ = false;
  if (c == ',') expects_name_ = levels_.back().is_object;
  if (c == '"') {
    in_ = expects_name_ ? In::name : In::value;
    // The value of a secret name is looked at as a whole.
    if (in_ == In::value && !in_secret()) stream_ = std::make_unique<StreamRedactor>(redactor_, vault_);
    fed_ = 0;
    shown_ = 0;
  }
  out += c;
  return 1;
}

std::size_t JsonStreamRedactor::take_string(std::string_view text, std::string& out) {
  if (!escape_.empty()) {
    if (take_escape(text.front())) return 1;
    return 0;
  }
  if (text.front() == '\\') {
    escape_.push_back('\\');
    return 1;
  }
  if (text.front() == '"') {
    end_string(out);
    return 1;
  }
  const std::size_t plain = std::min(text.find_first_of("\\\""), text.size());
  keep(text.substr(0, plain), text.substr(0, plain));
  return plain;
}

void JsonStreamRedactor::keep(std::string_view written, std::string_view content) {
  written_ += written;
  content_ += content;
}

// True where `c` was a part of the escape. A pair of surrogates is one escape; a half alone means U+FFFD.
bool JsonStreamRedactor::take_escape(char c) {
  const bool has_high = escape_.size() >= kEscapeBytes;
  const std::size_t place = has_high ? escape_.size() - kEscapeBytes : escape_.size();
  if (has_high && ((place == 0 && c != '\\') || (place == 1 && c != 'u'))) {
    keep("\\ufffd", kReplacement);
    escape_ = place == 0 ? std::string() : "\\";
    return false;
  }
  escape_ += c;
  if (!has_high && escape_.size() == 2 && c != 'u') {
    std::string content;
    append_unescaped(content, escape_);
    keep(std::exchange(escape_, {}), content);
    return true;
  }
  if (escape_.size() % kEscapeBytes != 0) return true;
  const std::string last = escape_.substr(escape_.size() - kEscapeBytes);
  if (!has_high && is_high(last)) return true;  // its other half comes, or not
  const auto unit = unit_of(last);
  const bool is_low = unit && *unit >= 0xDC00 && *unit <= 0xDFFF;
  if (has_high && !is_low) {
    keep("\\ufffd", kReplacement);
    escape_ = last;
    if (is_high(last)) return true;
  }
  if (!has_high && is_low) {
    keep("\\ufffd", kReplacement);
  } else {
    std::string content;
    append_unescaped(content, escape_);
    keep(escape_, content);
  }
  escape_.clear();
  return true;
}

void JsonStreamRedactor::end_string(std::string& out) {
  end_content(out);
  in_ = In::structure;
  out += '"';
}

void JsonStreamRedactor::end_content(std::string& out) {
  if (in_ == In::name) {
    end_name(out);
  } else if (stream_) {
    stream_value(out, true);
    count(stream_->counts());
    stream_.reset();
  } else {
    const SecretValue value{.text = content_, .form = ValueForm::quoted, .token_name = levels_.back().token_name};
    if (!has_placeholder(content_) && is_secret_value(value, redactor_.compiled_->rules.names)) {
      put_placeholder(content_, out);
    } else {
      put_text(redactor_.redact(content_, vault_), written_, content_, out);
    }
  }
  written_.clear();
  content_.clear();
}

void JsonStreamRedactor::end_name(std::string& out) {
  const RedactedText redacted = redactor_.redact(content_, vault_);
  put_text(redacted, written_, content_, out);
  const TextRules& rules = redactor_.compiled_->rules;
  const bool named = rules.detectors.name && !has_placeholder(redacted.text) && rules.names.is_secret(redacted.text);
  levels_.back().secret = named;
  levels_.back().token_name = named && plain_name(redacted.text).ends_with("token");
  expects_name_ = false;
}

void JsonStreamRedactor::put_text(const RedactedText& redacted, std::string_view written, std::string_view content,
                                  std::string& out) {
  count(redacted.counts);
  if (redacted.text == content) {
    out += written;
  } else {
    append_json_content(out, redacted.text);
  }
}

void JsonStreamRedactor::put_placeholder(std::string_view value, std::string& out) {
  out += placeholder_for(redactor_.compiled_->used(vault_), RedactionKind::name, value);
  ++counts_[static_cast<std::size_t>(RedactionKind::name)];
}

// What the stream lets go of goes out as it was written, where it is what came in.
void JsonStreamRedactor::stream_value(std::string& out, bool final) {
  const std::size_t pending = fed_ - shown_;
  std::string released = stream_->append(std::string_view(content_).substr(pending));
  fed_ = shown_ + content_.size();
  if (final) released += stream_->finish();
  const std::size_t through =
      final ? content_.size() : content_.size() - std::min(content_.size(), stream_->held_bytes());
  const auto written = written_bytes(written_, through);
  if (written && released == std::string_view(content_).substr(0, through)) {
    out.append(written_, 0, *written);
  } else {
    append_json_content(out, released);
  }
  if (!written) {
    // The cut is inside of an escape: what is left of it is written as it reads.
    content_.erase(0, through);
    written_.clear();
    append_json_content(written_, content_);
  } else {
    content_.erase(0, through);
    written_.erase(0, *written);
  }
  shown_ += through;
}

void JsonStreamRedactor::end_bare(std::string& out) {
  if (bare_.empty()) return;
  const std::string bare = std::exchange(bare_, {});
  if (bare == "true" || bare == "false" || bare == "null") {
    out += bare;
    return;
  }
  if (!is_number(bare)) {
    bare_ = bare;
    become_text({}, out);
    return;
  }
  if (in_secret() && !(levels_.back().token_name && bare.size() <= kIndexDigits)) {
    out += '"';
    put_placeholder(bare, out);
    out += '"';
    return;
  }
  const RedactedText redacted = redactor_.redact(bare, vault_);
  count(redacted.counts);
  if (redacted.text == bare) {
    out += bare;
  } else {
    event::append_json_string(out, redacted.text);
  }
}

void JsonStreamRedactor::become_text(std::string_view rest, std::string& out) {
  in_ = In::text;
  stream_ = std::make_unique<StreamRedactor>(redactor_, vault_);
  out += stream_->append(std::exchange(bare_, {}));
  out += stream_->append(rest);
}

}  // namespace orchestrator::harness::codec
