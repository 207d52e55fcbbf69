// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/secret_names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace orchestrator::harness::codec {
namespace {

using std::string_view_literals::operator""sv;

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::array kSecretWords{"password"sv,   "passwd"sv,      "passphrase"sv,    "passcode"sv,     "pwd"sv,
                                  "secret"sv,     "token"sv,       "apikey"sv,        "accesskey"sv,    "secretkey"sv,
                                  "privatekey"sv, "authkey"sv,     "clientsecret"sv,  "authtoken"sv,    "accesstoken"sv,
                                  "credential"sv, "credentials"sv, "authorization"sv, "refreshtoken"sv, "dbpassword"sv,
                                  "userpass"sv,   "mypassword"sv,  "kennwort"sv,      "passwort"sv,     "sessionid"sv,
                                  "sessid"sv,     "jwt"sv};
// `... key` is secret after these.
constexpr std::array kSecretKeys{"api"sv,     "access"sv,  "secret"sv,  "private"sv, "auth"sv,         "encryption"sv,
                                 "signing"sv, "master"sv,  "account"sv, "shared"sv,  "storage"sv,      "service"sv,
                                 "admin"sv,   "license"sv, "deploy"sv,  "webhook"sv, "subscription"sv, "functions"sv};
// `... token` is not secret after these: counts, positions, pieces of a text.
constexpr std::array kPlainTokens{
    "max"sv,      "min"sv,    "next"sv,         "page"sv,    "pagination"sv, "continuation"sv, "prev"sv,
    "previous"sv, "sync"sv,   "num"sv,          "total"sv,   "stop"sv,       "pad"sv,          "eos"sv,
    "bos"sv,      "start"sv,  "end"sv,          "unk"sv,     "mask"sv,       "sep"sv,          "cls"sv,
    "special"sv,  "first"sv,  "last"sv,         "current"sv, "per"sv,        "input"sv,        "output"sv,
    "prompt"sv,   "cursor"sv, "cancellation"sv, "design"sv,  "color"sv,      "syntax"sv,       "peek"sv};
// What may follow a name without changing its meaning.
constexpr std::array kTails{"value"sv, "string"sv,  "text"sv, "plain"sv,  "plaintext"sv, "prod"sv, "dev"sv,
                            "test"sv,  "staging"sv, "b64"sv,  "base64"sv, "current"sv,   "old"sv,  "new"sv};
constexpr std::array kQueryNames{"key"sv,  "sig"sv,  "signature"sv, "code"sv,
                                 "auth"sv, "pass"sv, "sas"sv,       "x-amz-signature"sv};

constexpr std::size_t kPartsMax = 12;

constexpr std::uint32_t letters_of(std::string_view text) {
  std::uint32_t letters = 0;
  for (const char c : text) {
    const char small = lower(c);
    if (is_lower(small)) letters |= 1U << static_cast<unsigned>(small - 'a');
  }
  return letters;
}

// No name is secret that lacks the letters of all of these; most names end here.
constexpr std::array kStems{
    letters_of("key"), letters_of("pwd"),  letters_of("pass"),   letters_of("secret"),     letters_of("token"),
    letters_of("jwt"), letters_of("wort"), letters_of("sessid"), letters_of("credential"), letters_of("authorization")};

bool may_be_secret(std::string_view name) {
  const std::uint32_t letters = letters_of(name);
  return std::ranges::any_of(kStems, [&](std::uint32_t stem) { return (letters & stem) == stem; });
}

/// The last parts of a name, in lower case. `before` is empty where the name has one part.
struct Parts {
  std::array<char, SecretNames::kNameBytesMax> letters{};
  std::array<std::string_view, kPartsMax> list{};
  std::size_t size = 0;
};

bool begins_part(std::string_view name, std::size_t at) {
  const char c = name[at];
  const char before = name[at - 1];
  if (is_upper(c) && (is_lower(before) || is_digit(before))) return true;
  return is_upper(c) && is_upper(before) && at + 1 < name.size() && is_lower(name[at + 1]);
}

void split(std::string_view name, Parts& parts) {
  std::size_t begin = 0;
  std::size_t end = 0;
  const auto close = [&] {
    if (end > begin && parts.size == kPartsMax) {
      std::ranges::rotate(parts.list, parts.list.begin() + 1);
      --parts.size;
    }
    if (end > begin) parts.list[parts.size++] = std::string_view(parts.letters.data() + begin, end - begin);
    begin = end;
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_letter = is_lower(c) || is_upper(c);
    if (!is_letter || (i > 0 && begins_part(name, i))) close();
    if (is_letter) parts.letters[end++] = lower(c);
  }
  close();
}

bool holds(std::span<const std::string_view> list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool is_secret_part(const Parts& parts, std::size_t at) {
  const std::string_view last = parts.list[at];
  const std::string_view before = at > 0 ? parts.list[at - 1] : std::string_view();
  if (last == "token") return !holds(kPlainTokens, before);
  if (last == "key") return holds(kSecretKeys, before);
  if (last == "pass") return at > 0 && before != "by";
  if (last == "id") return before == "session" && at > 1 && parts.list[at - 2] == "php";
  return holds(kSecretWords, last) || last.ends_with("password") || last.ends_with("passwd") ||
         last.ends_with("apikey");
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (is_lower(c) || is_upper(c) || is_digit(c)) out += lower(c);
  }
  return out;
}

SecretNames::SecretNames(const std::vector<std::string>& further) {
  for (const std::string& name : further) further_.push_back(plain_name(name));
  std::ranges::sort(further_);
}

bool SecretNames::is_secret(std::string_view name) const {
  if (name.size() < 2 || name.size() > kNameBytesMax) return false;
  if (!further_.empty() && std::ranges::binary_search(further_, plain_name(name))) return true;
  if (name.size() < 3 || !may_be_secret(name)) return false;
  Parts parts;
  split(name, parts);
  if (parts.size == 0) return false;
  std::size_t last = parts.size - 1;
  if (last > 0 && holds(kTails, parts.list[last])) --last;
  return is_secret_part(parts, last);
}

bool is_secret_in_query(std::string_view name) {
  std::string text(name.substr(0, 24));
  std::ranges::transform(text, text.begin(), lower);
  return holds(kQueryNames, text);
}

}  // namespace orchestrator::harness::codec
