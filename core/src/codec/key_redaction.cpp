// SPDX-License-Identifier: Apache-2.0
#include "codec/key_redaction.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kMark = "[redacted]";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_alnum(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }
bool is_key_char(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '*'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_opening(char c) { return c == '"' || c == '\'' || c == '`' || c == '[' || c == '(' || c == '<'; }
bool ends_value(char c) {
  return static_cast<unsigned char>(c) <= ' ' || is_opening(c) || c == ']' || c == ')' || c == '>' || c == ',' ||
         c == ';' || c == '&' || c == '}' || c == '{' || c == '\\';
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case_prefix) {
  return text.size() >= lower_case_prefix.size() &&
         std::ranges::equal(text.substr(0, lower_case_prefix.size()), lower_case_prefix,
                            [](char a, char b) { return lower(a) == b; });
}

// Without the full stops that end a sentence.
std::size_t without_final_stops(std::string_view text, std::size_t length) {
  while (length > 0 && text[length - 1] == '.') --length;
  return length;
}

std::size_t key_length(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, is_key_char);
  return without_final_stops(text, static_cast<std::size_t>(end - text.begin()));
}

std::size_t value_length(std::string_view text) {
  const auto end = std::ranges::find_if(text, ends_value);
  return without_final_stops(text, static_cast<std::size_t>(end - text.begin()));
}

// True for what is hardly a word of a sentence.
bool looks_like_key(std::string_view value) {
  if (value.size() >= 16) return true;
  const auto inside = value.substr(value.empty() ? 0 : 1);
  return std::ranges::any_of(value,
                             [](char c) { return (c >= '0' && c <= '9') || c == '*' || c == '_' || c == '-'; }) ||
         std::ranges::any_of(inside, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// What a rule found at the front of the text: so many bytes stay, so many bytes after them go.
struct Match {
  std::size_t keep = 0;
  std::size_t hide = 0;
};

struct Prefix {
  std::string_view text;
  std::size_t rest_min;  // shorter tokens are words
  bool needs_digit;
};
constexpr auto kPrefixes = std::to_array<Prefix>({
    {"sk-", 6, false},   {"sk_", 6, false},  {"pk-", 8, true},     {"pk_", 8, true},          {"rk_", 8, true},
    {"gsk_", 6, false},  {"xai-", 8, true},  {"pplx-", 8, false},  {"AIza", 10, false},       {"hf_", 8, true},
    {"nvapi-", 8, true}, {"ghp_", 8, false}, {"gho_", 8, false},   {"github_pat_", 8, false}, {"AKIA", 12, false},
    {"ya29.", 6, false}, {"eyJ", 16, false}, {"glpat-", 8, false}, {"r8_", 8, true},          {"csk-", 8, true},
});

Match known_prefix(std::string_view text) {
  // The beginning decides, so that a long text of many prefixes costs no more than its length.
  const std::string_view head = text.substr(0, 256);
  for (const auto& prefix : kPrefixes) {
    if (!head.starts_with(prefix.text)) continue;
    const std::size_t length = std::max(key_length(head), prefix.text.size());
    const std::string_view rest = head.substr(prefix.text.size(), length - prefix.text.size());
    const bool masked = rest.find('*') != std::string_view::npos;
    const bool digit = std::ranges::any_of(rest, [](char c) { return c >= '0' && c <= '9'; });
    const bool enough = rest.size() >= prefix.rest_min && (digit || !prefix.needs_digit);
    if (masked || enough) return {.keep = 0, .hide = std::max(key_length(text), length)};
  }
  return {};
}

Match masked_key(std::string_view text) {
  const std::size_t length = key_length(text);
  return text.substr(0, length).find("***") != std::string_view::npos ? Match{0, length} : Match{};
}

Match bearer_token(std::string_view text) {
  constexpr std::string_view kWord = "bearer ";
  if (!starts_with_ignoring_case(text, kWord)) return {};
  const std::string_view rest = text.substr(kWord.size());
  const std::size_t length = value_length(rest);
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"auth", "token", "tokens", "authentication", "authorization", "realm", "your_key", "your_api_key"});
  for (const auto word : kWords) {
    if (starts_with_ignoring_case(rest, word) && (length == word.size() || rest[word.size()] == '=')) return {};
  }
  return length >= 4 ? Match{kWord.size(), length} : Match{};
}

// `api key: VALUE`, `API key provided: VALUE`, `"api_key": "VALUE"`, `api key 'VALUE'`, `authorization: Basic VALUE`.
Match labelled_value(std::string_view text) {
  static constexpr auto kLabels =
      std::to_array<std::string_view>({"api key", "api-key", "api_key", "apikey", "access token", "access_token",
                                       "auth token", "authorization", "password", "client_secret"});
  const auto label = std::ranges::find_if(kLabels, [&](auto l) { return starts_with_ignoring_case(text, l); });
  if (label == kLabels.end()) return {};
  std::size_t at = label->size();
  const bool provided = starts_with_ignoring_case(text.substr(at), " provided");
  if (provided) at += std::string_view(" provided").size();
  std::size_t blanks = 0;
  bool quoted = false;
  bool separated = false;
  bool assigned = false;
  while (at < text.size() && blanks < 8) {
    if (is_opening(text[at])) {
      quoted = true;
    } else if (text[at] == ':' || text[at] == '=') {
      separated = true;
      assigned = assigned || text[at] == '=';
    } else if (!is_blank(text[at])) {
      break;
    }
    if (text.substr(at).starts_with(kMark)) return {};
    ++at;
    ++blanks;
  }
  for (const std::string_view scheme : {"basic ", "token "}) {
    if (separated && starts_with_ignoring_case(text.substr(at), scheme)) at += scheme.size();
  }
  const std::string_view rest = text.substr(at);
  const std::size_t length = value_length(rest);
  if (length < 3 || starts_with_ignoring_case(rest, "http") || starts_with_ignoring_case(rest, "bearer")) return {};
  const bool certain = (separated && (provided || assigned)) || quoted;
  return certain || (separated && looks_like_key(rest.substr(0, length))) ? Match{at, length} : Match{};
}

Match address_secret(std::string_view text) {
  if (text.starts_with("://")) {
    const auto stop = std::min(text.find_first_of("/?# \t\r\n\"'<>", 3), text.size());
    const auto at = text.substr(0, stop).rfind('@');
    return at != std::string_view::npos && at > 3 ? Match{3, at - 3} : Match{};
  }
  if (!text.starts_with('?') && !text.starts_with('&')) return {};
  for (const std::string_view name : {"key=", "token=", "access_token=", "api_key=", "apikey=", "secret=", "sig="}) {
    if (!starts_with_ignoring_case(text.substr(1), name)) continue;
    const std::size_t length = value_length(text.substr(1 + name.size()));
    return {1 + name.size(), length};
  }
  return {};
}

// Length of the well-formed UTF-8 character at the front of `text`, 0 where there is none; its code point in `point`.
std::size_t character_length(std::string_view text, std::uint32_t& point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  if (first < 0x80)
    length = 1;
  else if (first >= 0xC2 && first <= 0xDF)
    length = 2;
  else if (first >= 0xE0 && first <= 0xEF)
    length = 3;
  else if (first >= 0xF0 && first <= 0xF4)
    length = 4;
  if (length == 0 || text.size() < length) return 0;
  point = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    point = (point << 6) | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return overlong || surrogate || point > 0x10FFFF ? 0 : length;
}

// Control characters, and those that turn the direction of text.
bool is_control(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::string redact_keys(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with(kMark)) {
      out += kMark;
      i += kMark.size();
      continue;
    }
    Match match = address_secret(rest);
    const bool boundary = i == 0 || !is_key_char(text[i - 1]);
    const bool word = i == 0 || !is_alnum(text[i - 1]);
    if (match.hide == 0 && boundary) match = masked_key(rest);
    if (match.hide == 0 && word) match = known_prefix(rest);
    if (match.hide == 0 && word) match = bearer_token(rest);
    if (match.hide == 0 && word) match = labelled_value(rest);
    if (match.hide == 0) {
      out += text[i++];
      continue;
    }
    out += rest.substr(0, match.keep);
    out += kMark;
    i += match.keep + match.hide;
  }
  return out;
}

std::string quote_provider_text(std::string_view text, QuoteOptions options) {
  constexpr std::string_view kCut = "...";
  // Redact before cutting, so that no cut hides the shape of a key; what is far beyond the cut is not looked at.
  const std::string clean = redact_keys(text.substr(0, options.bytes_max * 4 + 4'096));
  std::string out;
  for (std::size_t i = 0; i < clean.size();) {
    std::uint32_t point = 0;
    const std::size_t length = character_length(std::string_view(clean).substr(i), point);
    std::string_view piece = std::string_view(clean).substr(i, std::max<std::size_t>(length, 1));
    if (length == 0)
      piece = "\xEF\xBF\xBD";
    else if (is_control(point) && !(options.keep_lines && point == '\n'))
      piece = " ";
    if (out.size() + piece.size() > options.bytes_max) {
      while (!out.empty() && out.size() + kCut.size() > options.bytes_max) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
        if (!out.empty()) out.pop_back();
      }
      return out.append(kCut);
    }
    out += piece;
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

}  // namespace orchestrator::harness::codec
