// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/secret_value.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace orchestrator::harness::codec {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kLooked = 128;  // bytes of a value that decide whether it is an example

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::array kLiterals{
    "null"sv,     "nil"sv,      "none"sv,    "true"sv,    "false"sv,   "undefined"sv, "string"sv,  "str"sv,
    "number"sv,   "int"sv,      "integer"sv, "bool"sv,    "boolean"sv, "object"sv,    "any"sv,     "bytes"sv,
    "required"sv, "optional"sv, "missing"sv, "invalid"sv, "expired"sv, "hidden"sv,    "masked"sv,  "redacted"sv,
    "removed"sv,  "secret"sv,   "unset"sv,   "empty"sv,   "default"sv, "disabled"sv,  "enabled"sv, "bearer"sv,
    "basic"sv,    "void"sv,     "text"sv,    "varchar"sv, "valid"sv,   "yes"sv,       "no"sv,      "unknown"sv,
    "tbd"sv,      "todo"sv,     "foo"sv,     "foobar"sv,  "xyz"sv,     "value"sv,     "std"sv,     "self"sv};
constexpr std::array kExampleWords{"your"sv,         "example"sv,    "placeholder"sv, "changeme"sv,  "change-me"sv,
                                   "change_me"sv,    "insert"sv,     "replace"sv,     "xxxx"sv,      "dummy"sv,
                                   "redacted"sv,     "..."sv,        "goes-here"sv,   "goes_here"sv, "<"sv,
                                   "\xE2\x80\xA6"sv, "not-a-real"sv, "fake"sv};
constexpr std::array kReferences{"${"sv,    "{{"sv,      "$("sv,       "os.environ"sv, "process.env"sv, "getenv"sv,
                                 "env."sv,  "ENV["sv,    "secrets."sv, "vault:"sv,     "%("sv,          "%s"sv,
                                 "op://"sv, "file://"sv, "arn:"sv,     "env:"sv,       "::"sv,          "->"sv};

bool is_mask(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return c == '*' || c == 'x' || c == 'X' || c == '.' || c == '-' || c == '_' || c == '#' || c == '?' || c == ' ' ||
           c == '=' || c == ':' || c == '/' || c == '\\';
  });
}

// `#ff8800`, `0xFFFF`: also short numbers of code.
bool is_colour(std::string_view value) {
  if (value.size() > 12 || !(value.starts_with('#') || value.starts_with("0x"))) return false;
  return std::ranges::all_of(value.substr(value.front() == '#' ? 1 : 2),
                             [](char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); });
}

bool is_example(std::string_view value) {
  const std::string_view looked = value.substr(0, kLooked);
  const char first = looked.front();
  if (looked.find("://") != std::string_view::npos || is_colour(value)) return true;
  if (first == '$' || first == '<' || first == '{' || first == '%' || first == '(' || is_mask(value)) return true;
  if (looked.find("***") != std::string_view::npos && value.size() <= kLooked) return true;
  std::string text(looked);
  std::ranges::transform(text, text.begin(), lower);
  const auto inside = [&](std::string_view word) { return text.find(word) != std::string::npos; };
  if (std::ranges::find(kLiterals, text) != kLiterals.end()) return true;
  if (std::ranges::any_of(kExampleWords, inside)) return true;
  return std::ranges::any_of(kReferences,
                             [&](std::string_view word) { return looked.find(word) != std::string_view::npos; });
}

// `config.password`, `next_token`: letters, `_` and `.` alone.
bool is_identifier(std::string_view value) {
  return std::ranges::all_of(value,
                             [](char c) { return is_letter(c) || c == '_' || c == '.' || c == '-' || c == ':'; });
}

// The same with a few digits, as in `token_v2` or `self.keys2.first`.
bool is_code_name(std::string_view value) {
  const auto digits = std::ranges::count_if(value, is_digit);
  const bool joined = value.find('_') != std::string_view::npos || value.find('.') != std::string_view::npos;
  return std::ranges::all_of(value,
                             [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == ':'; }) &&
         !is_digit(value.front()) && (digits == 0 || (joined && (digits <= 2 || digits * 5 <= std::ssize(value))));
}

bool is_sentence(std::string_view value) {
  const auto blanks = std::ranges::count(value, ' ');
  if (blanks >= 5) return true;
  const bool plain = std::ranges::none_of(value, is_digit);
  return plain && blanks >= 1 &&
         (value.back() == '.' || value.back() == '!' || value.back() == '?' || is_upper(value.front()));
}

bool is_secret_quoted(const SecretValue& value) {
  const bool words = std::ranges::all_of(value.text, [](char c) { return is_letter(c) || c == ' '; });
  if (value.token_name && words && value.text.size() < 8) return false;
  // A translation of the name is no value of it.
  if (std::ranges::none_of(value.text, [](char c) { return c > ' ' && c < '\x7f'; })) return false;
  return !is_sentence(value.text);
}

bool is_secret_assigned(const SecretValue& value) {
  if (value.next == '(' || value.next == '[' || value.next == '{') return false;
  if (!is_identifier(value.text)) return true;
  if (value.next == ',' || value.next == ')' || value.text.find('.') != std::string_view::npos) return false;
  return value.upper_name || value.own_line || value.text.find('_') == std::string_view::npos;
}

}  // namespace

bool looks_like_key(std::string_view value) {
  const bool digit = std::ranges::any_of(value, is_digit);
  const bool letter = std::ranges::any_of(value, is_letter);
  const auto inside = value.substr(value.empty() ? 0 : 1);
  const bool bumps = std::ranges::any_of(inside, is_upper) && std::ranges::any_of(value, is_lower);
  const bool sign = std::ranges::any_of(value, [](char c) {
    return c == '!' || c == '#' || c == '$' || c == '%' || c == '@' || c == '*' || c == '+' || c == '^' || c == '~';
  });
  return (digit && letter) || (sign && letter) || (value.size() >= 20 && !is_identifier(value)) || (bumps && digit);
}

bool is_secret_value(const SecretValue& value, const SecretNames& names) {
  const std::string_view text = value.text;
  if (text.size() < 3 || is_example(text)) return false;
  if (is_identifier(text) && names.is_secret(text)) return false;
  const bool is_call = value.next == '(' || value.next == '[';
  switch (value.form) {
    case ValueForm::quoted:
      return is_secret_quoted(value);
    case ValueForm::query:
      return true;
    case ValueForm::assigned:
      return is_secret_assigned(value);
    case ValueForm::flag:
      return text.size() >= 4 && !text.starts_with('-') &&
             !std::ranges::all_of(text, [](char c) { return is_upper(c) || c == '_'; }) &&
             (looks_like_key(text) || text.size() >= 8);
    case ValueForm::spaced:
      return !is_call && text.size() >= 5 && looks_like_key(text) && !is_code_name(text);
    case ValueForm::coloned:
      if (is_call || text.size() < 4) return false;
      if (value.own_line && (value.next == '\n' || value.next == '\r' || value.next == ' ' || value.next == '\0')) {
        return !is_identifier(text) || (text.find('.') == std::string_view::npos && text.size() >= 5);
      }
      return text.size() >= 5 && looks_like_key(text) && !is_code_name(text);
    case ValueForm::bearer:
      return text.size() >= 8 && looks_like_key(text);
    case ValueForm::prose:
      return text.size() >= 6 && looks_like_key(text) && !is_code_name(text);
  }
  return false;
}

}  // namespace orchestrator::harness::codec
