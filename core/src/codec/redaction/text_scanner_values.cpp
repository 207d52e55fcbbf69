// SPDX-License-Identifier: Apache-2.0
// The part of TextScanner that reads what names and marks promise: values, passwords in addresses, key blocks.
#include <algorithm>
#include <array>

#include "codec/redaction/byte_class.hpp"
#include "codec/redaction/placeholder.hpp"
#include "codec/redaction/text_scanner.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kGapBlanksMax = 8;
constexpr std::size_t kAuthorityBytesMax = 512;
constexpr std::size_t kIndentMax = 32;
// What a longer value is is told by so many bytes of it; names inside of it are looked at again, so it is not more.
constexpr std::size_t kValueBytes = 1'024;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool is_name(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
bool is_space(char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_key_block(char c) { return is_alnum(c) || is_space(c) || is_one_of(c, "+/=:,-\\\"'"); }
bool is_token(char c) { return is_alnum(c) || is_one_of(c, "_-.+/="); }

std::size_t whole_character(std::string_view text, std::size_t cut) {
  while (cut > 0 && cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return cut;
}

}  // namespace

// The name in front of `: `, ` = ` or the `>` of an element; empty where it is none of a secret.
TextScanner::Name TextScanner::name_before(std::size_t separator) const {
  const bool element = text_[separator] == '>';
  std::size_t at = separator;
  const auto before = [&] { return at > floor_ ? text_[at - 1] : '\0'; };
  const auto skip_blanks = [&] {
    for (int blanks = 0; blanks < 2 && is_blank(before()); ++blanks) --at;
  };
  const auto take_name = [&] {
    Name name{.begin = at, .end = at};
    while (is_name(before()) && name.end - at <= SecretNames::kNameBytesMax) --at;
    name.begin = name.end - at > SecretNames::kNameBytesMax ? name.end : at;
    while (name.begin < name.end && (text_[name.begin] == '-' || text_[name.begin] == '.')) ++name.begin;
    return name;
  };
  const auto is_secret = [&](const Name& name) { return rules_->names.is_secret(slice(name.begin, name.end)); };
  if (!element) skip_blanks();
  if (before() == ']') --at;
  if (is_quote(before())) --at;
  if (before() == '\\') --at;
  const Name name = take_name();
  if (name.begin == name.end) return {};
  if (element) return before() == '<' && is_secret(name) ? name : Name{};
  const bool in_query = name.begin > floor_ && (before() == '?' || before() == '&');
  const std::string_view text = slice(name.begin, name.end);
  if (is_secret(name) || (in_query && is_secret_in_query(text))) return name;
  if ((text == "key" || text == "Key" || text == "token") && before() == ' ') {  // `API key: ...`
    --at;
    const Name first = take_name();
    const Name both{.begin = first.begin, .end = name.end};
    return first.begin < first.end && is_secret(both) ? both : Name{};
  }
  if (text_[separator] != '=') return {};
  skip_blanks();  // `password: str = ...`
  if (before() != ':') return {};
  --at;
  if (before() == '?') --at;
  const Name typed = take_name();
  return typed.begin < typed.end && is_secret(typed) ? typed : Name{};
}

// True where nothing but blanks, a list mark or `export` stands before `at` on its line.
bool TextScanner::starts_line(std::size_t at) const {
  std::size_t begin = at;
  while (begin > floor_ && at - begin < kIndentMax && text_[begin - 1] != '\n') --begin;
  const bool at_start = begin == floor_ ? floor_is_start_ : text_[begin - 1] == '\n';
  std::string_view line = slice(begin, at);
  const auto skip_blanks = [&] {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  };
  skip_blanks();
  for (const std::string_view word : {"- ", "export ", "ENV ", "set ", "+", "-", "\"", "'"}) {
    if (line.starts_with(word)) {
      line.remove_prefix(word.size());
      break;
    }
  }
  skip_blanks();
  return at_start && line.empty();
}

void TextScanner::begin_gap(const Name& name, std::size_t separator) {
  const std::string_view text = slice(name.begin, name.end);
  const bool in_query = name.begin > floor_ && (text_[name.begin - 1] == '?' || text_[name.begin - 1] == '&');
  gap_ = {};
  if (text_[separator] == ':') {
    gap_.form = ValueForm::coloned;
  } else if (in_query) {
    gap_.form = ValueForm::query;
  } else {
    gap_.form = is_blank(text_[separator - 1]) ? ValueForm::spaced : ValueForm::assigned;
  }
  gap_.line_start = starts_line(name.begin);
  gap_.upper_name = std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
  const std::string plain = plain_name(text);
  gap_.token_name = plain.find("token") != std::string::npos || plain.ends_with("key");
  // `"authorization: " + value`: the quote that comes ends a text that began with the name.
  if (name.begin > floor_ && is_quote(text_[name.begin - 1]) && !is_quote(text_[name.end])) {
    gap_.closing = text_[name.begin - 1];
  }
  mode_ = Mode::gap;
}

// Begins the value behind a quote at `at_`, or a backslash and a quote; false where neither is there.
bool TextScanner::begin_quoted() {
  const bool escaped = text_[at_] == '\\';
  const std::size_t quote = at_ + (escaped ? 1 : 0);
  if (quote >= end_ || !is_quote(text_[quote]) || text_[at_] == gap_.closing) return false;
  if (gap_.form == ValueForm::bearer) return false;
  gap_.escaped = escaped;
  gap_.quote = text_[quote];
  gap_.form = ValueForm::quoted;
  leave(quote + 1);
  mode_ = Mode::value;
  return true;
}

bool TextScanner::step_gap() {
  while (at_ < end_) {
    const char c = text_[at_];
    if (is_blank(c) && gap_.blanks < kGapBlanksMax) {
      ++gap_.blanks;
      ++at_;
      if (gap_.form == ValueForm::assigned) gap_.form = ValueForm::spaced;
    } else if (is_one_of(c, "=>") && gap_.blanks == 0 && !gap_.doubled && gap_.form != ValueForm::query) {
      gap_.doubled = true;
      gap_.form = ValueForm::spaced;
      ++at_;
    } else {
      break;
    }
  }
  if (at_ == end_) return true;
  if (text_[at_] == '\\' && at_ + 1 == end_ && !final_) return false;
  if (begin_quoted()) return true;
  const char c = text_[at_];
  leave(at_);
  if (!is_space(c) && !is_quote(c) && !is_one_of(c, "[{(<,;)}]|&:?\\")) mode_ = Mode::value;
  return true;
}

// The first byte from `scan_` on that ends the value, or `stop`. Notes in `scan_` where to look on.
std::size_t TextScanner::value_end(std::size_t stop) {
  const bool loose = gap_.form == ValueForm::assigned && gap_.upper_name && gap_.line_start;
  const std::string_view ends = loose ? "\"'`<>[" : "\"'`<>[,;&)}]|\\{(";
  std::size_t at = std::max(scan_, at_);
  for (; at < stop; ++at) {
    const char c = text_[at];
    if (gap_.quote == '\0') {
      if (is_space(c) || is_one_of(c, ends)) return at;
    } else if (c == '\n' || c == gap_.quote) {
      return gap_.escaped && c != '\n' && at > at_ && text_[at - 1] == '\\' ? at - 1 : at;
    } else if (c == '\\' && !gap_.escaped) {
      if (at + 1 == stop) break;  // the byte that it escapes comes later
      ++at;
    }
  }
  scan_ = at;
  return stop;
}

// The word before a credential, as in `Basic dXNlcjpw`, with its blank; 0 where there is none.
std::size_t TextScanner::scheme_size(std::size_t end) const {
  if (gap_.form == ValueForm::bearer || gap_.form == ValueForm::prose) return 0;
  for (const std::string_view scheme : {"bearer ", "basic ", "token ", "digest ", "apikey "}) {
    const std::string_view front = slice(at_, std::min(end_, at_ + scheme.size()));
    const bool same = front.size() == scheme.size() && std::ranges::equal(front, scheme, [](char a, char b) {
                        return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
                      });
    if (same && (gap_.quote == '\0' ? end == at_ + scheme.size() - 1 : end > at_ + scheme.size())) return scheme.size();
  }
  return 0;
}

// Does the line end at `at`, but for blanks? `open`: more text has to come first.
bool TextScanner::line_ends(std::size_t at, bool& open) const {
  const std::size_t stop = std::min(end_, at + kGapBlanksMax);
  while (at < stop && is_blank(text_[at])) ++at;
  if (at == end_) {
    open = !final_;
    return true;
  }
  return text_[at] == '\n' || text_[at] == '\r' || text_[at] == '#';
}

bool TextScanner::step_value() {
  const PlaceholderFront front = placeholder_front(slice(at_, end_));
  if (front.open && !final_) return false;
  if (front.size > 0) {
    pass_placeholder(front.size);
    return true;
  }
  const std::size_t stop = std::min(end_, at_ + kValueBytes);
  const std::size_t end = value_end(stop);
  if (end == end_ && !final_) return false;
  if (const std::size_t scheme = scheme_size(end); scheme > 0) {
    leave(at_ + scheme);
    mode_ = Mode::value;
    if (gap_.quote == '\0') gap_.form = ValueForm::query;
    return true;
  }
  const std::string_view text = slice(at_, end);
  const bool cut = end == at_ + kValueBytes;
  bool open = false;
  const bool own_line = gap_.line_start && (gap_.form != ValueForm::coloned || cut || line_ends(end, open));
  if (open) return false;
  const SecretValue value{.text = text,
                          .form = gap_.form,
                          .next = end < end_ ? text_[end] : '\0',
                          .own_line = own_line,
                          .upper_name = gap_.upper_name,
                          .token_name = gap_.token_name};
  // A value with a placeholder in it or behind it has been looked at before: what is left of it was to stay.
  const PlaceholderFront behind_it = placeholder_front(slice(end, end_));
  if (end < end_ && behind_it.open && !final_) return false;
  if (behind_it.size > 0 || has_placeholder(text) || !is_secret_value(value, rules_->names)) {
    leave(at_);
    return true;
  }
  if (cut && end < end_) {
    begin_swallow(Body::value, RedactionKind::name, at_);
    return true;
  }
  RedactionKind kind = RedactionKind::name;
  if (rules_->detectors.vendor_key && text.size() >= 16) {
    const auto key = rules_->patterns.find_vendor_key(text, false);
    if (key && key->begin == 0 && key->end == text.size()) kind = RedactionKind::vendor_key;
  }
  emit(at_, end, kind);
  leave(end);
  return true;
}

// `user:password@` behind `://`. Of a longer one the front decides, as it would if the rest of it were taken out.
bool TextScanner::step_authority() {
  const std::size_t stop = std::min(end_, at_ + kAuthorityBytesMax);
  std::size_t end = std::max(scan_, at_);
  while (end < stop && !is_space(text_[end]) && !is_one_of(text_[end], "/?#\"'<>`\\,;|()[")) ++end;
  scan_ = end;
  if (end == end_ && !final_) return false;
  const std::string_view text = slice(at_, end);
  const std::size_t colon = text.find(':');
  const std::size_t at_sign = text.rfind('@');
  const std::size_t begin = at_;
  leave(begin);
  if (colon == std::string_view::npos || at_sign == std::string_view::npos || at_sign <= colon + 1) return true;
  const std::string_view user = text.substr(0, colon);
  const std::string_view password = text.substr(colon + 1, at_sign - colon - 1);
  const bool plain_user = std::ranges::all_of(user, [](char c) { return (class_of(c) & kWordClasses) != 0; });
  const bool example = password.front() == '$' || password.front() == '{' || password.front() == '%' ||
                       std::ranges::all_of(password, [](char c) { return c == '*' || c == 'x' || c == '.'; });
  if (!plain_user || example || !rules_->detectors.vendor_key) return true;
  read_closed(begin + colon + 1);
  emit(begin + colon + 1, begin + at_sign, RedactionKind::vendor_key);
  leave(begin + at_sign);
  return true;
}

// Takes what begins at `at_` out piece by piece, up to its end, which has not come up to `scan`.
void TextScanner::begin_swallow(Body body, RedactionKind kind, std::size_t scan) {
  mode_ = Mode::swallow;
  body_ = body;
  body_kind_ = kind;
  body_goes_on_ = false;
  body_bytes_ = 0;
  scan_ = scan;
}

// The first byte from `from` on behind the key block, or `stop`. `open`: more text has to come first; `closed`: its
// last line ends there.
std::size_t TextScanner::key_block_end(std::size_t from, std::size_t stop, BlockEnd& found) const {
  constexpr std::string_view kEnd = "-----END";
  for (std::size_t at = from; at < stop; ++at) {
    if (!is_key_block(text_[at])) return at;
    if (text_[at] != '-') continue;
    const std::string_view rest = slice(at, std::min(end_, at + 64));
    if (rest.size() < kEnd.size() && kEnd.starts_with(rest)) {
      if (final_) continue;
      found = BlockEnd::open;
      return at;
    }
    if (!rest.starts_with(kEnd)) continue;
    const auto fits = [](char c) { return is_upper_or_digit(c) || c == ' '; };
    const std::string_view label = rest.substr(kEnd.size());
    const auto size = static_cast<std::size_t>(std::ranges::find_if_not(label, fits) - label.begin());
    const std::string_view dashes = label.substr(size);
    if (dashes.starts_with("-----")) {
      found = BlockEnd::closed;
      return at + kEnd.size() + size + 5;
    }
    if (rest.size() < 64 && !final_ && std::string_view("-----").starts_with(dashes)) {
      found = BlockEnd::open;
      return at;
    }
  }
  return stop;
}

bool TextScanner::step_swallow() {
  const std::size_t stop = std::min(end_, at_ + kWindow);
  std::size_t end = std::max(scan_, at_);
  BlockEnd block = BlockEnd::none;
  if (body_ == Body::key_block) {
    end = key_block_end(end, std::max(stop, end), block);
  } else if (body_ == Body::value) {
    end = value_end(stop);
  } else {
    while (end < stop && is_token(text_[end])) ++end;
  }
  if (block == BlockEnd::open || (block == BlockEnd::none && end == end_ && !final_)) {
    scan_ = body_ == Body::value ? scan_ : end;
    return false;
  }
  const bool cut = block == BlockEnd::none && end == stop && end < end_ && stop == at_ + kWindow;
  if (cut) end = whole_character(text_, end);
  if (end == at_) {  // nothing is left of it
    leave(at_);
    return true;
  }
  body_bytes_ += end - at_;
  emit(at_, end, body_kind_, body_goes_on_);
  body_goes_on_ = true;
  at_ = end;
  scan_ = end;
  if (!cut || (body_ == Body::key_block && body_bytes_ >= kKeyBlockBytesMax)) leave(end);
  return true;
}

}  // namespace orchestrator::harness::codec
