// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/token_patterns.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace orchestrator::harness::codec {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kLocalBytesMax = 64;
constexpr std::size_t kDomainBytesMax = 255;
constexpr std::int64_t kPatternMemoryBytes = 8 << 20;  // of RE2's program and automaton

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_letter(c); }

// The forms that vendors document, or that their keys have been seen in; each from its first byte.
constexpr std::array kVendorForms{
    R"(sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,})"sv,                  // OpenAI
    R"(sk-ant-[A-Za-z0-9_-]{20,})"sv,                                          // Anthropic
    R"(sk-or-v1-[0-9a-f]{32,})"sv,                                             // OpenRouter
    R"(sk-[A-Za-z0-9]{20,})"sv,                                                // OpenAI, DeepSeek
    R"(AIza[A-Za-z0-9_-]{35})"sv,                                              // Google
    R"(ya29\.[A-Za-z0-9_-]{20,})"sv,                                           // Google OAuth
    R"(GOCSPX-[A-Za-z0-9_-]{28})"sv,                                           // Google OAuth client
    R"(gsk_[A-Za-z0-9]{20,})"sv,                                               // Groq
    R"(xai-[A-Za-z0-9]{40,})"sv,                                               // xAI
    R"(pplx-[A-Za-z0-9]{32,})"sv,                                              // Perplexity
    R"(nvapi-[A-Za-z0-9_-]{40,})"sv,                                           // Nvidia
    R"(r8_[A-Za-z0-9]{37,})"sv,                                                // Replicate
    R"(csk-[a-z0-9]{32,})"sv,                                                  // Cerebras
    R"(gh[pousr]_[A-Za-z0-9]{36,})"sv,                                         // GitHub
    R"(github_pat_[A-Za-z0-9_]{36,})"sv,                                       // GitHub
    R"(gl(?:pat|ptt|dt|rt|cbt|ft|oas|soat)-[A-Za-z0-9_-]{20,})"sv,             // GitLab
    R"(xox[abeoprs]-[A-Za-z0-9-]{10,})"sv,                                     // Slack
    R"(xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-f0-9]{20,})"sv,                          // Slack
    R"(T[A-Z0-9]{7,}/B[A-Z0-9]{7,}/[A-Za-z0-9]{20,})"sv,                       // Slack web hooks
    R"([sr]k_(?:live|test)_[A-Za-z0-9]{16,})"sv,                               // Stripe
    R"(whsec_[A-Za-z0-9+/]{24,}=*)"sv,                                         // Stripe web hooks
    R"((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b)"sv,                              // AWS
    R"(npm_[A-Za-z0-9]{36})"sv,                                                //
    R"(pypi-[A-Za-z0-9_-]{50,})"sv,                                            //
    R"(hf_[A-Za-z0-9]{30,})"sv,                                                // Hugging Face
    R"(SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,})"sv,                         // SendGrid
    R"(SK[0-9a-f]{32}\b)"sv,                                                   // Twilio
    R"(key-[0-9a-f]{32}\b)"sv,                                                 // Mailgun
    R"(dapi[0-9a-f]{32}\b)"sv,                                                 // Databricks
    R"(do[opr]_v1_[0-9a-f]{64})"sv,                                            // DigitalOcean
    R"(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})"sv,                                 // Shopify
    R"(lin_api_[A-Za-z0-9]{40})"sv,                                            // Linear
    R"(dckr_pat_[A-Za-z0-9_-]{20,})"sv,                                        // Docker
    R"(hv[sb]\.[A-Za-z0-9_-]{24,})"sv,                                         // Vault
    R"(AGE-SECRET-KEY-1[A-Z0-9]{58})"sv,                                       // age
    R"([MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38})"sv,  // Discord
    R"(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,3})"sv,   // JWT
};

// The first two bytes of the forms; `?` is any letter or digit. Few words of a text begin so, and RE2 reads only those.
constexpr std::array kFirstPairs{"sk"sv, "AI"sv, "ya"sv, "GO"sv, "gs"sv, "xa"sv, "pp"sv, "nv"sv, "r8"sv, "cs"sv,
                                 "gh"sv, "gi"sv, "gl"sv, "xo"sv, "T?"sv, "rk"sv, "wh"sv, "AK"sv, "AS"sv, "AB"sv,
                                 "AC"sv, "np"sv, "py"sv, "hf"sv, "SG"sv, "SK"sv, "ke"sv, "da"sv, "do"sv, "sh"sv,
                                 "li"sv, "dc"sv, "hv"sv, "AG"sv, "M?"sv, "N?"sv, "O?"sv, "ey"sv};

constexpr std::size_t pair_of(char first, char second) {
  return static_cast<std::size_t>(first & 0x7F) << 7 | static_cast<std::size_t>(second & 0x7F);
}

constexpr auto kPairs = [] {
  std::array<bool, 1 << 14> pairs{};
  for (const std::string_view pair : kFirstPairs) {
    for (char second = 1; second < 127; ++second) {
      const bool any = is_digit(second) || is_letter(second) || second == '_' || second == '-';
      if (second == pair[1] || (pair[1] == '?' && any)) pairs[pair_of(pair[0], second)] = true;
    }
  }
  return pairs;
}();

bool may_hold_vendor_key(std::string_view text) {
  bool boundary = true;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (boundary && kPairs[pair_of(text[i], text[i + 1])]) return true;
    boundary = !is_alnum(text[i]);
  }
  return false;
}

constexpr std::string_view kPhoneForms =
    // E.164, with a national zero in brackets at most
    R"(\+[1-9][0-9]{0,2}[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9]{1,5}(?:[ ./-]?[0-9]{2,5}){1,5})"
    // North America, with one separator throughout
    R"(|(?:1[ .-])?\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4})"
    R"(|(?:1-)?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}|(?:1\.)?[2-9][0-9]{2}\.[2-9][0-9]{2}\.[0-9]{4})"
    R"(|(?:1 )?[2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4})"
    R"(|0[1-9](?:[ .][0-9]{2}){4})"                   // France
    R"(|\(0[0-9]{2,4}\) ?[0-9]{3,4}[ -]?[0-9]{3,5})"  // Germany, United Kingdom
    R"(|0[1-9][0-9]{1,4}[ /-][0-9]{3,4}[ -]?[0-9]{2,5}(?:[ -][0-9]{2,4})?)"
    R"(|0(?:1[567]|7)[0-9]{8,9})";  // mobile numbers of both

std::unique_ptr<const re2::RE2> compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_max_mem(kPatternMemoryBytes);
  options.set_log_errors(false);
  options.set_longest_match(true);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return std::make_unique<const re2::RE2>(pattern, options);
}

std::string vendor_pattern() {
  std::string out = "(?:^|[^A-Za-z0-9])(";
  for (const std::string_view form : kVendorForms) {
    if (out.back() != '(') out += '|';
    out += form;
  }
  out += ')';
  return out;
}

bool is_manual_example(std::string_view key) {
  for (const std::string_view mark : {"EXAMPLE"sv, "xxxx"sv, "XXXX"sv, "your"sv, "1234567890abcdefghij"sv}) {
    if (key.find(mark) != std::string_view::npos) return true;
  }
  const std::string_view tail = key.substr(key.size() - std::min<std::size_t>(key.size(), 12));
  return std::ranges::all_of(tail, [&](char c) { return c == tail.front(); });
}

struct Group {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The first group of the first match at or after `from`.
std::optional<Group> search(const re2::RE2& pattern, std::string_view text, std::size_t from) {
  std::array<re2::StringPiece, 2> groups;
  if (!pattern.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), re2::RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  const auto begin = static_cast<std::size_t>(groups[1].data() - text.data());
  return Group{.begin = begin, .end = begin + groups[1].size()};
}

bool is_local(char c) { return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-'; }

bool is_top_level(std::string_view label) {
  static constexpr std::array kFileTypes{"png"sv, "jpg"sv, "jpeg"sv, "gif"sv,  "svg"sv,     "webp"sv,
                                         "js"sv,  "mjs"sv, "css"sv,  "html"sv, "json"sv,    "py"sv,
                                         "ts"sv,  "tsx"sv, "yml"sv,  "yaml"sv, "service"sv, "local"sv};
  return label.size() >= 2 && label.size() <= 24 && std::ranges::all_of(label, is_letter) &&
         std::ranges::find(kFileTypes, label) == kFileTypes.end();
}

/// The end of the domain at `begin`, or `begin` where there is none.
std::size_t domain_end(std::string_view text, std::size_t begin) {
  const std::size_t stop = std::min(text.size(), begin + kDomainBytesMax);
  std::size_t at = begin;
  std::size_t good = begin;
  std::size_t labels = 0;
  while (at < stop) {
    const std::size_t label = at;
    while (at < stop && (is_alnum(text[at]) || text[at] == '-')) ++at;
    const std::string_view name = text.substr(label, at - label);
    if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-') break;
    ++labels;
    if (labels > 1) good = is_top_level(name) && (at == text.size() || text[at] != '_') ? at : begin;
    if (at == stop || text[at] != '.' || at + 1 == stop || !is_alnum(text[at + 1])) break;
    ++at;
  }
  return good;
}

}  // namespace

TokenPatterns::TokenPatterns()
    : vendor_(compile(vendor_pattern())),
      phone_(compile("(?:^|[^A-Za-z0-9_.+/-])(" + std::string(kPhoneForms) + ")(?:$|[^A-Za-z0-9_])")) {}
TokenPatterns::~TokenPatterns() = default;
TokenPatterns::TokenPatterns(TokenPatterns&&) noexcept = default;
TokenPatterns& TokenPatterns::operator=(TokenPatterns&&) noexcept = default;

std::optional<TextFind> TokenPatterns::find_vendor_key(std::string_view text, bool inside) const {
  if (!may_hold_vendor_key(text)) return std::nullopt;
  for (std::size_t from = 0; from < text.size();) {
    const auto found = search(*vendor_, text, from);
    if (!found) return std::nullopt;
    const bool cut = found->begin == 0 && inside;
    if (!cut && !is_manual_example(text.substr(found->begin, found->end - found->begin)))
      return TextFind{.begin = found->begin, .end = found->end, .kind = RedactionKind::vendor_key};
    from = found->end;
  }
  return std::nullopt;
}

std::optional<TextFind> TokenPatterns::find_phone(std::string_view text) const {
  for (std::size_t from = 0; from < text.size();) {
    const auto found = search(*phone_, text, from);
    if (!found) return std::nullopt;
    const std::string_view number = text.substr(found->begin, found->end - found->begin);
    const auto digits = std::ranges::count_if(number, is_digit);
    const std::string_view after = text.substr(found->end);
    const bool goes_on =
        after.size() >= 2 && (after[0] == '.' || after[0] == '-' || after[0] == '/') && is_digit(after[1]);
    if (digits >= 7 && digits <= 15 && !goes_on)
      return TextFind{.begin = found->begin, .end = found->end, .kind = RedactionKind::phone};
    from = found->end;
  }
  return std::nullopt;
}

std::optional<TextFind> find_email(std::string_view text) {
  std::size_t floor = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > floor && at - begin < kLocalBytesMax && is_local(text[begin - 1])) --begin;
    while (begin < at && !is_alnum(text[begin])) ++begin;
    floor = at + 1;
    const bool cut = begin > 0 && is_local(text[begin - 1]) && at - begin == kLocalBytesMax;
    if (begin == at || cut || text[at - 1] == '.' || text.substr(begin, at - begin) == "git") continue;
    const std::size_t end = domain_end(text, at + 1);
    if (end > at + 1) return TextFind{.begin = begin, .end = end, .kind = RedactionKind::email};
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::codec
